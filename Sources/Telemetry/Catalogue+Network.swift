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
    package static let connectionsIdleClosed = MetricDefinition(
        "kafka_network_socketserver_expiredconnectionskilledcount", .gauge,
        "Connections closed for idleness.")
    package static let connectionsRefused = MetricDefinition(
        "martlet_connections_refused_total", .counter, labels: ["listener", "reason"],
        "Connections refused by a limit.")
    package static let framesRefused = MetricDefinition(
        "martlet_frames_refused_total", .counter, labels: ["listener", "reason"],
        "Frames that were no request of ours.")
    package static let unsentBytesHeld = MetricDefinition(
        "martlet_unsent_bytes", .gauge,
        "Bytes of answers that peers have not taken yet.")
    package static let readsPaused = MetricDefinition(
        "martlet_reads_paused_total", .counter, labels: ["reason"],
        "Times a connection was not read because a limit was reached.")
    package static let memoryPoolUsed = MetricDefinition(
        "kafka_network_socketserver_memorypoolused", .gauge,
        "Bytes of requests in memory.")
    package static let networkIdle = MetricDefinition(
        "kafka_network_socketserver_networkprocessoravgidle_percent", .gauge,
        "Share of time the loops sleep, 0 to 1.")
    package static let handlerIdle = MetricDefinition(
        "kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent", .gauge,
        "Share of time the loops sleep, 0 to 1: loops do a request handler's work too.")
    package static let mailboxPosts = MetricDefinition(
        "martlet_loop_posts_total", .counter, labels: ["loop"],
        "Batches of work handed to a loop by others.")

    static let networkTable: [MetricDefinition] = [
        connections, connectionsCreated, connectionsClosed, connectionsIdleClosed,
        connectionsRefused, framesRefused, unsentBytesHeld, readsPaused, memoryPoolUsed,
        networkIdle, handlerIdle, mailboxPosts,
    ]
}
