import Model
import Testing

@testable import Configuration

@Suite("A setting's value")
struct ResolutionTests {
    @Test func `comes from the closest layer, and the others are told`() throws {
        var settings = BrokerSettings(fromFile: ["log.segment.bytes": "2000000"])
        let problems = settings.replaceDynamic(
            clusterDefault: ["log.segment.bytes": "3000000"], own: ["log.segment.bytes": "4000000"])
        #expect(problems.isEmpty)
        let resolved = try #require(settings.resolve("log.segment.bytes"))
        #expect(resolved.value == "4000000")
        #expect(resolved.source == .dynamicBroker)
        #expect(
            resolved.synonyms.map(\.source) == [
                .dynamicBroker, .dynamicDefault, .staticBroker, .standard,
            ])
        #expect(resolved.synonyms.map(\.value) == ["4000000", "3000000", "2000000", "1073741824"])
    }

    @Test func `comes from another name where its own is not set, in its own unit`() throws {
        let settings = BrokerSettings(fromFile: ["log.retention.hours": "2"])
        let resolved = try #require(settings.resolve("log.retention.ms"))
        #expect(resolved.value == "7200000")
        #expect(resolved.synonyms.first?.name == "log.retention.hours")
        #expect(resolved.synonyms.first?.value == "2")
        #expect(
            BrokerSettings(fromFile: ["log.retention.minutes": "-1"]).int("log.retention.ms") == -1)
        #expect(BrokerSettings().int("log.retention.ms") == 604_800_000)
    }

    @Test func `of a topic is its own, else the broker's`() throws {
        let broker = BrokerSettings(fromFile: ["log.retention.minutes": "1"])
        let own = try #require(
            TopicConfiguration.resolve(
                "retention.ms", overrides: ["retention.ms": "5"], broker: broker))
        #expect(own.value == "5")
        #expect(own.source == .topic)
        let inherited = try #require(
            TopicConfiguration.resolve("retention.ms", overrides: [:], broker: broker))
        #expect(inherited.value == "60000")
        #expect(inherited.source == .staticBroker)
        #expect(
            inherited.synonyms.map(\.name) == ["log.retention.minutes", "log.retention.hours"])
        let standard = try #require(
            TopicConfiguration.resolve("segment.ms", overrides: [:], broker: BrokerSettings()))
        #expect(standard.value == "604800000")
        #expect(standard.source == .standard)
    }

    @Test func `has every topic default of Kafka's table`() {
        for setting in Settings.topic where setting.brokerName != nil {
            let resolved = TopicConfiguration.resolve(
                setting.name, overrides: [:], broker: BrokerSettings())
            #expect(resolved?.value == setting.defaultText, "\(setting.name)")
        }
    }

    @Test func `of a topic is typed`() {
        let topic = TopicConfiguration(
            overrides: [
                "cleanup.policy": "compact", "retention.ms": "-1", "min.insync.replicas": "2",
                "flush.before.ack": "false", "compression.type": "zstd",
            ], broker: BrokerSettings())
        #expect(topic.isCompacted && !topic.isDeleted)
        #expect(topic.retention == nil)
        #expect(topic.retentionBytes == nil)
        #expect(topic.minInSyncReplicas == 2)
        #expect(!topic.flushBeforeAck)
        #expect(topic.compression == .zstd)
        #expect(topic.flushInterval == nil)
        #expect(topic.segmentBytes == 1 << 30)
        #expect(topic.segmentAge == .hours(168))
    }

    @Test func `that is stored but wrong counts as not set`() {
        let topic = TopicConfiguration(
            overrides: ["segment.bytes": "many", "min.insync.replicas": "0"],
            broker: BrokerSettings())
        #expect(topic.segmentBytes == 1 << 30)
        #expect(topic.minInSyncReplicas == 1)
    }

    @Test func `of a topic is refused with what is allowed`() {
        let problem = #expect(throws: SettingProblem.self) {
            try TopicConfiguration.check("segment.bytes", "1")
        }
        #expect(
            problem?.description
                == "Invalid value 1 for configuration segment.bytes: must be int, at least 1048576")
        let unknown = #expect(throws: SettingProblem.self) {
            try TopicConfiguration.check("retention", "1")
        }
        #expect(unknown?.name == "retention")
        #expect(throws: InvalidConfiguration.self) {
            try TopicConfiguration.check(
                all: ["min.compaction.lag.ms": "10", "max.compaction.lag.ms": "5"],
                broker: BrokerSettings())
        }
    }

    @Test func `changes at run time only where it may`() throws {
        #expect(try DynamicScope.check("num.io.threads", "9", in: .clusterDefault) == "9")
        #expect(throws: SettingProblem.self) {
            try DynamicScope.check("num.partitions", "9", in: .broker)
        }
        #expect(throws: SettingProblem.self) {
            try DynamicScope.check("ssl.keystore.location", "/k", in: .clusterDefault)
        }
        #expect(throws: SettingProblem.self) {
            try DynamicScope.check(
                "min.insync.replicas", "2", in: .broker, eligibleLeaderReplicas: true)
        }
        #expect(throws: SettingProblem.self) {
            try DynamicScope.check("no.such.name", "2", in: .broker)
        }
    }

    @Test func `that cannot be changed is left out of the dynamic layer and reported`() {
        var settings = BrokerSettings()
        let problems = settings.replaceDynamic(
            clusterDefault: ["node.id": "3"], own: ["num.io.threads": "none"])
        #expect(problems.map(\.name) == ["node.id", "num.io.threads"])
        #expect(settings.int("num.io.threads") == 8)
    }
}
