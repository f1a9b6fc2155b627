extension Settings {
    /// What can be set on a group.
    static let groupTable: [Setting] = [
        .int(
            "consumer.assignment.interval.ms", 1000, valid: .atLeast(0),
            "Least time between two assignments of a consumer group."),
        .boolean(
            "consumer.assignor.offload.enable", true, isInternal: true,
            "Whether assignments are computed off the coordinator's thread."),
        .int(
            "consumer.heartbeat.interval.ms", 5000, valid: .atLeast(1),
            "How often members of a consumer group send heartbeats."),
        .int(
            "consumer.session.timeout.ms", 45_000, valid: .atLeast(1),
            "A member without heartbeat for so long leaves its consumer group."),
        .boolean(
            "errors.deadletterqueue.copy.record.enable", false,
            "Whether a dead letter holds the record itself."),
        .string("errors.deadletterqueue.topic.name", "", "Where a share group's dead letters go."),
        .int(
            "share.assignment.interval.ms", 1000, valid: .atLeast(0),
            "Least time between two assignments of a share group."),
        .boolean(
            "share.assignor.offload.enable", true, isInternal: true,
            "Whether assignments are computed off the coordinator's thread."),
        .string(
            "share.auto.offset.reset", "latest", valid: .offsetReset,
            "Where a share group begins: latest, earliest or by_duration:…."),
        .int(
            "share.delivery.count.limit", 5, valid: .atLeast(2),
            "Deliveries of a record before it is given up."),
        .int(
            "share.heartbeat.interval.ms", 5000, valid: .atLeast(1),
            "How often members of a share group send heartbeats."),
        .string(
            "share.isolation.level", "read_uncommitted",
            valid: .oneOf(["read_committed", "read_uncommitted"]),
            "Whether a share group sees records of open transactions."),
        .int(
            "share.partition.max.record.locks", 2000, valid: .atLeast(100),
            "Records of a partition that may be in delivery."),
        .int(
            "share.record.lock.duration.ms", 30_000, valid: .atLeast(1000),
            "A record not acknowledged for so long is delivered anew."),
        .boolean(
            "share.renew.acknowledge.enable", true, "Whether members may hold a record longer."),
        .int(
            "share.session.timeout.ms", 45_000, valid: .atLeast(1),
            "A member without heartbeat for so long leaves its share group."),
        .long(
            "streams.acceptable.recovery.lag", 10_000, valid: .atLeast(0), isInternal: true,
            "Lag up to which a standby counts as caught up."),
        .int(
            "streams.assignment.interval.ms", 1000, valid: .atLeast(0),
            "Least time between two assignments of a streams group."),
        .string("streams.assignor.name", nil, "Assignor of a streams group."),
        .boolean(
            "streams.assignor.offload.enable", true, isInternal: true,
            "Whether assignments are computed off the coordinator's thread."),
        .int(
            "streams.heartbeat.interval.ms", 5000, valid: .atLeast(1),
            "How often members of a streams group send heartbeats."),
        .int(
            "streams.initial.rebalance.delay.ms", 3000, valid: .atLeast(0),
            "How long the first assignment of a streams group waits for more members."),
        .int("streams.num.standby.replicas", 0, valid: .atLeast(0), "Standby copies of each task."),
        .int(
            "streams.num.warmup.replicas", 2, valid: .atLeast(0), isInternal: true,
            "Copies of tasks that may warm up at once."),
        .list(
            "streams.rack.aware.assignment.tags", "", "Client tags by which standbys are spread."),
        .int(
            "streams.session.timeout.ms", 45_000, valid: .atLeast(1),
            "A member without heartbeat for so long leaves its streams group."),
        .int(
            "streams.task.offset.interval.ms", 60_000, valid: .atLeast(1), isInternal: true,
            "How often members tell their tasks' offsets."),
    ]
}
