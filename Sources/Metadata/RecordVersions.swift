package import InternalRecords

/// Which version of each record the cluster's `metadata.version` allows: an older node must be able to read
/// what is written (raft.md §8).
package struct RecordVersions: Hashable, Sendable {
    private let metadata: MetadataVersion

    package init(metadata: MetadataVersion) { self.metadata = metadata }

    /// Those of a cluster whose nodes are all of this build: of each record the highest.
    package static let newest = RecordVersions(metadata: .newest)

    /// The version to write `record` in.
    package func version(of record: MetadataRecord) -> Int16 {
        switch record {
        case .registerBroker: registration
        case .brokerRegistrationChange: registrationChange
        case .partition, .partitionChange: partition
        default: 0
        }
    }

    /// The record as this level can tell it. Decisions are made of the same parts at every level; what a level
    /// has no field for is left out here, before anybody replays it.
    package func told(_ record: MetadataRecord) -> MetadataRecord {
        switch record {
        case .registerBroker(var broker):
            if !metadata.hasDirectories { broker.logDirs = [] }
            if !metadata.hasCordonedDirectories { broker.cordonedLogDirs = nil }
            return .registerBroker(broker)
        case .brokerRegistrationChange(var change):
            if !metadata.hasDirectories { change.logDirs = [] }
            if !metadata.hasCordonedDirectories { change.cordonedLogDirs = nil }
            return .brokerRegistrationChange(change)
        case .partition(var partition):
            if !metadata.hasDirectories { partition.directories = [] }
            if !metadata.hasEligibleReplicaRecords {
                partition.eligibleLeaderReplicas = nil
                partition.lastKnownElr = nil
            }
            return .partition(partition)
        case .partitionChange(var change):
            if !metadata.hasDirectories { change.directories = nil }
            if !metadata.hasEligibleReplicaRecords {
                change.eligibleLeaderReplicas = nil
                change.lastKnownElr = nil
            }
            return .partitionChange(change)
        default: return record
        }
    }

    private var registration: Int16 {
        if metadata.hasCordonedDirectories { return 4 }
        if metadata.hasDirectories { return 3 }
        return metadata.hasMigration ? 2 : 1
    }

    private var registrationChange: Int16 {
        if metadata.hasCordonedDirectories { return 3 }
        return metadata.hasDirectories ? 2 : 1
    }

    private var partition: Int16 {
        if metadata.hasEligibleReplicaRecords { return 2 }
        return metadata.hasDirectories ? 1 : 0
    }
}

extension MetadataImage {
    /// The versions in force at this point of the log.
    package var recordVersions: RecordVersions { RecordVersions(metadata: metadataVersion) }
}
