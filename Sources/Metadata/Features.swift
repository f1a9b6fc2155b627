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
    /// 3.4-IV0: the registration record has the field for ZooKeeper migration.
    package var hasMigration: Bool { level >= 8 }
}
