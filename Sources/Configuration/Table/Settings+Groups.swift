extension Settings {
    /// The group coordinator.
    static let groupCoordinator: [Setting] = [
        .boolean(
            "errors.deadletterqueue.auto.create.topics.enable", false, update: .clusterWide,
            "Errors deadletterqueue auto create topics enable."),
        .string(
            "errors.deadletterqueue.topic.name.prefix", "dlq.", update: .clusterWide, "KIP-1191."),
        .int(
            "group.consumer.assignment.interval.ms", 1000, valid: .atLeast(0), update: .clusterWide,
            "Group consumer assignment interval in milliseconds."),
        .boolean(
            "group.consumer.assignor.offload.enable", true, update: .clusterWide, isInternal: true,
            "Group consumer assignor offload enable."),
        .list("group.consumer.assignors", "uniform,range", "First is the default."),
        .int(
            "group.consumer.heartbeat.interval.ms", 5000, valid: .atLeast(1),
            "Group consumer heartbeat interval in milliseconds."),
        .int(
            "group.consumer.max.assignment.interval.ms", 15_000, valid: .atLeast(0),
            "Group consumer max assignment interval in milliseconds."),
        .int(
            "group.consumer.max.heartbeat.interval.ms", 15_000, valid: .atLeast(1),
            "Group consumer max heartbeat interval in milliseconds."),
        .int(
            "group.consumer.max.session.timeout.ms", 60_000, valid: .atLeast(1),
            "Group consumer max session timeout in milliseconds."),
        .int("group.consumer.max.size", .max, valid: .atLeast(1), "Group consumer max size."),
        .string(
            "group.consumer.migration.policy", "bidirectional",
            "Online switch classic <-> consumer."),
        .int(
            "group.consumer.min.assignment.interval.ms", 0, valid: .atLeast(0),
            "Group consumer min assignment interval in milliseconds."),
        .int(
            "group.consumer.min.heartbeat.interval.ms", 5000, valid: .atLeast(1),
            "Group consumer min heartbeat interval in milliseconds."),
        .int(
            "group.consumer.min.session.timeout.ms", 45_000, valid: .atLeast(1),
            "Group consumer min session timeout in milliseconds."),
        .int(
            "group.consumer.regex.refresh.interval.ms", 600_000, valid: .atLeast(10_000),
            isInternal: true,
            "Group consumer regex refresh interval in milliseconds."),
        .int(
            "group.consumer.session.timeout.ms", 45_000, valid: .atLeast(1),
            "Group consumer session timeout in milliseconds."),
        .int(
            "group.coordinator.append.linger.ms", -1, valid: .atLeast(-1),
            "Batching of coordinator writes; -1 = adaptive."),
        .int(
            "group.coordinator.background.threads", 2, valid: .atLeast(1),
            "Group coordinator background threads."),
        .int(
            "group.coordinator.cached.buffer.max.bytes", 1_048_588, valid: .atLeast(524_288),
            update: .clusterWide,
            "Group coordinator cached buffer max bytes."),
        .list(
            "group.coordinator.rebalance.protocols", "classic,consumer,streams",
            valid: .listOf(["consumer", "classic", "share", "streams"]),
            "Deprecated in 4.3; feature levels decide."),
        .int("group.coordinator.threads", 4, valid: .atLeast(1), "Group coordinator threads."),
        .int("group.initial.rebalance.delay.ms", 3000, "First rebalance of an empty group waits."),
        .int(
            "group.max.session.timeout.ms", 1_800_000, "Group max session timeout in milliseconds."),
        .int("group.max.size", .max, valid: .atLeast(1), "Group max size."),
        .int("group.min.session.timeout.ms", 6000, "Group min session timeout in milliseconds."),
        .int(
            "group.share.assignment.interval.ms", 1000, valid: .atLeast(0), update: .clusterWide,
            "Group share assignment interval in milliseconds."),
        .boolean(
            "group.share.assignor.offload.enable", true, update: .clusterWide, isInternal: true,
            "Group share assignor offload enable."),
        .list("group.share.assignors", "simple", "Group share assignors."),
        .int(
            "group.share.heartbeat.interval.ms", 5000, valid: .atLeast(1),
            "Group share heartbeat interval in milliseconds."),
        .int(
            "group.share.initialize.retry.interval.ms", 30_000, valid: .atLeast(1),
            isInternal: true,
            "Group share initialize retry interval in milliseconds."),
        .int(
            "group.share.max.assignment.interval.ms", 15_000, valid: .atLeast(0),
            "Group share max assignment interval in milliseconds."),
        .int(
            "group.share.max.heartbeat.interval.ms", 15_000, valid: .atLeast(1),
            "Group share max heartbeat interval in milliseconds."),
        .int(
            "group.share.max.session.timeout.ms", 60_000, valid: .atLeast(1),
            "Group share max session timeout in milliseconds."),
        .int("group.share.max.size", 200, valid: .within(1...1000), "Group share max size."),
        .int(
            "group.share.min.assignment.interval.ms", 0, valid: .atLeast(0),
            "Group share min assignment interval in milliseconds."),
        .int(
            "group.share.min.heartbeat.interval.ms", 5000, valid: .atLeast(1),
            "Group share min heartbeat interval in milliseconds."),
        .int(
            "group.share.min.session.timeout.ms", 45_000, valid: .atLeast(1),
            "Group share min session timeout in milliseconds."),
        .int(
            "group.share.session.timeout.ms", 45_000, valid: .atLeast(1),
            "Group share session timeout in milliseconds."),
        .long(
            "group.streams.acceptable.recovery.lag", 10_000, valid: .atLeast(0), isInternal: true,
            "Group streams acceptable recovery lag."),
        .int(
            "group.streams.assignment.interval.ms", 1000, valid: .atLeast(0), update: .clusterWide,
            "Group streams assignment interval in milliseconds."),
        .boolean(
            "group.streams.assignor.offload.enable", true, update: .clusterWide, isInternal: true,
            "Group streams assignor offload enable."),
        .list("group.streams.assignors", "sticky", "Group streams assignors."),
        .int(
            "group.streams.heartbeat.interval.ms", 5000, valid: .atLeast(1),
            "Group streams heartbeat interval in milliseconds."),
        .int(
            "group.streams.initial.rebalance.delay.ms", 3000, valid: .atLeast(0),
            "Group streams initial rebalance delay in milliseconds."),
        .int(
            "group.streams.max.assignment.interval.ms", 15_000, valid: .atLeast(0),
            "Group streams max assignment interval in milliseconds."),
        .int(
            "group.streams.max.heartbeat.interval.ms", 15_000, valid: .atLeast(1),
            "Group streams max heartbeat interval in milliseconds."),
        .int(
            "group.streams.max.session.timeout.ms", 60_000, valid: .atLeast(1),
            "Group streams max session timeout in milliseconds."),
        .int("group.streams.max.size", .max, valid: .atLeast(1), "Group streams max size."),
        .int(
            "group.streams.max.standby.replicas", 2, valid: .atLeast(0),
            "Group streams max standby replicas."),
        .int(
            "group.streams.max.warmup.replicas", 20, valid: .atLeast(0), isInternal: true,
            "Group streams max warmup replicas."),
        .int(
            "group.streams.min.assignment.interval.ms", 0, valid: .atLeast(0),
            "Group streams min assignment interval in milliseconds."),
        .int(
            "group.streams.min.heartbeat.interval.ms", 5000, valid: .atLeast(1),
            "Group streams min heartbeat interval in milliseconds."),
        .int(
            "group.streams.min.session.timeout.ms", 45_000, valid: .atLeast(1),
            "Group streams min session timeout in milliseconds."),
        .int(
            "group.streams.min.task.offset.interval.ms", 15_000, valid: .atLeast(1),
            isInternal: true,
            "Group streams min task offset interval in milliseconds."),
        .int(
            "group.streams.num.standby.replicas", 0, valid: .atLeast(0),
            "Group streams num standby replicas."),
        .int(
            "group.streams.num.warmup.replicas", 2, valid: .atLeast(0), isInternal: true,
            "Group streams num warmup replicas."),
        .list(
            "group.streams.rack.aware.assignment.tags", "",
            "Group streams rack aware assignment tags."),
        .int(
            "group.streams.session.timeout.ms", 45_000, valid: .atLeast(1),
            "Group streams session timeout in milliseconds."),
        .int(
            "group.streams.task.offset.interval.ms", 60_000, valid: .atLeast(1), isInternal: true,
            "Group streams task offset interval in milliseconds."),
        .className(
            "group.streams.topology.description.plugin.class", nil,
            "Group streams topology description plugin class."),
        .int("offset.metadata.max.bytes", 4096, "Offset metadata max bytes."),
        .int(
            "offsets.commit.timeout.ms", 5000, valid: .atLeast(1),
            "Offsets commit timeout in milliseconds."),
        .int(
            "offsets.load.buffer.size", 5_242_880, valid: .atLeast(1), "Offsets load buffer size."),
        .long(
            "offsets.retention.check.interval.ms", 600_000, valid: .atLeast(1),
            "Offsets retention check interval in milliseconds."),
        .int(
            "offsets.retention.minutes", 10_080, valid: .atLeast(1),
            "7 days after the group is empty."),
        .int("offsets.topic.compression.codec", 0, "Codec id."),
        .int(
            "offsets.topic.num.partitions", 50, valid: .atLeast(1), "Offsets topic num partitions."),
        .short(
            "offsets.topic.replication.factor", 3, valid: .atLeast(1),
            "Offsets topic replication factor."),
        .int(
            "offsets.topic.segment.bytes", 104_857_600, valid: .atLeast(1),
            "Offsets topic segment bytes."),
    ]
}
