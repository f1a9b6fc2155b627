import Metadata
import TestSupport
import Testing

@testable import Client
@testable import Tools

@Suite("The features tool")
struct FeaturesTests {
    private func arguments(_ words: String...) throws -> Arguments {
        try Arguments(words, flags: Features.flags, positionalsMax: 1)
    }

    private func refusal(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch ToolFailure.failed(let reason) {
            return reason
        } catch {
            return "\(error)"
        }
    }

    @Test func `describes levels as Kafka does`() {
        let versions = NodeApiVersions(
            entries: [],
            supportedFeatures: [
                "metadata.version": .init(min: 7, max: 30), "kraft.version": .init(min: 0, max: 1),
            ], finalizedFeatures: ["metadata.version": 30], finalizedEpoch: 12)
        let lines = Features.lines(versions)
        #expect(
            lines == [
                "Feature: kraft.version                             SupportedMinVersion: 0"
                    + "                SupportedMaxVersion: 1                "
                    + "FinalizedVersionLevel: 0                Epoch: 12",
                "Feature: metadata.version                          SupportedMinVersion: 3.3-IV3"
                    + "          SupportedMaxVersion: 4.3-IV0          "
                    + "FinalizedVersionLevel: 4.3-IV0          Epoch: 12",
            ])
    }

    @Test func `reads what is wanted`() throws {
        #expect(
            try Features.updates(
                .upgrade, arguments("upgrade", "--feature", "x=2", "--metadata", "4.0-IV1"))
                == [
                    FeatureUpdate("metadata.version", to: 23, .upgrade),
                    FeatureUpdate("x", to: 2, .upgrade),
                ])
        #expect(
            try Features.updates(.disable, arguments("disable", "--feature", "x", "--unsafe"))
                == [FeatureUpdate("x", to: 0, .unsafeDowngrade)])
        let elr = FeatureName.eligibleLeaderReplicas
        let up = try Features.updates(.upgrade, arguments("upgrade", "--release-version", "4.3"))
        #expect(up.contains(FeatureUpdate("metadata.version", to: 30, .upgrade)))
        #expect(up.contains(FeatureUpdate(elr, to: 1, .upgrade)))
        let down = try Features.updates(
            .downgrade, arguments("downgrade", "--release-version", "4.0"))
        #expect(down.contains(FeatureUpdate("metadata.version", to: 25, .safeDowngrade)))
        #expect(down.contains(FeatureUpdate(elr, to: 0, .safeDowngrade)))
    }

    @Test func `refuses what is not clear`() throws {
        #expect(
            refusal { _ = try Features.updates(.upgrade, arguments("upgrade")) }
                == "You must specify at least one feature to upgrade")
        #expect(
            refusal {
                _ = try Features.updates(
                    .upgrade, arguments("upgrade", "--feature", "x=1", "--feature", "x=2"))
            } == "Feature x was specified more than once.")
        #expect(
            refusal {
                _ = try Features.updates(
                    .upgrade, arguments("upgrade", "--release-version", "4.0", "--feature", "x=2"))
            } == "Can not specify `release-version` with other feature flags.")
        #expect(
            refusal {
                _ = try Features.updates(.upgrade, arguments("upgrade", "--metadata", "9.9"))
            }?.hasPrefix("Unknown metadata.version '9.9'. Supported") == true)
    }

    @Test func `maps a release to its levels`() throws {
        #expect(
            try Storage.versionMapping(arguments("version-mapping", "--release-version", "3.9"))
                == ["metadata.version=21 (3.9-IV0)", "kraft.version=1"])
        #expect(
            try Storage.versionMapping(arguments("version-mapping")).prefix(2)
                == ["metadata.version=30 (4.3-IV0)", "kraft.version=1"])
        #expect(
            try Storage.dependencies(
                arguments("feature-dependencies", "--feature", "eligible.leader.replicas.version=1")
            ) == [
                "eligible.leader.replicas.version=1 requires:",
                "    metadata.version=23 (4.0-IV1)",
            ])
    }
}
