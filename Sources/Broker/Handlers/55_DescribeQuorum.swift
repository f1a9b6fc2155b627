internal import Bytes
internal import Model
internal import Ports
internal import Raft
internal import WireMessages

/// DescribeQuorum, v0 to v2 (KIP-595, 836, 853). Brokers forward it to the active controller.
enum DescribeQuorumHandler {
    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let request: DescribeQuorumRequest = try scope.request()
        let exchange = scope.exchange
        guard scope.exchange.listener.kind == .controller else {
            scope.forward()
            return
        }
        let isAboutMetadata =
            request.topics.count == 1 && request.topics[0].topicName == QuorumWire.topic
            && request.topics[0].partitions.map(\.partitionIndex) == [0]
        scope.shard.cluster?.run { link in
            guard isAboutMetadata else {
                exchange.respond(refused(.unknownTopicOrPartition, request))
                return
            }
            let wallTime = link.loop.wallTime
            guard let quorum = link.quorum.raft.description(wallTime: wallTime) else {
                exchange.respond(refused(.notLeaderOrFollower, request))
                return
            }
            exchange.respond(response(quorum, version: exchange.version))
        }
    }

    private static func refused(
        _ error: ErrorCode, _ request: DescribeQuorumRequest
    ) -> DescribeQuorumResponse {
        var response = DescribeQuorumResponse()
        response.errorMessage = nil
        response.topics = request.topics.map { topic in
            var shown = DescribeQuorumResponse.TopicData()
            shown.topicName = topic.topicName
            shown.partitions = topic.partitions.map {
                var partition = DescribeQuorumResponse.PartitionData()
                partition.partitionIndex = $0.partitionIndex
                partition.errorCode = error
                partition.errorMessage = nil
                return partition
            }
            return shown
        }
        return response
    }

    /// The leader's description as `version` can say it: directories and nodes came with v2.
    static func response(
        _ quorum: QuorumDescription, version: Int16
    ) -> DescribeQuorumResponse {
        var partition = DescribeQuorumResponse.PartitionData()
        partition.errorMessage = nil
        partition.leaderID = quorum.leader.rawValue
        partition.leaderEpoch = quorum.term.rawValue
        partition.highWatermark = quorum.highWatermark.rawValue
        partition.currentVoters = quorum.voters.map { replica($0, version) }
        partition.observers = quorum.observers.map { replica($0, version) }
        var topic = DescribeQuorumResponse.TopicData()
        topic.topicName = QuorumWire.topic
        topic.partitions = [partition]
        var response = DescribeQuorumResponse()
        response.errorMessage = nil
        response.topics = [topic]
        guard version >= 2 else { return response }
        response.nodes = quorum.nodes.voters.map { voter in
            var node = DescribeQuorumResponse.Node()
            node.nodeID = voter.key.id.rawValue
            node.listeners = voter.endpoints.map {
                var listener = DescribeQuorumResponse.Listener()
                listener.name = $0.listener
                listener.host = $0.address.host
                listener.port = $0.address.port
                return listener
            }
            return node
        }
        return response
    }

    private static func replica(
        _ replica: QuorumDescription.Replica, _ version: Int16
    ) -> DescribeQuorumResponse.ReplicaState {
        var state = DescribeQuorumResponse.ReplicaState()
        state.replicaID = replica.key.id.rawValue
        if version >= 2 { state.replicaDirectoryID = replica.key.directoryID.uuid }
        state.logEndOffset = replica.logEnd.rawValue
        state.lastFetchTimestamp = replica.lastFetch.rawValue
        state.lastCaughtUpTimestamp = replica.lastCaughtUp.rawValue
        return state
    }
}

extension RequestScope {
    /// Hands a client's admin request to the active controller as it is (KIP-590).
    func forward() {
        let exchange = exchange
        guard let cluster = shard.cluster else {
            exchange.closeConnection()
            return
        }
        cluster.run { $0.forwarder.forward(exchange) }
    }
}
