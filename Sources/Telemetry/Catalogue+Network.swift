extension Catalogue {
    package static let connections = MetricDefinition(
        "kafka_server_socketservermetrics_connection_count", .gauge, labels: ["listener"],
        "Open connections by listener.")
    package static let connectionsCreated = MetricDefinition(
        "kafka_server_socketservermetrics_connection_creation_total", .counter,
        labels: ["listener"],
        "Connections accepted by listener.")
    package static let connectionsClosed = MetricDefinition(
        "kafka_server_socketservermetrics_connection_close_total", .counter, labels: ["listener"],
        "Connections closed by listener.")
    package static let connectionsRefused = MetricDefinition(
        "martlet_connections_refused_total", .counter, labels: ["listener", "reason"],
        "Connections refused by a limit.")
    package static let framesRefused = MetricDefinition(
        "martlet_frames_refused_total", .counter, labels: ["listener", "reason"],
        "Frames that were no request of ours.")
    package static let readsPaused = MetricDefinition(
        "martlet_reads_paused_total", .counter, labels: ["reason"],
        "Times a connection was not read because a limit was reached.")

    static let networkTable: [MetricDefinition] = [
        connections, connectionsCreated, connectionsClosed, connectionsRefused, framesRefused,
        readsPaused,
    ]
}
