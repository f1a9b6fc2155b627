internal import Model

/// What one group sets for itself: `consumer.session.timeout.ms` in place of `group.consumer.session.timeout.ms`.
///
/// The broker bounds most of it, by `group.consumer.min.…` and `group.consumer.max.…`.
package enum GroupOverrides {
    /// Checks all settings that a group would then have, each alone and together; canonical texts.
    /// Problems are in the order of names.
    package static func check(
        all overrides: [String: String], broker: BrokerSettings
    ) throws(InvalidConfiguration) -> [String: String] {
        try InvalidConfiguration.accept(overrides) { (name, value) throws(SettingProblem) in
            try check(name, value, broker)
        } together: {
            contradictions($0, broker)
        }
    }

    private static func check(
        _ name: String, _ text: String, _ broker: BrokerSettings
    ) throws(SettingProblem) -> String {
        guard let setting = Settings.group(name) else {
            throw SettingProblem(
                unknownToGroups: name, nearest: Settings.nearest(to: name, in: Settings.group))
        }
        let value = try setting.check(text)
        guard let number = Int(value) else { return value }
        if let bound = bound("min", of: name), number < broker.int(bound) {
            throw SettingProblem(
                name, value: value, allowed: "at least \(bound), \(broker.int(bound))")
        }
        if let bound = bound("max", of: name), number > broker.int(bound) {
            throw SettingProblem(
                name, value: value, allowed: "at most \(bound), \(broker.int(bound))")
        }
        return value
    }

    /// Who is to be heard of within a session must be asked to speak more often.
    private static func contradictions(
        _ overrides: [String: String], _ broker: BrokerSettings
    ) -> [SettingProblem] {
        ["consumer", "share", "streams"].compactMap { kind in
            let (session, heartbeat) = (
                "\(kind).session.timeout.ms", "\(kind).heartbeat.interval.ms"
            )
            guard overrides[session] != nil || overrides[heartbeat] != nil,
                let most = number(session, overrides, broker),
                let least = number(heartbeat, overrides, broker), most <= least
            else { return nil }
            return SettingProblem(
                session, value: String(most), allowed: "more than \(heartbeat), \(least)")
        }
    }

    private static func number(
        _ name: String, _ overrides: [String: String], _ broker: BrokerSettings
    ) -> Int? {
        resolve(name, overrides: overrides, broker: broker)?.value.flatMap { Int($0) }
    }

    /// The value in force for a group with `overrides`, where it comes from and what else would have given it. A
    /// stored value outside bounds that were changed since counts as the bound. Nil if groups have no such setting.
    package static func resolve(
        _ name: String, overrides: [String: String], broker: BrokerSettings
    ) -> ResolvedSetting? {
        guard let setting = Settings.group(name) else { return nil }
        var synonyms: [ResolvedSetting.Synonym] = []
        if let own = overrides[name] {
            synonyms.append(
                .init(name: name, value: capped(name, own, broker), source: .group))
        }
        if let fallback = Settings.broker("group.\(name)") {
            synonyms += broker.places(of: fallback)
        } else if let standard = setting.defaultText {
            synonyms.append(.init(name: name, value: standard, source: .standard))
        }
        return ResolvedSetting(
            setting: setting, value: synonyms.first?.value,
            source: synonyms.first?.source ?? .standard, synonyms: synonyms, isReadOnly: false)
    }

    private static func capped(_ name: String, _ text: String, _ broker: BrokerSettings) -> String {
        guard var number = Int(text) else { return text }
        if let bound = bound("min", of: name) { number = max(number, broker.int(bound)) }
        if let bound = bound("max", of: name) { number = min(number, broker.int(bound)) }
        return String(number)
    }

    /// `consumer.session.timeout.ms` is bounded by `group.consumer.min.session.timeout.ms`.
    private static func bound(_ side: String, of name: String) -> String? {
        guard let dot = name.firstIndex(of: ".") else { return nil }
        let bound = "group.\(name[..<dot]).\(side)\(name[dot...])"
        return Settings.broker(bound).map(\.name)
    }
}
