internal import Metadata

/// The features this build knows and the levels it can work at (KIP-584).
enum SupportedFeatures {
    static let all: [FeatureRange] = [
        FeatureRange(FeatureName.eligibleLeaderReplicas, 0...1),
        FeatureRange(FeatureName.kraftVersion, 0...1),
        FeatureRange(FeatureName.metadataVersion, 7...30),
    ]
}
