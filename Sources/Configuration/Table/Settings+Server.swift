extension Settings {
    /// The server in general.
    static let server: [Setting] = [
        .string(
            "authorizer.class.name", "",
            "Standard authorizer: org.apache.kafka.metadata.authorizer.StandardAuthorizer."),
        .int(
            "background.threads", 10, valid: .atLeast(1), update: .clusterWide,
            "Background threads."),
        .int("broker.id", -1, "Old name of node.id; deprecated in 4.4."),
        .string("broker.rack", nil, "Broker rack."),
        .int(
            "compression.gzip.level", -1, valid: .within(1...9, or: -1), update: .clusterWide,
            "Compression gzip level."),
        .int(
            "compression.lz4.level", 9, valid: .within(1...17), update: .clusterWide,
            "Compression lz4 level."),
        .string(
            "compression.type", "producer",
            valid: .oneOf(["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]),
            update: .clusterWide,
            "Producer = as sent."),
        .int(
            "compression.zstd.level", 3, valid: .within(-131_072...22), update: .clusterWide,
            "Compression zstd level."),
        .list(
            "config.providers", "", update: .clusterWide,
            "${provider:path:key} in values (KIP-297, 421)."),
        .boolean("controlled.shutdown.enable", true, "Controlled shutdown enable."),
        .boolean("delete.topic.enable", true, "Delete topic enable."),
        .list(
            "early.start.listeners", nil,
            "Listeners opened before the authorizer is ready; default: the controller ones."),
        .int("fetch.max.bytes", 57_671_680, valid: .atLeast(1024), "Cap of a fetch answer."),
        .int(
            "max.incremental.fetch.session.cache.slots", 1000, valid: .atLeast(0),
            "Max incremental fetch session cache slots."),
        .int(
            "max.request.partition.size.limit", 2000, valid: .atLeast(1),
            "Partitions per DescribeTopicPartitions page."),
        .int(
            "message.max.bytes", 1_048_588, valid: .atLeast(0), update: .clusterWide,
            "Largest batch."),
        .int("num.io.threads", 8, valid: .atLeast(1), update: .clusterWide, "Request handlers."),
        .int("num.replica.alter.log.dirs.threads", nil, "Num replica alter log dirs threads."),
        .int("request.timeout.ms", 30_000, "Of the broker's own requests."),
        .long(
            "socket.connection.setup.timeout.max.ms", 30_000,
            "Socket connection setup timeout max in milliseconds."),
        .long(
            "socket.connection.setup.timeout.ms", 10_000,
            "Socket connection setup timeout in milliseconds."),
        .boolean(
            "unstable.api.versions.enable", false, isInternal: true, "Unstable api versions enable."),
        .boolean(
            "unstable.feature.versions.enable", false, isInternal: true,
            "Unstable feature versions enable."),
    ]
}
