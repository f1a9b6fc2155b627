internal import Model

extension TopicConfiguration {
    /// The canonical text of a topic's setting, or why it is refused.
    package static func check(_ name: String, _ value: String) throws(SettingProblem) -> String {
        guard let setting = Settings.topic(name) else {
            let hint = Settings.nearest(to: name, in: Settings.topic)
            throw SettingProblem(unknownToTopics: name, nearest: hint)
        }
        return try setting.check(value)
    }

    /// Checks all settings that a topic would then have, each alone and together; canonical texts.
    /// Problems are in the order of names.
    package static func check(
        all overrides: [String: String], broker: BrokerSettings
    ) throws(InvalidConfiguration) -> [String: String] {
        try InvalidConfiguration.accept(overrides) { (name, value) throws(SettingProblem) in
            try check(name, value)
        } together: {
            TopicConfiguration(overrides: $0, broker: broker).contradictions
        }
    }

    /// What is wrong between values that are right alone.
    private var contradictions: [SettingProblem] {
        guard minCompactionLag > maxCompactionLag else { return [] }
        return [
            SettingProblem(
                "min.compaction.lag.ms", value: String(minCompactionLag.inMilliseconds),
                allowed: "at most max.compaction.lag.ms, \(maxCompactionLag.inMilliseconds)")
        ]
    }

    /// The value in force for a topic with `overrides`, where it comes from and what else would have given
    /// it. Nil if topics have no such setting.
    package static func resolve(
        _ name: String, overrides: [String: String], broker: BrokerSettings
    ) -> ResolvedSetting? {
        guard let setting = Settings.topic(name) else { return nil }
        var synonyms: [ResolvedSetting.Synonym] = []
        if let own = overrides[name] {
            synonyms.append(.init(name: name, value: own, source: .topic))
        }
        if let brokerName = setting.brokerName, let fallback = Settings.broker(brokerName) {
            synonyms += broker.places(of: fallback)
        } else if let standard = setting.defaultText {
            synonyms.append(.init(name: name, value: standard, source: .standard))
        }
        return ResolvedSetting(
            setting: setting,
            value: synonyms.first.map { BrokerSettings.converted($0, to: setting) },
            source: synonyms.first?.source ?? .standard, synonyms: synonyms, isReadOnly: false)
    }
}
