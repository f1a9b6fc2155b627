/// A broker's settings in their layers. A value set for this broker at run time wins over the cluster's
/// default set at run time, that over `server.properties`, that over the setting's other names (asked in
/// the same order), and what nobody set has the table's default.
///
/// Reading is a look-up and a parse: read what a hot path needs once, and again after a change.
package struct BrokerSettings: Sendable {
    /// Canonical texts of what `server.properties` sets, listener prefixes included.
    package let fromFile: [String: String]
    /// Canonical texts of the cluster's default.
    package private(set) var dynamicDefault: [String: String] = [:]
    /// Canonical texts of what is set for this broker.
    package private(set) var dynamicOwn: [String: String] = [:]

    /// Settings of a file already checked.
    package init(fromFile: [String: String] = [:]) {
        self.fromFile = fromFile
    }

    /// Replaces both dynamic layers by what the metadata says. What is unknown, wrong or not dynamic is left
    /// out and returned, so that it can be reported.
    package mutating func replaceDynamic(
        clusterDefault: [String: String], own: [String: String]
    ) -> [SettingProblem] {
        var problems: [SettingProblem] = []
        dynamicDefault = Self.accepted(clusterDefault, scope: .clusterDefault, &problems)
        dynamicOwn = Self.accepted(own, scope: .broker, &problems)
        return problems
    }

    private static func accepted(
        _ values: [String: String], scope: DynamicScope, _ problems: inout [SettingProblem]
    ) -> [String: String] {
        var layer: [String: String] = [:]
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            do throws(SettingProblem) {
                layer[name] = try DynamicScope.check(name, value, in: scope)
            } catch {
                problems.append(error)
            }
        }
        return layer
    }

    /// The value in force, where it comes from and what else would have given it.
    /// Nil if the table does not know `name`.
    package func resolve(_ name: String) -> ResolvedSetting? {
        guard let setting = Settings.broker(name) else { return nil }
        let synonyms = places(of: setting)
        return ResolvedSetting(
            setting: setting, value: synonyms.first.map { Self.converted($0, to: setting) },
            source: synonyms.first?.source ?? .standard, synonyms: synonyms,
            isReadOnly: setting.update == .readOnly)
    }

    /// Every place that gives `setting` a value, the one in force first, each in its own name's unit.
    func places(of setting: Setting) -> [ResolvedSetting.Synonym] {
        var places: [ResolvedSetting.Synonym] = []
        for name in [setting.name] + setting.synonyms {
            let layers: [(SettingSource, String?)] = [
                (.dynamicBroker, dynamicOwn[name]), (.dynamicDefault, dynamicDefault[name]),
                (.staticBroker, fromFile[name]),
                (.standard, Settings.broker(name)?.defaultText),
            ]
            for (source, value) in layers {
                guard let value else { continue }
                places.append(.init(name: name, value: value, source: source))
            }
        }
        return places
    }

    /// The text in force, nil if unset. Traps for a name that is not in the table.
    package func text(_ name: String) -> String? {
        guard let setting = Settings.broker(name) else {
            preconditionFailure("\(name) is not in the table of settings")
        }
        for name in [setting.name] + setting.synonyms {
            if let value = dynamicOwn[name] ?? dynamicDefault[name] ?? fromFile[name]
                ?? Settings.broker(name)?.defaultText
            {
                return Self.converted(
                    .init(name: name, value: value, source: .standard), to: setting)
            }
        }
        return nil
    }

    /// A synonym's value in the unit of `setting`: `log.retention.hours` for `log.retention.ms`.
    static func converted(_ synonym: ResolvedSetting.Synonym, to setting: Setting) -> String {
        guard setting.name.hasSuffix(".ms"), let number = Int64(synonym.value) else {
            return synonym.value
        }
        let factor: Int64
        if synonym.name.hasSuffix(".hours") {
            factor = 3_600_000
        } else if synonym.name.hasSuffix(".minutes") {
            factor = 60_000
        } else {
            return synonym.value
        }
        guard number >= 0 else { return String(number) }
        let (product, isTooLarge) = number.multipliedReportingOverflow(by: factor)
        return String(isTooLarge ? .max : product)
    }
}
