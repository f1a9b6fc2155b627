/// One row of the table of settings: what a name means, what it may be, when it may change.
///
/// Rows are written with the builders below, one per kind, in `Table/`.
package struct Setting: Sendable {
    /// When a broker's setting may change.
    package enum UpdateMode: Sendable {
        /// With a restart only.
        case readOnly
        /// At run time, as the cluster's default or for one broker.
        case clusterWide
        /// At run time, for one broker only.
        case perBroker

        /// As Kafka's documentation calls it.
        package var name: String {
            switch self {
            case .readOnly: "read-only"
            case .clusterWide: "cluster-wide"
            case .perBroker: "per-broker"
            }
        }
    }

    package let name: String
    package let kind: SettingKind
    /// Canonical text; nil is "unset" (Kafka's null).
    package let defaultText: String?
    package let rule: SettingRule
    package let update: UpdateMode
    /// For a broker's setting: other names that give the value when this one is not set, in order.
    package let synonyms: [String]
    /// For a topic's or group's setting: the broker's setting that stands in when it is not set.
    package let brokerName: String?
    /// The start fails without it.
    package let isRequired: Bool
    /// Known to Kafka's own tests rather than to its users: accepted, not described.
    package let isInternal: Bool
    package let documentation: String

    /// Never shown: passwords.
    package var isSensitive: Bool { kind == .password }

    /// What a value must be: `int, at least 1`.
    package var allowed: String {
        guard let rule = rule.allowed else { return kind == .boolean ? "true or false" : kind.name }
        return "\(kind.name), \(rule)"
    }

    /// The canonical text of `text`, or why it is refused.
    package func check(_ text: String) throws(SettingProblem) -> String {
        guard let canonical = kind.canonical(text), rule.isSatisfied(by: canonical) else {
            throw SettingProblem(
                name, value: isSensitive ? "[hidden]" : text, allowed: allowed)
        }
        return canonical
    }
}

extension Setting {
    private static func row(
        _ name: String, _ kind: SettingKind, _ defaultText: String?, _ rule: SettingRule,
        _ traits: Traits, _ documentation: String
    ) -> Setting {
        Setting(
            name: name, kind: kind, defaultText: defaultText.flatMap(kind.canonical), rule: rule,
            update: traits.update, synonyms: traits.synonyms, brokerName: traits.broker,
            isRequired: traits.isRequired, isInternal: traits.isInternal,
            documentation: documentation)
    }

    /// What few rows have.
    private struct Traits {
        var synonyms: [String] = []
        var update: UpdateMode = .readOnly
        var broker: String?
        var isInternal = false
        var isRequired = false
    }

    static func boolean(
        _ name: String, _ standard: Bool?, valid rule: SettingRule = .any, synonyms: [String] = [],
        update: UpdateMode = .readOnly, broker: String? = nil, isInternal: Bool = false,
        isRequired: Bool = false, _ documentation: String
    ) -> Setting {
        row(
            name, .boolean, standard.map { String($0) }, rule,
            Traits(
                synonyms: synonyms, update: update, broker: broker, isInternal: isInternal,
                isRequired: isRequired),
            documentation)
    }

    static func int(
        _ name: String, _ standard: Int32?, valid rule: SettingRule = .any, synonyms: [String] = [],
        update: UpdateMode = .readOnly, broker: String? = nil, isInternal: Bool = false,
        isRequired: Bool = false, _ documentation: String
    ) -> Setting {
        row(
            name, .int, standard.map { String($0) }, rule,
            Traits(
                synonyms: synonyms, update: update, broker: broker, isInternal: isInternal,
                isRequired: isRequired),
            documentation)
    }

    static func short(
        _ name: String, _ standard: Int16?, valid rule: SettingRule = .any, synonyms: [String] = [],
        update: UpdateMode = .readOnly, broker: String? = nil, isInternal: Bool = false,
        isRequired: Bool = false, _ documentation: String
    ) -> Setting {
        row(
            name, .short, standard.map { String($0) }, rule,
            Traits(
                synonyms: synonyms, update: update, broker: broker, isInternal: isInternal,
                isRequired: isRequired),
            documentation)
    }

    static func long(
        _ name: String, _ standard: Int64?, valid rule: SettingRule = .any, synonyms: [String] = [],
        update: UpdateMode = .readOnly, broker: String? = nil, isInternal: Bool = false,
        isRequired: Bool = false, _ documentation: String
    ) -> Setting {
        row(
            name, .long, standard.map { String($0) }, rule,
            Traits(
                synonyms: synonyms, update: update, broker: broker, isInternal: isInternal,
                isRequired: isRequired),
            documentation)
    }

    static func double(
        _ name: String, _ standard: Double?, valid rule: SettingRule = .any,
        synonyms: [String] = [],
        update: UpdateMode = .readOnly, broker: String? = nil, isInternal: Bool = false,
        isRequired: Bool = false, _ documentation: String
    ) -> Setting {
        row(
            name, .double, standard.map { String($0) }, rule,
            Traits(
                synonyms: synonyms, update: update, broker: broker, isInternal: isInternal,
                isRequired: isRequired),
            documentation)
    }

    static func string(
        _ name: String, _ standard: String?, valid rule: SettingRule = .any,
        synonyms: [String] = [],
        update: UpdateMode = .readOnly, broker: String? = nil, isInternal: Bool = false,
        isRequired: Bool = false, _ documentation: String
    ) -> Setting {
        row(
            name, .string, standard, rule,
            Traits(
                synonyms: synonyms, update: update, broker: broker, isInternal: isInternal,
                isRequired: isRequired),
            documentation)
    }

    static func list(
        _ name: String, _ standard: String?, valid rule: SettingRule = .any,
        synonyms: [String] = [],
        update: UpdateMode = .readOnly, broker: String? = nil, isInternal: Bool = false,
        isRequired: Bool = false, _ documentation: String
    ) -> Setting {
        row(
            name, .list, standard, rule,
            Traits(
                synonyms: synonyms, update: update, broker: broker, isInternal: isInternal,
                isRequired: isRequired),
            documentation)
    }

    static func className(
        _ name: String, _ standard: String?, valid rule: SettingRule = .any,
        synonyms: [String] = [],
        update: UpdateMode = .readOnly, broker: String? = nil, isInternal: Bool = false,
        isRequired: Bool = false, _ documentation: String
    ) -> Setting {
        row(
            name, .className, standard, rule,
            Traits(
                synonyms: synonyms, update: update, broker: broker, isInternal: isInternal,
                isRequired: isRequired),
            documentation)
    }

    static func password(
        _ name: String, _ standard: String?, valid rule: SettingRule = .any,
        synonyms: [String] = [],
        update: UpdateMode = .readOnly, broker: String? = nil, isInternal: Bool = false,
        isRequired: Bool = false, _ documentation: String
    ) -> Setting {
        row(
            name, .password, standard, rule,
            Traits(
                synonyms: synonyms, update: update, broker: broker, isInternal: isInternal,
                isRequired: isRequired),
            documentation)
    }
}
