internal import InternalRecords
internal import Metadata

/// Finds that metadata was written by newer software (KIP-1170): at a level whose records this version may not
/// know. To go on would mean to misunderstand some of it.
///
/// Only the two levels that rule the format are looked at: what another feature's level means is asked by
/// whoever serves it.
enum FormatCheck {
    /// What is too new in these records; nil if nothing is.
    static func newness(of records: [MetadataRecord]) -> String? {
        for record in records {
            guard case .featureLevel(let level) = record else { continue }
            if let newness = newness(of: level.name, at: level.featureLevel) { return newness }
        }
        return nil
    }

    static func newness(of feature: String, at level: Int16) -> String? {
        guard feature == FeatureName.metadataVersion || feature == FeatureName.kraftVersion,
            let known = BootstrapRecords.supported.first(where: { $0.name == feature })?.levels,
            level > known.upperBound
        else { return nil }
        return "\(feature) is \(level), and this version of martlet knows up to \(known.upperBound)"
    }
}
