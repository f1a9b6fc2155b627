/// The one table of settings. Parsing, validation, DescribeConfigs, run-time changes and
/// `docs/configuration.md` all derive from it; the rows are in `Table/`, one file per subject.
package enum Settings {
    /// What `server.properties` and the dynamic configuration of brokers know, sorted by name.
    package static let broker: [Setting] = sorted([
        quorum, metadataLog, sockets, server, log, cleaner, replication, groupCoordinator, share,
        transactions, security, quotaWindows, metrics, tiered,
    ])

    /// What can be set on a topic, sorted by name.
    package static let topic: [Setting] = sorted([topicTable])

    /// What can be set on a group, sorted by name.
    package static let group: [Setting] = sorted([groupTable])

    /// What can be set on a client-metrics subscription, sorted by name.
    package static let clientMetrics: [Setting] = sorted([clientMetricsTable])

    private static let brokerByName = byName(broker)
    private static let topicByName = byName(topic)
    private static let groupByName = byName(group)
    private static let clientMetricsByName = byName(clientMetrics)

    /// The broker's setting of that name. `listener.name.<listener>.<setting>` is not resolved here.
    package static func broker(_ name: String) -> Setting? { brokerByName[name] }
    /// The topic's setting of that name.
    package static func topic(_ name: String) -> Setting? { topicByName[name] }
    /// The group's setting of that name.
    package static func group(_ name: String) -> Setting? { groupByName[name] }
    /// The client-metrics subscription's setting of that name.
    package static func clientMetrics(_ name: String) -> Setting? { clientMetricsByName[name] }

    private static func sorted(_ tables: [[Setting]]) -> [Setting] {
        tables.flatMap { $0 }.sorted { $0.name < $1.name }
    }

    private static func byName(_ rows: [Setting]) -> [String: Setting] {
        var table: [String: Setting] = [:]
        for row in rows {
            precondition(table.updateValue(row, forKey: row.name) == nil, "a name has one row")
        }
        return table
    }
}
