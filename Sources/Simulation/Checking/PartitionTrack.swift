internal import Broker
internal import Metadata
internal import Model

/// A partition as the checker follows it.
final class PartitionTrack {
    /// What was last seen of a replica, to see quickly that nothing changed.
    struct Sight: Equatable {
        let isLeader: Bool
        let leaderEpoch: LeaderEpoch
        let partitionEpoch: PartitionEpoch
        let inSyncReplicas: [BrokerID]
        let logEndOffset: Offset
        let highWatermark: Offset
        let directory: String
        let newestEpochStart: Offset?

        init(_ facts: ReplicaFacts) {
            isLeader = facts.isLeader
            leaderEpoch = facts.leaderEpoch
            partitionEpoch = facts.partitionEpoch
            inSyncReplicas = facts.inSyncReplicas
            logEndOffset = facts.logEndOffset
            highWatermark = facts.highWatermark
            directory = facts.directory
            newestEpochStart = facts.newestEpochStart
        }
    }

    /// Of one leader in one leader epoch.
    struct Reign {
        let life: Checker.Life
        var highWatermark: Offset
    }

    let name: TopicPartition
    var committed = CommittedLog()
    var reigns: [LeaderEpoch: Reign] = [:]
    var sights: [Checker.Life: Sight] = [:]
    /// The state last committed by the controller.
    var newest: PartitionImage?
    /// Nodes whose disk has lost what they promised, until the controller has struck them off.
    var excused: Set<BrokerID> = []
    /// In which partition epoch it did so.
    var struckOff: [BrokerID: PartitionEpoch] = [:]
    /// Nodes whose disk has forgotten a bit, until they have it again.
    var damaged: Set<BrokerID> = []
    /// Acknowledged without a sync: what is committed may be lost.
    var isVolatile = false
    /// Its topic is deleted: some have removed their logs before the leader has heard of it.
    var isDeleted = false

    init(_ name: TopicPartition) { self.name = name }

    /// Who may be made leader.
    var candidates: [BrokerID] { (newest?.isr ?? []) + (newest?.eligibleLeaderReplicas ?? []) }

    /// Whether the node need not have what is committed.
    func isExcused(_ node: BrokerID) -> Bool { excused.contains(node) || damaged.contains(node) }
}
