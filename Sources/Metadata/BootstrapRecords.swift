package import InternalRecords

/// What a new cluster's log begins with.
package enum BootstrapRecords {
    /// The levels a cluster formatted by this version finalizes: those whose behaviour it has. Features of
    /// later versions (groups, transactions, share groups) stay at 0 until they are served.
    package static let levels: [(name: String, level: Int16)] = [
        (FeatureName.metadataVersion, MetadataVersion.newest.level),
        (FeatureName.eligibleLeaderReplicas, 1),
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

    /// What a node of this version speaks, to be told when it registers and in ApiVersions.
    package static let supported: [FeatureRange] = [
        FeatureRange(FeatureName.eligibleLeaderReplicas, 0...1),
        FeatureRange(FeatureName.kraftVersion, 0...1),
        // From 0, as a node must speak the level in force, and this feature is never finalized.
        FeatureRange(FeatureName.martlet, 0...1),
        FeatureRange(
            FeatureName.metadataVersion,
            MetadataVersion.lowest.level...MetadataVersion.newest.level),
    ]
}
