internal import Bytes
internal import Model
internal import Raft
internal import WireMessages

extension Raft.Response.Standing {
    /// From the ids of an answer and the endpoints told beside them.
    fileprivate init(_ term: Int32, _ leader: Int32, _ endpoints: [(Int32, String, Int)]) {
        let id = leader >= 0 ? BrokerID(leader) : nil
        let found = endpoints.first { $0.0 == leader }
        self.init(
            term: Term(term), leader: id,
            address: found.flatMap { found in
                UInt16(exactly: found.2).map { QuorumAddress(host: found.1, port: $0) }
            })
    }

    fileprivate var leaderID: Int32 { leader?.rawValue ?? -1 }
}

extension VoteResponse {
    init(_ answer: Raft.Response.VoteResponse, version: Int16) {
        self.init()
        var partition = PartitionData()
        partition.errorCode = answer.error
        partition.leaderID = answer.standing.leaderID
        partition.leaderEpoch = answer.standing.term.rawValue
        partition.voteGranted = answer.isGranted
        if answer.error == .inconsistentClusterId { errorCode = answer.error }
        var data = TopicData()
        data.topicName = QuorumWire.topic
        data.partitions = [partition]
        topics = [data]
        if version >= 1, let leader = answer.standing.leader,
            let address = answer.standing.address
        {
            var node = NodeEndpoint()
            node.nodeID = leader.rawValue
            node.host = address.host
            node.port = address.port
            nodeEndpoints = [node]
        }
    }

    var quorumResponse: Raft.Response? {
        guard let partition = topics.first?.partitions.first else { return nil }
        return .vote(
            Raft.Response.VoteResponse(
                error: errorCode != .none ? errorCode : partition.errorCode,
                standing: .init(
                    partition.leaderEpoch, partition.leaderID,
                    nodeEndpoints.map { ($0.nodeID, $0.host, Int($0.port)) }),
                isGranted: partition.voteGranted))
    }
}

extension BeginQuorumEpochResponse {
    init(_ answer: Raft.Response.EpochResponse, version: Int16) {
        self.init()
        var partition = PartitionData()
        partition.errorCode = answer.error
        partition.leaderID = answer.standing.leaderID
        partition.leaderEpoch = answer.standing.term.rawValue
        if answer.error == .inconsistentClusterId { errorCode = answer.error }
        var data = TopicData()
        data.topicName = QuorumWire.topic
        data.partitions = [partition]
        topics = [data]
        if version >= 1, let leader = answer.standing.leader,
            let address = answer.standing.address
        {
            var node = NodeEndpoint()
            node.nodeID = leader.rawValue
            node.host = address.host
            node.port = address.port
            nodeEndpoints = [node]
        }
    }

    var quorumResponse: Raft.Response? {
        guard let partition = topics.first?.partitions.first else { return nil }
        return .beginEpoch(
            Raft.Response.EpochResponse(
                error: errorCode != .none ? errorCode : partition.errorCode,
                standing: .init(
                    partition.leaderEpoch, partition.leaderID,
                    nodeEndpoints.map { ($0.nodeID, $0.host, Int($0.port)) })))
    }
}

extension EndQuorumEpochResponse {
    init(_ answer: Raft.Response.EpochResponse, version: Int16) {
        self.init()
        var partition = PartitionData()
        partition.errorCode = answer.error
        partition.leaderID = answer.standing.leaderID
        partition.leaderEpoch = answer.standing.term.rawValue
        if answer.error == .inconsistentClusterId { errorCode = answer.error }
        var data = TopicData()
        data.topicName = QuorumWire.topic
        data.partitions = [partition]
        topics = [data]
        if version >= 1, let leader = answer.standing.leader,
            let address = answer.standing.address
        {
            var node = NodeEndpoint()
            node.nodeID = leader.rawValue
            node.host = address.host
            node.port = address.port
            nodeEndpoints = [node]
        }
    }

    var quorumResponse: Raft.Response? {
        guard let partition = topics.first?.partitions.first else { return nil }
        return .endEpoch(
            Raft.Response.EpochResponse(
                error: errorCode != .none ? errorCode : partition.errorCode,
                standing: .init(
                    partition.leaderEpoch, partition.leaderID,
                    nodeEndpoints.map { ($0.nodeID, $0.host, Int($0.port)) })))
    }
}

