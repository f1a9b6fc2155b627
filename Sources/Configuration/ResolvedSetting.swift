/// Where a value comes from, with its number in DescribeConfigs.
package enum SettingSource: Int8, Sendable {
    case topic = 1
    /// Set at run time for this broker.
    case dynamicBroker = 2
    /// Set at run time as the cluster's default.
    case dynamicDefault = 3
    /// Written in `server.properties`.
    case staticBroker = 4
    /// Nobody set it.
    case standard = 5
    case group = 8
}

/// A value in force, and every place that would have given one: what DescribeConfigs answers (KIP-226, 569).
package struct ResolvedSetting: Sendable {
    /// One place that gives a value; the first in a list is in force.
    package struct Synonym: Hashable, Sendable {
        package let name: String
        package let value: String
        package let source: SettingSource
    }

    package let setting: Setting
    /// Canonical text in the setting's own unit; nil is unset (Kafka's null).
    package let value: String?
    package let source: SettingSource
    package let synonyms: [Synonym]
    /// Whether an alter request for it would be refused.
    package let isReadOnly: Bool

    /// What may be shown: nil for passwords.
    package var shownValue: String? { setting.isSensitive ? nil : value }
}
