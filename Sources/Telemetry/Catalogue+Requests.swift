extension Catalogue {
    package static let requests = MetricDefinition(
        "kafka_network_requestmetrics_requests_total", .counter, labels: ["request", "version"],
        "Requests by API and version.")
    package static let requestErrors = MetricDefinition(
        "kafka_network_requestmetrics_errors_total", .counter, labels: ["request", "error"],
        "Answers by API and error, NONE included.")
    package static let deprecatedRequests = MetricDefinition(
        "kafka_network_requestmetrics_deprecatedrequests_total", .counter,
        labels: ["request", "version", "clientSoftwareName", "clientSoftwareVersion"],
        "Requests of versions that will go (KIP-896).")
    package static let requestTotalTime = MetricDefinition(
        "kafka_network_requestmetrics_totaltimems", .summary(scale: 1e-6), labels: ["request"],
        "Milliseconds from a request's arrival to its answer's departure.")
    package static let requestLocalTime = MetricDefinition(
        "kafka_network_requestmetrics_localtimems", .summary(scale: 1e-6), labels: ["request"],
        "Milliseconds of work on a request.")
    package static let requestRemoteTime = MetricDefinition(
        "kafka_network_requestmetrics_remotetimems", .summary(scale: 1e-6), labels: ["request"],
        "Milliseconds a request waited for followers or for data.")
    package static let requestBytes = MetricDefinition(
        "kafka_network_requestmetrics_requestbytes", .summary(scale: 1), labels: ["request"],
        "Bytes of a request.")
    package static let requestQueue = MetricDefinition(
        "kafka_network_requestchannel_requestqueuesize", .gauge,
        "Requests in flight.")
    package static let purgatory = MetricDefinition(
        "kafka_server_delayedoperationpurgatory_purgatorysize", .gauge,
        labels: ["delayedOperation"],
        "Parked requests by kind.")
    package static let delayedFetchExpires = MetricDefinition(
        "kafka_server_delayedfetchmetrics_expires_total", .counter, labels: ["fetcherType"],
        "Parked fetches answered because their time was over.")
    package static let fetchSessions = MetricDefinition(
        "kafka_server_fetchsessioncache_numincrementalfetchsessions", .gauge,
        "Fetch sessions kept.")
    package static let fetchSessionPartitions = MetricDefinition(
        "kafka_server_fetchsessioncache_numincrementalfetchpartitionscached", .gauge,
        "Partitions in kept fetch sessions.")
    package static let fetchSessionEvictions = MetricDefinition(
        "kafka_server_fetchsessioncache_incrementalfetchsessionevictions_total", .counter,
        "Fetch sessions that made room for others.")

    static let requestsTable: [MetricDefinition] = [
        requests, requestErrors, deprecatedRequests, requestTotalTime, requestLocalTime,
        requestRemoteTime, requestBytes, requestQueue, purgatory, delayedFetchExpires,
        fetchSessions, fetchSessionPartitions, fetchSessionEvictions,
    ]
}
