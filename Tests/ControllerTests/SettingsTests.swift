import Metadata
import Model
import TestSupport
import Testing

@testable import Controller

@Suite("A change of settings")
struct SettingsTests {
    private func alter(
        _ cluster: inout Cluster, _ resource: ConfigResource,
        _ entries: [ConfigAlteration.Entry], only: Bool = false
    ) -> ErrorCode? {
        let results = cluster.take(
            cluster.controller.alterConfigs(
                [ConfigAlteration(resource, entries)], validateOnly: only))
        return results[0].error?.code
    }

    private let topic = ConfigResource(.topic, "t")
    private let one = ConfigResource(.broker, "1")
    private let everybody = ConfigResource(.broker, "")

    private func cluster(elr: Bool = false) throws -> Cluster {
        var cluster = Cluster(elr: elr)
        try cluster.start([1])
        try cluster.create("t", [[1]])
        return cluster
    }

    @Test func `sets, removes, appends and subtracts`() throws {
        var cluster = try cluster()
        #expect(
            alter(
                &cluster, topic,
                [.init("retention.ms", .set, "7"), .init("cleanup.policy", .append, "compact")])
                == nil)
        #expect(cluster.image.config("retention.ms", of: topic) == "7")
        #expect(cluster.image.config("cleanup.policy", of: topic) == "delete,compact")
        #expect(alter(&cluster, topic, [.init("cleanup.policy", .subtract, "delete")]) == nil)
        #expect(cluster.image.config("cleanup.policy", of: topic) == "compact")
        #expect(alter(&cluster, topic, [.init("retention.ms", .delete, nil)]) == nil)
        #expect(cluster.image.config("retention.ms", of: topic) == nil)
        #expect(cluster.image.config("cleanup.policy", of: topic) == "compact")
        // What changes nothing writes nothing.
        let same = cluster.controller.alterConfigs(
            [ConfigAlteration(topic, [.init("cleanup.policy", .set, "compact")])],
            validateOnly: false)
        #expect(same.records.isEmpty)
    }

    @Test func `is refused for what is wrong with it, and changes nothing`() throws {
        var cluster = try cluster()
        let cases: [(ConfigResource, [ConfigAlteration.Entry], ErrorCode)] = [
            (topic, [.init("nonsense", .set, "1")], .invalidConfig),
            (topic, [.init("retention.ms", .set, "x")], .invalidConfig),
            (topic, [.init("retention.ms", .append, "1")], .invalidConfig),
            (topic, [.init("retention.ms", .set, nil)], .invalidRequest),
            (
                topic, [.init("retention.ms", .set, "1"), .init("retention.ms", .delete, nil)],
                .invalidRequest
            ),
            (
                topic, [.init("retention.ms", .set, "1"), .init("segment.ms", .set, "x")],
                .invalidConfig
            ),
            (
                ConfigResource(.topic, "u"), [.init("retention.ms", .set, "1")],
                .unknownTopicOrPartition
            ),
            (ConfigResource(.broker, "x"), [.init("retention.ms", .set, "1")], .invalidRequest),
            (
                ConfigResource(.broker, "9"), [.init("log.retention.ms", .set, "1")],
                .brokerIdNotRegistered
            ),
            (one, [.init("node.id", .set, "3")], .invalidRequest),
            (one, [.init("nonsense", .set, "3")], .invalidConfig),
            (one, [.init("log.retention.ms", .set, "x")], .invalidConfig),
            (ConfigResource(ConfigResourceKind(rawValue: 99), "1"), [], .invalidRequest),
        ]
        for (resource, entries, code) in cases {
            #expect(alter(&cluster, resource, entries) == code, "\(entries)")
        }
        #expect(cluster.image.configs.isEmpty)
    }

    @Test func `is only tried when that is asked`() throws {
        var cluster = try cluster()
        #expect(alter(&cluster, topic, [.init("retention.ms", .set, "7")], only: true) == nil)
        #expect(
            alter(&cluster, topic, [.init("retention.ms", .set, "x")], only: true) == .invalidConfig
        )
        #expect(cluster.image.configs.isEmpty)
    }

    @Test func `of all brokers is the default of topics`() throws {
        var cluster = try cluster()
        #expect(
            alter(&cluster, everybody, [.init("unclean.leader.election.enable", .set, "true")])
                == nil)
        #expect(cluster.controller.draft.allowsUncleanElection(in: "t"))
        #expect(
            alter(&cluster, everybody, [.init("unclean.leader.election.enable", .delete, nil)])
                == nil)
        #expect(!cluster.controller.draft.allowsUncleanElection(in: "t"))
        #expect(alter(&cluster, everybody, [.init("min.insync.replicas", .set, "2")]) == nil)
        #expect(cluster.controller.draft.rules(for: "t").minInSync == 2)
    }

    @Test func `of one broker's minimum is refused while eligible replicas are kept`() throws {
        var cluster = try cluster(elr: true)
        #expect(alter(&cluster, one, [.init("min.insync.replicas", .set, "2")]) == .invalidConfig)
        #expect(alter(&cluster, everybody, [.init("min.insync.replicas", .set, "2")]) == nil)
    }

    @Test func `as a whole forgets what is not named`() throws {
        var cluster = try cluster()
        #expect(
            alter(
                &cluster, topic, [.init("retention.ms", .set, "7"), .init("segment.ms", .set, "9")])
                == nil)
        cluster.take(
            cluster.controller.replaceConfigs(
                [(resource: topic, configs: [(name: "segment.ms", value: "10")])],
                validateOnly: false))
        #expect(cluster.image.config("retention.ms", of: topic) == nil)
        #expect(cluster.image.config("segment.ms", of: topic) == "10")
    }

    @Test func `hands out blocks of producer ids once`() throws {
        var cluster = try cluster()
        let epoch = try #require(cluster.image.broker(1)?.epoch)
        #expect(
            cluster.take(try cluster.controller.allocateProducerIDs(to: 1, epoch: epoch))
                == 0..<1_000)
        #expect(
            cluster.take(try cluster.controller.allocateProducerIDs(to: 1, epoch: epoch))
                == 1_000..<2_000)
        #expect(
            refusal { _ = try cluster.controller.allocateProducerIDs(to: 1, epoch: 77) }
                == .staleBrokerEpoch)
    }

    @Test func `of a group stays within the broker's bounds`() throws {
        var cluster = try cluster()
        let group = ConfigResource(.group, "g")
        let (session, heartbeat) = ("consumer.session.timeout.ms", "consumer.heartbeat.interval.ms")
        #expect(alter(&cluster, group, [.init(session, .set, "50000")]) == nil)
        #expect(cluster.image.config(session, of: group) == "50000")
        for (name, value) in [
            (session, "44999"), (session, "60001"), (heartbeat, "4999"), (heartbeat, "15001"),
            ("consumer.assignment.interval.ms", "15001"), ("nonsense", "1"), (session, "x"),
        ] {
            #expect(alter(&cluster, group, [.init(name, .set, value)]) == .invalidConfig)
        }
        #expect(cluster.image.config(session, of: group) == "50000")
        #expect(alter(&cluster, group, [.init(session, .delete, nil)]) == nil)
        #expect(cluster.image.config(session, of: group) == nil)
        #expect(
            alter(&cluster, ConfigResource(.group, ""), [.init(session, .set, "50000")])
                == .invalidRequest)
    }
}
