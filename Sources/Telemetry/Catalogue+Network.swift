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

    package static let memoryPoolUsed = MetricDefinition(
        "kafka_network_socketserver_memorypoolused", .gauge,
        "Bytes of clients' requests that are not answered yet.")
    package static let memoryPoolAvailable = MetricDefinition(
        "kafka_network_socketserver_memorypoolavailable", .gauge,
        "Bytes of further requests before clients are not read any more.")

    static let networkTable: [MetricDefinition] = [
        connections, connectionsCreated, connectionsClosed, connectionsRefused, framesRefused,
        readsPaused, memoryPoolUsed, memoryPoolAvailable,
    ]
}
