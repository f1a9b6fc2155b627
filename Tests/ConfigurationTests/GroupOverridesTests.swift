import Testing

@testable import Configuration

@Suite("What a group sets for itself")
struct GroupOverridesTests {
    private func broker(_ lines: [String: String] = [:]) -> BrokerSettings {
        BrokerSettings(fromFile: lines)
    }

    private func problems(_ overrides: [String: String], _ lines: [String: String] = [:])
        -> [String]
    {
        do throws(InvalidConfiguration) {
            _ = try GroupOverrides.check(all: overrides, broker: broker(lines))
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test func `must lie between the broker's bounds`() {
        #expect(problems(["consumer.session.timeout.ms": "45000"]) == [])
        #expect(
            problems(["consumer.session.timeout.ms": "70000", "share.heartbeat.interval.ms": "1"])
                == [
                    "Invalid value 70000 for configuration consumer.session.timeout.ms: must be at most "
                        + "group.consumer.max.session.timeout.ms, 60000",
                    "Invalid value 1 for configuration share.heartbeat.interval.ms: must be at least "
                        + "group.share.min.heartbeat.interval.ms, 5000",
                ])
        #expect(
            problems(["consumer.sesion.timeout.ms": "45000"]) == [
                "Unknown group config name: consumer.sesion.timeout.ms; must be a known group "
                    + "configuration, perhaps consumer.session.timeout.ms"
            ])
    }

    @Test func `asks members to speak more often than they must be heard of`() {
        let lines = ["group.consumer.min.session.timeout.ms": "1000"]
        #expect(
            problems(["consumer.session.timeout.ms": "5000"], lines) == [
                "Invalid value 5000 for configuration consumer.session.timeout.ms: must be more than "
                    + "consumer.heartbeat.interval.ms, 5000"
            ])
        #expect(problems(["consumer.session.timeout.ms": "5001"], lines) == [])
    }

    @Test func `falls back to the broker's own, and is capped by bounds that were changed since`() {
        let name = "consumer.session.timeout.ms"
        let broker = broker(["group.consumer.session.timeout.ms": "50000"])
        let fallback = GroupOverrides.resolve(name, overrides: [:], broker: broker)
        #expect(fallback?.value == "50000")
        #expect(fallback?.source == .staticBroker)
        let own = GroupOverrides.resolve(name, overrides: [name: "90000"], broker: broker)
        #expect(own?.value == "60000")
        #expect(own?.source == .group)
        let alone = GroupOverrides.resolve(
            "share.isolation.level", overrides: [:], broker: broker)
        #expect(alone?.source == .standard)
        #expect(GroupOverrides.resolve("retention.ms", overrides: [:], broker: broker) == nil)
    }
}
