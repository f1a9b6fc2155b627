package import InternalRecords
package import Model

/// A partition from its records, and back.
extension PartitionImage {
    /// The partition a record describes in full.
    init(_ record: PartitionRecord, key: PartitionKey) throws(ReplayError) {
        let replicas = [BrokerID](numbers: record.replicas)
        var directories = record.directories.map { DirectoryID($0) }
        if directories.isEmpty {
            // Written before directories had ids.
            directories = replicas.map { _ in DirectoryID.migrating }
        }
        guard directories.count == replicas.count else {
            throw .directoriesDoNotMatch(
                key, replicas: replicas.count, directories: directories.count)
        }
        guard let recovery = LeaderRecoveryState(rawValue: record.leaderRecoveryState) else {
            throw .invalidRecoveryState(key, record.leaderRecoveryState)
        }
        // Most partitions have all replicas in sync: then both lists share one block of memory.
        let isr = record.isr == record.replicas ? replicas : [BrokerID](numbers: record.isr)
        self.init(
            replicas: replicas, directories: directories, isr: isr,
            leader: record.leader < 0 ? nil : BrokerID(record.leader))
        eligibleLeaderReplicas = [BrokerID](numbers: record.eligibleLeaderReplicas ?? [])
        lastKnownELR = [BrokerID](numbers: record.lastKnownElr ?? [])
        addingReplicas = [BrokerID](numbers: record.addingReplicas)
        removingReplicas = [BrokerID](numbers: record.removingReplicas)
        leaderEpoch = LeaderEpoch(record.leaderEpoch)
        partitionEpoch = PartitionEpoch(record.partitionEpoch)
        recoveryState = recovery
    }

    /// The value of `leader` in a change record that leaves the leadership alone.
    package static let leaderUnchanged: Int32 = -2

    /// Takes over what a change record names. A named leader, even the same one, begins a new leader epoch.
    mutating func merge(
        _ record: PartitionChangeRecord, key: PartitionKey
    ) throws(ReplayError) {
        var changed = self
        if let replicas = record.replicas { changed.replicas = [BrokerID](numbers: replicas) }
        if let directories = record.directories {
            changed.directories = directories.map(DirectoryID.init)
        } else if record.replicas != nil {
            changed.directories = changed.replicas.map { directory(on: $0) ?? .unassigned }
        }
        guard changed.directories.count == changed.replicas.count else {
            throw .directoriesDoNotMatch(
                key, replicas: changed.replicas.count, directories: changed.directories.count)
        }
        if let isr = record.isr { changed.isr = [BrokerID](numbers: isr) }
        if let ids = record.eligibleLeaderReplicas {
            changed.eligibleLeaderReplicas = [BrokerID](numbers: ids)
        }
        if let ids = record.lastKnownElr { changed.lastKnownELR = [BrokerID](numbers: ids) }
        if let ids = record.addingReplicas { changed.addingReplicas = [BrokerID](numbers: ids) }
        if let ids = record.removingReplicas { changed.removingReplicas = [BrokerID](numbers: ids) }
        if record.leaderRecoveryState >= 0 {
            guard let state = LeaderRecoveryState(rawValue: record.leaderRecoveryState) else {
                throw .invalidRecoveryState(key, record.leaderRecoveryState)
            }
            changed.recoveryState = state
        }
        if record.leader != Self.leaderUnchanged {
            changed.leader = record.leader < 0 ? nil : BrokerID(record.leader)
            changed.leaderEpoch = leaderEpoch.next
        }
        changed.partitionEpoch = partitionEpoch.next
        self = changed
    }

    /// A record that describes this partition in full.
    package func record(for key: PartitionKey) -> PartitionRecord {
        var record = PartitionRecord()
        record.partitionID = key.partition
        record.topicID = key.topicID.uuid
        record.replicas = replicas.numbers
        record.isr = isr.numbers
        record.removingReplicas = removingReplicas.numbers
        record.addingReplicas = addingReplicas.numbers
        record.leader = leader?.rawValue ?? -1
        record.leaderRecoveryState = recoveryState.rawValue
        record.leaderEpoch = leaderEpoch.rawValue
        record.partitionEpoch = partitionEpoch.rawValue
        record.directories = directories.map(\.uuid)
        // Tagged fields: left out when there is nothing to say.
        if !eligibleLeaderReplicas.isEmpty {
            record.eligibleLeaderReplicas = eligibleLeaderReplicas.numbers
        }
        if !lastKnownELR.isEmpty { record.lastKnownElr = lastKnownELR.numbers }
        return record
    }
}
