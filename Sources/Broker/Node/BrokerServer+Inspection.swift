internal import LogStorage
package import Metadata
package import Model
package import Ports
internal import Raft
internal import Replication

/// What a node believes about the metadata quorum.
package struct QuorumFacts: Equatable, Sendable {
    package let term: Term
    package let isLeader: Bool
    /// Nil until a leader told.
    package let highWatermark: Offset?
    /// The leader of the term, itself included, if it is known.
    package let leader: BrokerID?
    /// Whom it voted for in the term; not told by a leader.
    package let voted: BrokerID?

    package init(
        term: Term, isLeader: Bool, highWatermark: Offset?, leader: BrokerID? = nil,
        voted: BrokerID? = nil
    ) {
        self.term = term
        self.isLeader = isLeader
        self.highWatermark = highWatermark
        self.leader = leader
        self.voted = voted
    }
}

/// What a node believes about one of its replicas.
package struct ReplicaFacts: Equatable, Sendable {
    package let key: PartitionKey
    package let partition: TopicPartition
    package let isLeader: Bool
    package let leaderEpoch: LeaderEpoch
    /// Of the state it acts on.
    package let partitionEpoch: PartitionEpoch
    /// Whom the leader counts on; empty of a follower.
    package let inSyncReplicas: [BrokerID]
    package let logEndOffset: Offset
    package let highWatermark: Offset
    /// The topic asks for a sync before an acknowledgement.
    package let flushesBeforeAck: Bool
    /// The log is compacted.
    package let isCompacted: Bool
    /// In which of the node's directories it lies.
    package let directory: String
    /// Where the newest epoch begins that the log knows of.
    package let newestEpochStart: Offset?

    package init(
        key: PartitionKey, partition: TopicPartition, isLeader: Bool, leaderEpoch: LeaderEpoch,
        partitionEpoch: PartitionEpoch, inSyncReplicas: [BrokerID], logEndOffset: Offset,
        highWatermark: Offset, flushesBeforeAck: Bool = true, isCompacted: Bool = false,
        directory: String, newestEpochStart: Offset? = nil
    ) {
        self.key = key
        self.partition = partition
        self.isLeader = isLeader
        self.leaderEpoch = leaderEpoch
        self.partitionEpoch = partitionEpoch
        self.inSyncReplicas = inSyncReplicas
        self.logEndOffset = logEndOffset
        self.highWatermark = highWatermark
        self.flushesBeforeAck = flushesBeforeAck
        self.isCompacted = isCompacted
        self.directory = directory
        self.newestEpochStart = newestEpochStart
    }
}

/// What a loop of a broker goes by when it answers for what it leads.
package struct StandingFacts: Sendable {
    /// The registration it runs under.
    package let epoch: BrokerEpoch
    package let hasLease: Bool
    /// The last offset of the metadata it goes by.
    package let metadataOffset: Offset
}

/// For those who check from outside that the cluster keeps its promises.
extension BrokerServer {
    /// The quorum. Only on the metadata loop.
    package var quorumFacts: QuorumFacts {
        let driver = cluster.take().quorum
        let election = driver.raft.electionState
        return QuorumFacts(
            term: driver.raft.term, isLeader: driver.raft.isLeader,
            highWatermark: driver.raft.highWatermark, leader: election.leader,
            voted: election.voted?.id)
    }

    /// The voters in force. Only on the metadata loop.
    package var quorumVoters: [ReplicaKey] {
        cluster.take().quorum.raft.voters.voters.map(\.key)
    }

    /// The metadata as last published to the loops, all of it committed. Only on the metadata loop.
    package var metadataImage: MetadataImage { cluster.take().publisher.image }

    /// Up to where metadata was replayed, for those who look often. Only on the metadata loop.
    package var metadataOffset: Offset { cluster.take().publisher.replayedOffset }

    /// What `loop` goes by. Only on that loop.
    package func standingFacts(on loop: any Loop) -> StandingFacts? {
        guard let shard = shards.first(where: { $0.loop === loop })?.take() else { return nil }
        return StandingFacts(
            epoch: shard.brokerEpoch, hasLease: shard.node.lease.isHeld(at: loop.now),
            metadataOffset: shard.image.position.lastOffset)
    }

    /// The metadata that `loop` goes by. Only on that loop.
    package func standingImage(on loop: any Loop) -> MetadataImage? {
        shards.first { $0.loop === loop }?.take().image
    }

    /// Shows the replicas that `loop` owns, in no certain order. Only on that loop.
    package func forEachReplica(on loop: any Loop, _ body: (ReplicaFacts) -> Void) {
        guard let shard = shards.first(where: { $0.loop === loop }) else { return }
        for partition in shard.take().partitions.values { body(partition.facts) }
    }
}

extension Partition {
    fileprivate var facts: ReplicaFacts {
        ReplicaFacts(
            key: key, partition: name, isLeader: leader != nil,
            leaderEpoch: leader?.leaderEpoch ?? follower?.leaderEpoch ?? .none,
            partitionEpoch: leader?.partitionEpoch ?? assigned.partitionEpoch,
            inSyncReplicas: leader?.inSyncReplicas ?? [], logEndOffset: log.logEndOffset,
            highWatermark: highWatermark, flushesBeforeAck: settings.flushBeforeAck,
            isCompacted: settings.cleaning != nil, directory: directory.path,
            newestEpochStart: log.latestEpochEntry?.startOffset)
    }
}
