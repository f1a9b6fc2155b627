package import InternalRecords

/// Which version of each record the cluster's finalized levels allow: an older node must be able to read
/// what is written (raft.md §8).
package struct RecordVersions: Hashable, Sendable {
    private let metadata: MetadataVersion
    private let hasEligibleLeaderReplicas: Bool

    package init(metadata: MetadataVersion, hasEligibleLeaderReplicas: Bool) {
        self.metadata = metadata
        self.hasEligibleLeaderReplicas = hasEligibleLeaderReplicas
    }

    /// The version to write `record` in.
    package func version(of record: MetadataRecord) -> Int16 {
        switch record {
        case .registerBroker: registration
        case .brokerRegistrationChange: registrationChange
        case .partition, .partitionChange: partition
        default: 0
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
        if hasEligibleLeaderReplicas { return 2 }
        return metadata.hasDirectories ? 1 : 0
    }
}

extension MetadataImage {
    /// The versions in force at this point of the log.
    package var recordVersions: RecordVersions {
        RecordVersions(
            metadata: metadataVersion, hasEligibleLeaderReplicas: hasEligibleLeaderReplicas)
    }
}
