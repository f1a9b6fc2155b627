import Model
import Testing

@testable import Configuration

@Suite("A configuration from anywhere")
struct BadInputTests {
    @Test func `of random characters is read or refused, never fatal`() {
        var chance = PRNG(seed: 1)
        let letters = Array("ab=: \\\n\r\t#!u0019,.@[]/é")
        for _ in 0..<2000 {
            let text = String(
                (0..<chance.below(60)).map { _ in letters[chance.below(letters.count)] })
            guard let properties = try? Properties(parsing: text) else { continue }
            #expect(throws: InvalidConfiguration.self) {
                try NodeConfiguration.parse(properties, hostName: "here")
            }
        }
    }

    @Test func `with any value for any name is accepted or refused, never fatal`() throws {
        let values = [
            "", " ", "0", "-1", "-2", "9223372036854775807", "2147483647", "99999999999999999999",
            "true",
            ",", ",,a", "a:b", "1:2,3:4", "[", "]", "[]:1", "://:", "A://:9", "A://[::1]:9",
            "A://h:99999",
            "1@h:9", "@", "1@", "*", "1e400", "nan", "0.5", "\u{1F600}", "PLAINTEXT://:9092",
        ]
        var accepted = 0
        var chance = PRNG(seed: 2)
        for setting in Settings.broker {
            for value in values.shuffled(using: &chance).prefix(3) {
                var properties = try Properties(parsing: NodeConfigurationTests.combined)
                properties[setting.name] = value
                do {
                    let node = try NodeConfiguration.parse(properties, hostName: "here")
                    touch(node, setting.name)
                    accepted += 1
                } catch {
                    #expect(error.problems.allSatisfy { !$0.allowed.isEmpty })
                }
            }
        }
        #expect(accepted > 100, "most values are fine somewhere")
    }

    /// Reads what must be readable of whatever was accepted.
    private func touch(_ node: NodeConfiguration, _ name: String) {
        #expect(node.settings.resolve(name) != nil)
        _ = TopicConfiguration(overrides: [:], broker: node.settings)
        _ = (node.brokerSession, node.httpListener, node.connectionsMaxIdle, node.flushStall)
        #expect(node.nodeID >= BrokerID(0))
        #expect(!node.logDirectories.isEmpty)
    }

    @Test func `of a topic is accepted or refused, never fatal`() {
        let values = [
            "", "-1", "0", "9223372036854775807", "x", "compact", "delete,compact", "0.1",
        ]
        for setting in Settings.topic {
            for value in values {
                let overrides = [setting.name: value]
                guard
                    let accepted = try? TopicConfiguration.check(
                        all: overrides, broker: BrokerSettings())
                else { continue }
                let topic = TopicConfiguration(overrides: accepted, broker: BrokerSettings())
                #expect(topic.minInSyncReplicas >= 1)
                #expect(topic.segmentBytes > 0)
            }
        }
    }
}
