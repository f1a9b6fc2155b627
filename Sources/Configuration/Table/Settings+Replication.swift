extension Settings {
    /// Replication and leadership.
    static let replication: [Setting] = [
        .boolean("auto.leader.rebalance.enable", true, "Auto leader rebalance enable."),
        .int("controller.socket.timeout.ms", 30_000, "Controller socket timeout in milliseconds."),
        .int("default.replication.factor", 1, "Default replication factor."),
        .int(
            "delete.records.purgatory.purge.interval.requests", 1,
            "Delete records purgatory purge interval requests."),
        .int(
            "fetch.purgatory.purge.interval.requests", 1000,
            "Fetch purgatory purge interval requests."),
        .boolean(
            "follower.fetch.last.tiered.offset.enable", false, update: .clusterWide,
            "Follower fetch last tiered offset enable."),
        .string("inter.broker.listener.name", nil, "Inter broker listener name."),
        .long(
            "leader.imbalance.check.interval.seconds", 300, valid: .atLeast(1),
            "Preferred-leader check."),
        .int(
            "num.replica.fetchers", 1, valid: .atLeast(1), update: .clusterWide,
            "Per source broker."),
        .int(
            "producer.purgatory.purge.interval.requests", 1000,
            "Producer purgatory purge interval requests."),
        .int(
            "replica.fetch.backoff.ms", 1000, valid: .atLeast(0),
            "Replica fetch backoff in milliseconds."),
        .int("replica.fetch.max.bytes", 1_048_576, valid: .atLeast(0), "Per partition, soft."),
        .int("replica.fetch.min.bytes", 1, "Replica fetch min bytes."),
        .int(
            "replica.fetch.response.max.bytes", 10_485_760, valid: .atLeast(0),
            "Replica fetch response max bytes."),
        .int("replica.fetch.wait.max.ms", 500, "Replica fetch wait max in milliseconds."),
        .long(
            "replica.high.watermark.checkpoint.interval.ms", 5000, "Replication-offset-checkpoint."),
        .long(
            "replica.lag.time.max.ms", 30_000, "Follower not caught up for so long leaves the ISR."),
        .string("replica.selector.class", nil, "KIP-392."),
        .int("replica.socket.receive.buffer.bytes", 65_536, "Replica socket receive buffer bytes."),
        .int("replica.socket.timeout.ms", 30_000, "Replica socket timeout in milliseconds."),
        .string(
            "security.inter.broker.protocol", "PLAINTEXT",
            valid: .oneOf(["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]),
            "Alternative to the listener name."),
        .boolean(
            "unclean.leader.election.enable", false, update: .clusterWide,
            "Unclean leader election enable."),
        .long(
            "unclean.leader.election.interval.ms", 300_000, valid: .atLeast(1), isInternal: true,
            "How often leaderless partitions are retried uncleanly."),
    ]
}
