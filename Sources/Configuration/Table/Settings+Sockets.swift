extension Settings {
    /// Listeners, sockets and threads.
    static let sockets: [Setting] = [
        .list("advertised.listeners", nil, "What clients are told; defaults to listeners."),
        .int(
            "connection.failed.authentication.delay.ms", 100, valid: .atLeast(0),
            "Slows down password guessing."),
        .long("connections.max.idle.ms", 600_000, "Connections max idle in milliseconds."),
        .string(
            "http.listener", "127.0.0.1:9644",
            "Martlet's own: address of metrics, readiness and liveness over HTTP; empty turns them off."),
        .string(
            "listener.security.protocol.map",
            "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT",
            update: .perBroker,
            "Listener name to PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL; CONTROLLER maps to "
                + "PLAINTEXT if unset."),
        .list("listeners", "PLAINTEXT://:9092", update: .perBroker, "NAME://host:port,...."),
        .int(
            "max.connection.creation.rate", .max, valid: .atLeast(0), update: .clusterWide,
            "Connections per second."),
        .int(
            "max.connections", .max, valid: .atLeast(0), update: .clusterWide,
            "Per broker, also per listener with prefix."),
        .int(
            "max.connections.per.ip", .max, valid: .atLeast(0), update: .clusterWide,
            "Max connections per ip."),
        .string("max.connections.per.ip.overrides", "", update: .clusterWide, "Host:n,...."),
        .int("num.network.threads", 3, valid: .atLeast(1), update: .clusterWide, "Per listener."),
        .long("queued.max.request.bytes", -1, "Memory bound for waiting requests, -1 none."),
        .int(
            "queued.max.requests", 500, valid: .atLeast(1),
            "Requests waiting before network threads stop reading."),
        .int("socket.listen.backlog.size", 50, valid: .atLeast(1), "Socket listen backlog size."),
        .int("socket.receive.buffer.bytes", 102_400, "Socket receive buffer bytes."),
        .int("socket.request.max.bytes", 104_857_600, valid: .atLeast(1), "Largest request."),
        .int("socket.send.buffer.bytes", 102_400, "Socket send buffer bytes."),
    ]
}
