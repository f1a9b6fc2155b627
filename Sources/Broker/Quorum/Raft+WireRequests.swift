internal import Model
internal import Raft
internal import WireMessages

/// The quorum's requests between the mind's words and the wire's. All are about `__cluster_metadata-0`.
enum QuorumWire {
    static let topic = TopicPartition.metadata.topic
    /// Pre-vote came with 2 (KIP-996).
    static let voteVersions: ClosedRange<Int16> = 2...2
    /// Directory ids came with 1 (KIP-853).
    static let beginVersions: ClosedRange<Int16> = 1...1
    static let endVersions: ClosedRange<Int16> = 1...1
    /// Directory ids came with 17, the high watermark with 18; both are tagged, and 15 names the replica as we do.
    static let fetchVersions: ClosedRange<Int16> = 17...18
    static let fetchSnapshotVersions: ClosedRange<Int16> = 1...1
}

/// Where a node listens, as several requests say it.
protocol WireEndpoint {
    init()
    var name: String { get set }
    var host: String { get set }
    var port: UInt16 { get set }
}

extension WireEndpoint {
    init(_ endpoint: VoterSet.Endpoint) {
        self.init()
        name = endpoint.listener
        host = endpoint.address.host
        port = endpoint.address.port
    }

    var endpoint: VoterSet.Endpoint {
        VoterSet.Endpoint(listener: name, address: QuorumAddress(host: host, port: port))
    }
}

extension BeginQuorumEpochRequest.LeaderEndpoint: WireEndpoint {}
extension EndQuorumEpochRequest.LeaderEndpoint: WireEndpoint {}
extension AddRaftVoterRequest.Listener: WireEndpoint {}
extension UpdateRaftVoterRequest.Listener: WireEndpoint {}

extension VoteRequest {
    init(_ vote: Raft.Request.VoteRequest, clusterID: String) {
        self.init()
        self.clusterID = clusterID
        voterID = vote.voter?.id.rawValue ?? -1
        var partition = PartitionData()
        partition.replicaEpoch = vote.term.rawValue
        partition.replicaID = vote.candidate.id.rawValue
        partition.replicaDirectoryID = vote.candidate.directoryID.uuid
        partition.voterDirectoryID = vote.voter?.directoryID.uuid ?? .zero
        partition.lastOffsetEpoch = vote.position.epoch.rawValue
        partition.lastOffset = vote.position.offset.rawValue
        partition.preVote = vote.isPreVote
        var data = TopicData()
        data.topicName = QuorumWire.topic
        data.partitions = [partition]
        topics = [data]
    }

    /// Nil if the request is about anything but the metadata partition.
    var quorumRequest: Raft.Request? {
        guard topics.count == 1, topics[0].topicName == QuorumWire.topic,
            topics[0].partitions.count == 1, topics[0].partitions[0].partitionIndex == 0
        else { return nil }
        let partition = topics[0].partitions[0]
        return .vote(
            Raft.Request.VoteRequest(
                term: Term(partition.replicaEpoch),
                candidate: ReplicaKey(
                    BrokerID(partition.replicaID), DirectoryID(partition.replicaDirectoryID)),
                voter: voterID < 0
                    ? nil : ReplicaKey(BrokerID(voterID), DirectoryID(partition.voterDirectoryID)),
                position: OffsetAndEpoch(
                    offset: Offset(partition.lastOffset),
                    epoch: LeaderEpoch(partition.lastOffsetEpoch)),
                isPreVote: partition.preVote))
    }
}

extension BeginQuorumEpochRequest {
    init(_ begin: Raft.Request.BeginEpochRequest, clusterID: String) {
        self.init()
        self.clusterID = clusterID
        voterID = begin.voter?.id.rawValue ?? -1
        var partition = PartitionData()
        partition.voterDirectoryID = begin.voter?.directoryID.uuid ?? .zero
        partition.leaderID = begin.leader.rawValue
        partition.leaderEpoch = begin.term.rawValue
        var data = TopicData()
        data.topicName = QuorumWire.topic
        data.partitions = [partition]
        topics = [data]
        leaderEndpoints = begin.endpoints.map(LeaderEndpoint.init)
    }

    var quorumRequest: Raft.Request? {
        guard topics.count == 1, topics[0].topicName == QuorumWire.topic,
            topics[0].partitions.count == 1, topics[0].partitions[0].partitionIndex == 0
        else { return nil }
        let partition = topics[0].partitions[0]
        return .beginEpoch(
            Raft.Request.BeginEpochRequest(
                term: Term(partition.leaderEpoch), leader: BrokerID(partition.leaderID),
                voter: voterID < 0
                    ? nil : ReplicaKey(BrokerID(voterID), DirectoryID(partition.voterDirectoryID)),
                endpoints: leaderEndpoints.map(\.endpoint)))
    }
}

