extension Settings {
    /// Replication and leadership.
    static let replication: [Setting] = [
        .boolean(
            "auto.leader.rebalance.enable", true,
            "Whether leaderships return to the preferred replicas by themselves."),
        .int(
            "controller.socket.timeout.ms", 30_000,
            "How long a controller's request to a broker may take."),
        .int("default.replication.factor", 1, "Replicas of a topic made without saying how many."),
        .int(
            "delete.records.purgatory.purge.interval.requests", 1,
            "Requests between two clean-ups of parked DeleteRecords."),
        .int(
            "fetch.purgatory.purge.interval.requests", 1000,
            "Requests between two clean-ups of parked fetches."),
        .boolean(
            "follower.fetch.last.tiered.offset.enable", false, update: .clusterWide,
            "Whether a new follower skips what tiered storage holds."),
        .string(
            "inter.broker.listener.name", nil, "The listener that brokers use among themselves."),
        .long(
            "leader.imbalance.check.interval.seconds", 300, valid: .atLeast(1),
            "How often leaderships are compared with the preferred replicas."),
        .int(
            "num.replica.fetchers", 1, valid: .atLeast(1), update: .clusterWide,
            "Connections by which a follower fetches from one leader."),
        .int(
            "producer.purgatory.purge.interval.requests", 1000,
            "Requests between two clean-ups of parked produce requests."),
        .int(
            "replica.fetch.backoff.ms", 1000, valid: .atLeast(0),
            "Pause of a fetcher after an error."),
        .int(
            "replica.fetch.max.bytes", 1_048_576, valid: .atLeast(0),
            "Bytes of one partition in a follower's fetch; one batch comes whole even if it "
                + "is larger."),
        .int(
            "replica.fetch.min.bytes", 1,
            "A leader waits for so many bytes before it answers a follower."),
        .int(
            "replica.fetch.response.max.bytes", 10_485_760, valid: .atLeast(0),
            "Bytes of all partitions in a follower's fetch."),
        .int("replica.fetch.wait.max.ms", 500, "A leader lets a follower wait no longer."),
        .long(
            "replica.high.watermark.checkpoint.interval.ms", 5000,
            "How often the high watermarks are written down."),
        .long(
            "replica.lag.time.max.ms", 30_000,
            "A follower that has not caught up for so long leaves the in-sync replicas."),
        .string(
            "replica.selector.class", nil,
            "Class that chooses the replica a consumer reads from; RackAwareReplicaSelector or the leader."
        ),
        .int(
            "replica.socket.receive.buffer.bytes", 65_536,
            "Receive buffer of a fetcher's connection."),
        .int("replica.socket.timeout.ms", 30_000, "How long a fetcher's request may take."),
        .string(
            "security.inter.broker.protocol", "PLAINTEXT",
            valid: .oneOf(["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]),
            "Protocol among brokers, where inter.broker.listener.name is not set."),
        .boolean(
            "unclean.leader.election.enable", false, update: .clusterWide,
            "Whether a replica that is not in sync may lead when no other is left: data may "
                + "be lost."),
        .long(
            "unclean.leader.election.interval.ms", 300_000, valid: .atLeast(1), isInternal: true,
            "How often partitions without leader are offered an unclean election."),
        .long(
            "follower.replication.throttled.rate", .max, valid: .atLeast(0), update: .clusterWide,
            "Bytes a second that throttled followers fetch."),
        .long(
            "leader.replication.throttled.rate", .max, valid: .atLeast(0), update: .clusterWide,
            "Bytes a second that throttled leaders send."),
        .long(
            "replica.alter.log.dirs.io.max.bytes.per.second", .max, valid: .atLeast(0),
            update: .clusterWide, "Bytes a second moved between directories."),
    ]
}
