package import InternalRecords

/// What a new cluster's log begins with.
package enum BootstrapRecords {
    /// The levels a cluster formatted by this version finalizes: those whose behaviour it has. Features that
    /// are not served yet stay at 0 (docs/decisions/0011).
    package static let levels = levels(at: .newest)

    /// The levels that go with a release: of each feature the one that became usual by then.
    package static func levels(
        at release: MetadataVersion
    ) -> [(name: String, level: Int16)] {
        let others = usual.filter { $0.since <= release }.map { (name: $0.name, level: $0.level) }
        return [(name: FeatureName.metadataVersion, level: release.level)] + others
    }

    /// From which release on Kafka finalizes a level where nothing else is asked for.
    private static let usual: [(name: String, level: Int16, since: MetadataVersion)] = [
        (FeatureName.eligibleLeaderReplicas, 1, MetadataVersion(26)),
        (FeatureName.groupVersion, 1, MetadataVersion(22)),
    ]

    /// The levels as records, `metadata.version` first.
    package static var standard: [MetadataRecord] { records(for: levels) }

    /// Levels as records. `kraft.version` is not for this log's records: the quorum keeps it itself.
    package static func records(for levels: [(name: String, level: Int16)]) -> [MetadataRecord] {
        levels.map { name, level in
            precondition(name != FeatureName.kraftVersion, "the quorum keeps kraft.version")
            var record = FeatureLevelRecord()
            record.name = name
            record.featureLevel = level
            return .featureLevel(record)
        }
    }

    /// What may be finalized: all that this build speaks, but for the mark of our own nodes.
    package static var finalizable: [FeatureRange] {
        supported.filter { $0.name != FeatureName.martlet }
    }

    /// What a node of this version speaks, to be told when it registers and in ApiVersions.
    package static let supported: [FeatureRange] = [
        FeatureRange(FeatureName.eligibleLeaderReplicas, 0...1),
        FeatureRange(FeatureName.groupVersion, 0...1),
        FeatureRange(FeatureName.kraftVersion, 0...1),
        // From 0, as a node must speak the level in force, and this feature is never finalized.
        FeatureRange(FeatureName.martlet, 0...1),
        FeatureRange(
            FeatureName.metadataVersion,
            MetadataVersion.lowest.level...MetadataVersion.newest.level),
    ]
}