extension EndQuorumEpochRequest {
    init(_ end: Raft.Request.EndEpochRequest, clusterID: String) {
        self.init()
        self.clusterID = clusterID
        var partition = PartitionData()
        partition.leaderID = end.leader.rawValue
        partition.leaderEpoch = end.term.rawValue
        partition.preferredCandidates = end.successors.map {
            var candidate = ReplicaInfo()
            candidate.candidateID = $0.id.rawValue
            candidate.candidateDirectoryID = $0.directoryID.uuid
            return candidate
        }
        var data = TopicData()
        data.topicName = QuorumWire.topic
        data.partitions = [partition]
        topics = [data]
        leaderEndpoints = end.endpoints.map(LeaderEndpoint.init)
    }

    var quorumRequest: Raft.Request? {
        guard topics.count == 1, topics[0].topicName == QuorumWire.topic,
            topics[0].partitions.count == 1, topics[0].partitions[0].partitionIndex == 0
        else { return nil }
        let partition = topics[0].partitions[0]
        // v0 names ids only.
        var successors = partition.preferredCandidates.map {
            ReplicaKey(BrokerID($0.candidateID), DirectoryID($0.candidateDirectoryID))
        }
        if successors.isEmpty {
            successors = partition.preferredSuccessors.map { ReplicaKey(BrokerID($0)) }
        }
        return .endEpoch(
            Raft.Request.EndEpochRequest(
                term: Term(partition.leaderEpoch), leader: BrokerID(partition.leaderID),
                successors: successors,
                endpoints: leaderEndpoints.map(\.endpoint)))
    }
}

extension FetchRequest {
    init(_ fetch: Raft.Request.FetchRequest, clusterID: String) {
        self.init()
        self.clusterID = clusterID
        replicaState.replicaID = fetch.replica.id.rawValue
        maxWaitMs = Int32(clamping: fetch.maxWait.inMilliseconds)
        minBytes = 0
        maxBytes = Int32(clamping: fetch.maxBytes)
        var partition = FetchPartition()
        partition.currentLeaderEpoch = fetch.term.rawValue
        partition.fetchOffset = fetch.offset.rawValue
        partition.lastFetchedEpoch = fetch.lastEpoch.rawValue
        partition.partitionMaxBytes = Int32(clamping: fetch.maxBytes)
        partition.replicaDirectoryID = fetch.replica.directoryID.uuid
        if let known = fetch.highWatermark { partition.highWatermark = known.rawValue }
        var topic = FetchTopic()
        topic.topicID = TopicID.metadata.uuid
        topic.partitions = [partition]
        topics = [topic]
    }

    /// Nil if the request is about anything but the metadata partition.
    func quorumRequest(version: Int16) -> Raft.Request? {
        guard topics.count == 1, topics[0].partitions.count == 1,
            topics[0].partitions[0].partition == 0
        else { return nil }
        guard TopicID(topics[0].topicID) == .metadata || topics[0].topic == QuorumWire.topic else {
            return nil
        }
        let partition = topics[0].partitions[0]
        let id = version >= 15 ? replicaState.replicaID : replicaID
        let knowsWatermark = version >= 18 && partition.highWatermark != .max
        return .fetch(
            Raft.Request.FetchRequest(
                term: Term(partition.currentLeaderEpoch),
                replica: ReplicaKey(BrokerID(id), DirectoryID(partition.replicaDirectoryID)),
                offset: Offset(partition.fetchOffset),
                lastEpoch: LeaderEpoch(partition.lastFetchedEpoch),
                highWatermark: knowsWatermark ? Offset(partition.highWatermark) : nil,
                maxWait: .milliseconds(Int64(maxWaitMs)), maxBytes: Int(maxBytes)))
    }
}

extension FetchSnapshotRequest {
    init(_ fetch: Raft.Request.FetchSnapshotRequest, clusterID: String) {
        self.init()
        self.clusterID = clusterID
        replicaID = fetch.replica.id.rawValue
        maxBytes = Int32(clamping: fetch.maxBytes)
        var partition = PartitionSnapshot()
        partition.currentLeaderEpoch = fetch.term.rawValue
        partition.snapshotID.endOffset = fetch.id.offset.rawValue
        partition.snapshotID.epoch = fetch.id.epoch.rawValue
        partition.position = fetch.position
        partition.replicaDirectoryID = fetch.replica.directoryID.uuid
        var topic = TopicSnapshot()
        topic.name = QuorumWire.topic
        topic.partitions = [partition]
        topics = [topic]
    }

    var quorumRequest: Raft.Request? {
        guard topics.count == 1, topics[0].name == QuorumWire.topic,
            topics[0].partitions.count == 1, topics[0].partitions[0].partition == 0
        else { return nil }
        let partition = topics[0].partitions[0]
        return .fetchSnapshot(
            Raft.Request.FetchSnapshotRequest(
                term: Term(partition.currentLeaderEpoch),
                replica: ReplicaKey(
                    BrokerID(replicaID), DirectoryID(partition.replicaDirectoryID)),
                id: OffsetAndEpoch(
                    offset: Offset(partition.snapshotID.endOffset),
                    epoch: LeaderEpoch(partition.snapshotID.epoch)),
                position: partition.position, maxBytes: Int(maxBytes)))
    }
}
