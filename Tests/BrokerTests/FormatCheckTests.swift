import InternalRecords
import Metadata
import Model
import Testing

@testable import Broker

@Suite("Metadata of newer software")
struct FormatCheckTests {
    private func level(_ name: String, _ level: Int16) -> MetadataRecord {
        var record = FeatureLevelRecord()
        record.name = name
        record.featureLevel = level
        return .featureLevel(record)
    }

    @Test func `is known by the levels that rule the format`() {
        let newest = MetadataVersion.newest.level
        let name = FeatureName.metadataVersion
        #expect(FormatCheck.newness(of: []) == nil)
        #expect(FormatCheck.newness(of: [level(name, newest)]) == nil)
        #expect(
            FormatCheck.newness(of: [level("x", 1), level(name, newest + 1)])
                == "metadata.version is \(newest + 1), and this version of martlet knows up to "
                + "\(newest)")
        #expect(FormatCheck.newness(of: FeatureName.kraftVersion, at: 1) == nil)
        #expect(FormatCheck.newness(of: FeatureName.kraftVersion, at: 2) != nil)
    }

    @Test func `is not known by what a feature of its own means`() {
        #expect(FormatCheck.newness(of: [level("streams.version", 9)]) == nil)
    }
}
