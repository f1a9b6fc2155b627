import Testing

@testable import Configuration

@Suite("The table of settings")
struct SettingsTests {
    static let all = Settings.broker + Settings.topic + Settings.group + Settings.clientMetrics

    @Test func `holds defaults that its own rules accept`() {
        for setting in Self.all {
            guard let text = setting.defaultText else { continue }
            #expect(setting.kind.canonical(text) == text, "\(setting.name)")
            #expect(setting.rule.isSatisfied(by: text) || text.isEmpty, "\(setting.name)")
        }
    }

    @Test func `gives a default to everything that is not a name, a list or a secret`() {
        // The rooms read these without asking whether they are set.
        let mayBeUnset: Set<String> = [
            "log.flush.interval.ms", "log.retention.minutes", "log.retention.ms", "log.roll.ms",
            "log.roll.jitter.ms", "num.replica.alter.log.dirs.threads", "node.id",
            "internal.metadata.log.segment.bytes", "sasl.login.connect.timeout.ms",
            "sasl.login.read.timeout.ms",
        ]
        for setting in Settings.broker where !mayBeUnset.contains(setting.name) {
            switch setting.kind {
            case .boolean, .int, .short, .long, .double:
                #expect(setting.defaultText != nil, "\(setting.name)")
            case .string, .list, .className, .password: break
            }
        }
    }

    @Test func `names a broker's setting behind each topic setting that has one`() {
        for setting in Settings.topic {
            guard let name = setting.brokerName else { continue }
            #expect(Settings.broker(name)?.kind == setting.kind, "\(setting.name)")
        }
    }

    @Test func `says what each is for`() {
        for setting in Self.all {
            #expect(setting.documentation.count > 10, "\(setting.name)")
            #expect(setting.documentation.hasSuffix("."), "\(setting.name)")
        }
    }

    @Test func `knows all of Kafka's`() {
        #expect(Settings.broker.count >= 378)
        #expect(Settings.topic.count == 38)
        #expect(Settings.group.count == 27)
        #expect(Settings.clientMetrics.count == 3)
    }

    @Test(arguments: [
        ("log.retention.hour", "log.retention.hours"), ("num.partition", "num.partitions"),
        ("listener", "listeners"), ("advertised.listener", "advertised.listeners"),
    ])
    func `finds the nearest name`(typed: String, meant: String) {
        #expect(Settings.nearest(to: typed, in: Settings.broker) == meant)
    }

    @Test func `suggests nothing for a name like no other`() {
        #expect(Settings.nearest(to: "colour.of.the.bikeshed", in: Settings.broker) == nil)
    }

    @Test(arguments: [
        ("log.segment.bytes", "1048575"), ("log.segment.bytes", "1g"), ("num.partitions", "0"),
        ("auto.create.topics.enable", "yes"), ("log.cleaner.min.cleanable.ratio", "1.5"),
        ("compression.type", "brotli"), ("log.cleanup.policy", "delete,shred"),
        ("compression.gzip.level", "0"), ("message.max.bytes", "99999999999"),
    ])
    func `refuses what is not allowed`(name: String, value: String) throws {
        let setting = try #require(Settings.broker(name))
        let problem = #expect(throws: SettingProblem.self) { try setting.check(value) }
        #expect(problem?.description.contains(value) ?? false)
        #expect(problem?.description.contains(name) ?? false)
    }

    @Test func `does not repeat a secret in a refusal`() throws {
        let rule = SettingRule.notBlank
        let setting = Setting.password("p", nil, valid: rule, "A secret.")
        let problem = #expect(throws: SettingProblem.self) { try setting.check("  ") }
        #expect(problem?.value == "[hidden]")
    }

    @Test func `prints doubles as Java does`() {
        #expect(SettingKind.double.canonical("0.50") == "0.5")
        #expect(SettingKind.double.canonical("1e20") == "1.0E20")
        #expect(
            Settings.broker("log.cleaner.io.max.bytes.per.second")?.defaultText
                == "1.7976931348623157E308")
    }
}
