extension Settings {
    /// What can be set on a group.
    static let groupTable: [Setting] = [
        .int(
            "consumer.assignment.interval.ms", 1000, valid: .atLeast(0),
            "Consumer assignment interval in milliseconds."),
        .boolean(
            "consumer.assignor.offload.enable", true, isInternal: true,
            "Consumer assignor offload enable."),
        .int(
            "consumer.heartbeat.interval.ms", 5000, valid: .atLeast(1),
            "Consumer heartbeat interval in milliseconds."),
        .int(
            "consumer.session.timeout.ms", 45_000, valid: .atLeast(1),
            "Consumer session timeout in milliseconds."),
        .boolean(
            "errors.deadletterqueue.copy.record.enable", false,
            "Errors deadletterqueue copy record enable."),
        .string("errors.deadletterqueue.topic.name", "", "Errors deadletterqueue topic name."),
        .int(
            "share.assignment.interval.ms", 1000, valid: .atLeast(0),
            "Share assignment interval in milliseconds."),
        .boolean(
            "share.assignor.offload.enable", true, isInternal: true,
            "Share assignor offload enable."),
        .string(
            "share.auto.offset.reset", "latest", valid: .offsetReset, "Share auto offset reset."),
        .int("share.delivery.count.limit", 5, valid: .atLeast(2), "Share delivery count limit."),
        .int(
            "share.heartbeat.interval.ms", 5000, valid: .atLeast(1),
            "Share heartbeat interval in milliseconds."),
        .string(
            "share.isolation.level", "read_uncommitted",
            valid: .oneOf(["read_committed", "read_uncommitted"]),
            "Share isolation level."),
        .int(
            "share.partition.max.record.locks", 2000, valid: .atLeast(100),
            "Share partition max record locks."),
        .int(
            "share.record.lock.duration.ms", 30_000, valid: .atLeast(1000),
            "Share record lock duration in milliseconds."),
        .boolean("share.renew.acknowledge.enable", true, "Share renew acknowledge enable."),
        .int(
            "share.session.timeout.ms", 45_000, valid: .atLeast(1),
            "Share session timeout in milliseconds."),
        .long(
            "streams.acceptable.recovery.lag", 10_000, valid: .atLeast(0), isInternal: true,
            "Streams acceptable recovery lag."),
        .int(
            "streams.assignment.interval.ms", 1000, valid: .atLeast(0),
            "Streams assignment interval in milliseconds."),
        .string("streams.assignor.name", nil, "Streams assignor name."),
        .boolean(
            "streams.assignor.offload.enable", true, isInternal: true,
            "Streams assignor offload enable."),
        .int(
            "streams.heartbeat.interval.ms", 5000, valid: .atLeast(1),
            "Streams heartbeat interval in milliseconds."),
        .int(
            "streams.initial.rebalance.delay.ms", 3000, valid: .atLeast(0),
            "Streams initial rebalance delay in milliseconds."),
        .int(
            "streams.num.standby.replicas", 0, valid: .atLeast(0), "Streams num standby replicas."),
        .int(
            "streams.num.warmup.replicas", 2, valid: .atLeast(0), isInternal: true,
            "Streams num warmup replicas."),
        .list("streams.rack.aware.assignment.tags", "", "Streams rack aware assignment tags."),
        .int(
            "streams.session.timeout.ms", 45_000, valid: .atLeast(1),
            "Streams session timeout in milliseconds."),
        .int(
            "streams.task.offset.interval.ms", 60_000, valid: .atLeast(1), isInternal: true,
            "Streams task offset interval in milliseconds."),
    ]
}