extension FetchResponse {
    init(_ answer: Raft.Response.FetchResponse, records: SharedBytes, version: Int16) {
        self.init()
        guard answer.error != .inconsistentClusterId else {
            errorCode = answer.error
            return
        }
        var partition = PartitionData()
        partition.errorCode = answer.error
        partition.highWatermark = answer.highWatermark.rawValue
        partition.lastStableOffset = answer.highWatermark.rawValue
        partition.logStartOffset = answer.logStart.rawValue
        partition.abortedTransactions = nil
        partition.records = records
        if version >= 12 {
            partition.currentLeader.leaderID = answer.standing.leaderID
            partition.currentLeader.leaderEpoch = answer.standing.term.rawValue
        }
        switch answer.outcome {
        case _ where version < 12: break
        case .records: break
        case .diverging(let end):
            partition.divergingEpoch.epoch = end.epoch.rawValue
            partition.divergingEpoch.endOffset = end.offset.rawValue
        case .snapshot(let id):
            partition.snapshotID.epoch = id.epoch.rawValue
            partition.snapshotID.endOffset = id.offset.rawValue
        }
        var topic = FetchableTopicResponse()
        topic.topic = QuorumWire.topic
        topic.topicID = TopicID.metadata.uuid
        topic.partitions = [partition]
        responses = [topic]
        if version >= 16, let leader = answer.standing.leader,
            let address = answer.standing.address
        {
            var node = NodeEndpoint()
            node.nodeID = leader.rawValue
            node.host = address.host
            node.port = Int32(address.port)
            nodeEndpoints = [node]
        }
    }

    var quorumResponse: Raft.Response? {
        guard errorCode == .none else {
            return .fetch(
                Raft.Response.FetchResponse(
                    error: errorCode, standing: .init(term: .zero, leader: nil)))
        }
        guard let partition = responses.first?.partitions.first else { return nil }
        let outcome: Raft.Response.FetchResponse.Outcome
        if partition.snapshotID.endOffset >= 0, partition.snapshotID.epoch >= 0 {
            outcome = .snapshot(
                OffsetAndEpoch(
                    offset: Offset(partition.snapshotID.endOffset),
                    epoch: LeaderEpoch(partition.snapshotID.epoch)))
        } else if partition.divergingEpoch.endOffset >= 0 {
            outcome = .diverging(
                OffsetAndEpoch(
                    offset: Offset(partition.divergingEpoch.endOffset),
                    epoch: LeaderEpoch(partition.divergingEpoch.epoch)))
        } else {
            outcome = .records(partition.records ?? .empty)
        }
        return .fetch(
            Raft.Response.FetchResponse(
                error: partition.errorCode,
                standing: .init(
                    partition.currentLeader.leaderEpoch, partition.currentLeader.leaderID,
                    nodeEndpoints.map { ($0.nodeID, $0.host, Int($0.port)) }),
                highWatermark: Offset(partition.highWatermark),
                logStart: Offset(partition.logStartOffset), outcome: outcome))
    }
}

extension FetchSnapshotResponse {
    init(_ answer: Raft.Response.FetchSnapshotResponse, bytes: SharedBytes, version: Int16) {
        self.init()
        guard answer.error != .inconsistentClusterId else {
            errorCode = answer.error
            return
        }
        var partition = PartitionSnapshot()
        partition.errorCode = answer.error
        partition.snapshotID.endOffset = answer.id.offset.rawValue
        partition.snapshotID.epoch = answer.id.epoch.rawValue
        partition.currentLeader.leaderID = answer.standing.leaderID
        partition.currentLeader.leaderEpoch = answer.standing.term.rawValue
        partition.size = answer.size
        partition.position = answer.position
        partition.unalignedRecords = bytes
        var topic = TopicSnapshot()
        topic.name = QuorumWire.topic
        topic.partitions = [partition]
        topics = [topic]
        if version >= 1, let leader = answer.standing.leader,
            let address = answer.standing.address
        {
            var node = NodeEndpoint()
            node.nodeID = leader.rawValue
            node.host = address.host
            node.port = address.port
            nodeEndpoints = [node]
        }
    }

    var quorumResponse: Raft.Response? {
        guard let partition = topics.first?.partitions.first else { return nil }
        return .fetchSnapshot(
            Raft.Response.FetchSnapshotResponse(
                error: errorCode != .none ? errorCode : partition.errorCode,
                standing: .init(
                    partition.currentLeader.leaderEpoch, partition.currentLeader.leaderID,
                    nodeEndpoints.map { ($0.nodeID, $0.host, Int($0.port)) }),
                id: OffsetAndEpoch(
                    offset: Offset(partition.snapshotID.endOffset),
                    epoch: LeaderEpoch(partition.snapshotID.epoch)),
                size: partition.size, position: partition.position,
                bytes: partition.unalignedRecords))
    }
}
