extension Settings {
    /// The server in general.
    static let server: [Setting] = [
        .string(
            "authorizer.class.name", "",
            "Authorizer; org.apache.kafka.metadata.authorizer.StandardAuthorizer is the "
                + "standard one."),
        .int(
            "background.threads", 10, valid: .atLeast(1), update: .clusterWide,
            "Threads for work behind the scenes."),
        .int("broker.id", -1, "Old name of node.id."),
        .string(
            "broker.rack", nil,
            "Rack or zone of this broker: replicas are spread over racks, and clients may "
                + "read nearby."),
        .int(
            "compression.gzip.level", -1, valid: .within(1...9, or: -1), update: .clusterWide,
            "Level of gzip; -1 for the library's own."),
        .int(
            "compression.lz4.level", 9, valid: .within(1...17), update: .clusterWide,
            "Level of lz4."),
        .string(
            "compression.type", "producer",
            valid: .oneOf(["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]),
            update: .clusterWide,
            "Codec batches are stored in; producer leaves them as they came."),
        .int(
            "compression.zstd.level", 3, valid: .within(-131_072...22), update: .clusterWide,
            "Level of zstd."),
        .list(
            "config.providers", "", update: .clusterWide,
            "Providers of ${provider:path:key} in values."),
        .boolean(
            "controlled.shutdown.enable", true,
            "Whether a broker hands its leaderships over before it stops."),
        .boolean("delete.topic.enable", true, "Whether topics may be deleted."),
        .list(
            "early.start.listeners", nil,
            "Listeners that open before the authorizer is ready; else the controllers'."),
        .int(
            "fetch.max.bytes", 57_671_680, valid: .atLeast(1024),
            "Largest answer to a fetch; one batch is sent whole even if it is larger."),
        .int(
            "max.incremental.fetch.session.cache.slots", 1000, valid: .atLeast(0),
            "Fetch sessions kept at once."),
        .int(
            "max.request.partition.size.limit", 2000, valid: .atLeast(1),
            "Partitions in one answer to DescribeTopicPartitions."),
        .int(
            "message.max.bytes", 1_048_588, valid: .atLeast(0), update: .clusterWide,
            "Largest batch."),
        .int(
            "num.io.threads", 8, valid: .atLeast(1), update: .clusterWide,
            "Kafka's request handlers. Accepted; Martlet's loops handle requests themselves."),
        .int(
            "num.replica.alter.log.dirs.threads", nil,
            "Threads that move replicas between directories."),
        .int(
            "request.timeout.ms", 30_000,
            "How long a request of this broker to another node may take."),
        .long(
            "socket.connection.setup.timeout.max.ms", 30_000,
            "Most of the time allowed to a connection attempt."),
        .long(
            "socket.connection.setup.timeout.ms", 10_000,
            "Time allowed to the first connection attempt."),
        .boolean(
            "unstable.api.versions.enable", false, isInternal: true,
            "Whether versions of requests still in the making are served."),
        .boolean(
            "unstable.feature.versions.enable", false, isInternal: true,
            "Whether feature levels still in the making may be set."),
    ]
}
