/// The one table of metrics. Names follow the rules by which Kafka's JMX beans usually reach Prometheus, so
/// dashboards and alerts carry over; `martlet_…` are our own.
package enum Catalogue {
    /// Every metric, in the table's order.
    package static let all: [MetricDefinition] = [
        controllerTable, replicationTable, topicsTable, requestsTable, networkTable, storageTable,
        quorumTable, processTable, groupsTable,
    ].flatMap { $0 }
}
