extension Catalogue {
    package static let requests = MetricDefinition(
        "kafka_network_requestmetrics_requests_total", .counter, labels: ["request", "version"],
        "Requests by API and version.")
    package static let requestTotalTime = MetricDefinition(
        "kafka_network_requestmetrics_totaltimems", .summary(scale: 1e-6), labels: ["request"],
        "Milliseconds from a request's arrival to its answer's departure.")
    package static let delayedFetchExpires = MetricDefinition(
        "kafka_server_delayedfetchmetrics_expires_total", .counter, labels: ["fetcherType"],
        "Parked fetches answered because their time was over.")
    package static let fetchSessions = MetricDefinition(
        "kafka_server_fetchsessioncache_numincrementalfetchsessions", .gauge,
        "Fetch sessions kept.")
    package static let fetchSessionPartitions = MetricDefinition(
        "kafka_server_fetchsessioncache_numincrementalfetchpartitionscached", .gauge,
        "Partitions in kept fetch sessions.")
    package static let fetchPartitionsRead = MetricDefinition(
        "martlet_fetch_partitions_read_total", .counter,
        "Partitions that fetches have looked at, with or without records for them.")

    static let requestsTable: [MetricDefinition] = [
        requests, requestTotalTime, delayedFetchExpires,
        fetchSessions, fetchSessionPartitions, fetchPartitionsRead,
    ]
}
