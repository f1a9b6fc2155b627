/// The levels of one feature that a node speaks (KIP-584).
package struct FeatureRange: Hashable, Sendable {
    package let name: String
    package let levels: ClosedRange<Int16>

    package init(_ name: String, _ levels: ClosedRange<Int16>) {
        self.name = name
        self.levels = levels
    }
}

/// Names of the features this build knows.
package enum FeatureName {
    package static let metadataVersion = "metadata.version"
    /// Kept by the quorum in records of its own, never in the image.
    package static let kraftVersion = "kraft.version"
    package static let eligibleLeaderReplicas = "eligible.leader.replicas.version"
    package static let groupVersion = "group.version"
    package static let transactionVersion = "transaction.version"
    package static let shareVersion = "share.version"
    package static let streamsVersion = "streams.version"
    /// Named by every Martlet node when it registers, never finalized: peers learn from it that they may
    /// expect heartbeats every 200 ms (docs/differences-from-kafka.md).
    package static let martlet = "martlet"

    /// The least levels of other features that a level of `feature` builds upon (KIP-1022).
    package static func dependencies(
        of feature: String, at level: Int16
    ) -> [(feature: String, level: Int16)] {
        guard level > 0 else { return [] }
        return feature == eligibleLeaderReplicas
            ? [(metadataVersion, MetadataVersion.firstWithEligibleLeaderReplicas.level)] : []
    }
}

/// What `metadata.version` switches on. Levels are Kafka's, named by the release that brought them.
package struct MetadataVersion: Hashable, Comparable, Sendable {
    package let level: Int16
    package init(_ level: Int16) { self.level = level }
    package static func < (a: Self, b: Self) -> Bool { a.level < b.level }

    /// 3.3-IV3: the lowest a Kafka 4 cluster can have.
    package static let lowest = MetadataVersion(7)
    /// 4.3-IV0: what a new cluster gets.
    package static let newest = MetadataVersion(30)

    /// 3.6-IV0 and later raise the leader epoch only when the leader or the replica list changes.
    package var raisesLeaderEpochOnShrink: Bool { level < 12 }
    /// 3.7-IV0: controllers register.
    package var hasControllerRegistrations: Bool { level >= 15 }
    /// 3.7-IV2: replicas are assigned to directories.
    package var hasDirectories: Bool { level >= 17 }
    /// 4.3-IV0: directories can be cordoned.
    package var hasCordonedDirectories: Bool { level >= 30 }
    /// 4.0-IV1: the partition records have fields for eligible leader replicas.
    package static let firstWithEligibleLeaderReplicas = MetadataVersion(23)

    package var hasEligibleReplicaRecords: Bool { self >= Self.firstWithEligibleLeaderReplicas }

    /// The levels that brought records, or fields of records, which the level before cannot hold.
    private static let changedMetadata: Set<Int16> = [7, 8, 11, 13, 14, 15, 17, 23, 30]

    /// Whether something that may stand in the log at this level cannot be told at `lower` (KIP-778).
    package func losesMetadata(at lower: MetadataVersion) -> Bool {
        Self.changedMetadata.contains { $0 > lower.level && $0 <= level }
    }

    /// 3.4-IV0: the registration record has the field for ZooKeeper migration.
    package var hasMigration: Bool { level >= 8 }
}
