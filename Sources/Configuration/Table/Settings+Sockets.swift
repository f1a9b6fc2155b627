extension Settings {
    /// Listeners, sockets and threads.
    static let sockets: [Setting] = [
        .list(
            "advertised.listeners", nil,
            "What clients and brokers are told to connect to; else what listeners says."),
        .int(
            "connection.failed.authentication.delay.ms", 100, valid: .atLeast(0),
            "Pause before a connection that failed to authenticate is closed: it slows down "
                + "guessing."),
        .long(
            "connections.max.idle.ms", 600_000,
            "A connection on which nothing moved for so long is closed."),
        .string(
            "http.listener", "127.0.0.1:9644",
            "Martlet's own: address of metrics, readiness and liveness over HTTP; empty turns them off."
        ),
        .string(
            "listener.security.protocol.map",
            "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT",
            update: .perBroker,
            "Protocol of each listener: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL."),
        .list(
            "listeners", "PLAINTEXT://:9092", update: .perBroker,
            "Where this node listens, NAME://host:port,…; an empty host means all addresses."),
        .int(
            "max.connection.creation.rate", .max, valid: .atLeast(0), update: .clusterWide,
            "New connections a second."),
        .int(
            "max.connections", .max, valid: .atLeast(0), update: .clusterWide,
            "Connections of a broker; with a listener's prefix, of that listener."),
        .int(
            "max.connections.per.ip", .max, valid: .atLeast(0), update: .clusterWide,
            "Connections from one address."),
        .string(
            "max.connections.per.ip.overrides", "", update: .clusterWide,
            "Exceptions to max.connections.per.ip, host:count,…."),
        .int(
            "num.network.threads", 3, valid: .atLeast(1), update: .clusterWide,
            "Kafka's network threads. Accepted; Martlet's loops are as many as there are "
                + "processors."),
        .long(
            "queued.max.request.bytes", -1,
            "Bytes of clients' requests in memory, beyond which they are not read; -1 for 256 MiB."),
        .int(
            "queued.max.requests", 500, valid: .atLeast(1),
            "Kafka's queue between network and request threads. Accepted; Martlet has no such queue, "
                + "and limits each connection to 256 requests."),
        .int(
            "socket.listen.backlog.size", 4096, valid: .atLeast(1),
            "Connections the kernel holds before they are accepted."),
        .int(
            "socket.receive.buffer.bytes", 102_400,
            "Receive buffer of a connection; -1 for the kernel's choice."),
        .int(
            "socket.request.max.bytes", 104_857_600, valid: .atLeast(1),
            "Largest request; a longer one closes the connection."),
        .int(
            "socket.send.buffer.bytes", -1,
            "Send buffer of a connection; -1 for the kernel's choice, which grows with what the peer "
                + "takes."),
    ]
}
