extension Settings {
    /// The group coordinator.
    static let groupCoordinator: [Setting] = [
        .boolean(
            "errors.deadletterqueue.auto.create.topics.enable", false, update: .clusterWide,
            "Whether dead-letter topics are made when needed."),
        .string(
            "errors.deadletterqueue.topic.name.prefix", "dlq.", update: .clusterWide,
            "What the names of dead-letter topics begin with."),
        .int(
            "group.consumer.assignment.interval.ms", 1000, valid: .atLeast(0), update: .clusterWide,
            "Least time between two assignments of a consumer group."),
        .boolean(
            "group.consumer.assignor.offload.enable", true, update: .clusterWide, isInternal: true,
            "Whether assignments are computed off the coordinator's thread."),
        .int(
            "group.consumer.assignor.offload.min.size", 10_000, valid: .atLeast(0),
            isInternal: true,
            "Members times partitions from which an assignment is computed off the coordinator's "
                + "thread."),
        .list(
            "group.consumer.assignors", "uniform,range",
            "Assignors of consumer groups; the first is the default."),
        .int(
            "group.consumer.heartbeat.interval.ms", 5000, valid: .atLeast(1),
            "How often members of a consumer group send heartbeats."),
        .int(
            "group.consumer.max.assignment.interval.ms", 15_000, valid: .atLeast(0),
            "Most that a group may set as consumer.assignment.interval.ms."),
        .int(
            "group.consumer.max.heartbeat.interval.ms", 15_000, valid: .atLeast(1),
            "Most that a group may set as consumer.heartbeat.interval.ms."),
        .int(
            "group.consumer.max.session.timeout.ms", 60_000, valid: .atLeast(1),
            "Most that a group may set as consumer.session.timeout.ms."),
        .int("group.consumer.max.size", .max, valid: .atLeast(1), "Members of a consumer group."),
        .string(
            "group.consumer.migration.policy", "bidirectional",
            "Whether a group may change between the classic and the consumer protocol while "
                + "it runs."),
        .int(
            "group.consumer.min.assignment.interval.ms", 0, valid: .atLeast(0),
            "Least that a group may set as consumer.assignment.interval.ms."),
        .int(
            "group.consumer.min.heartbeat.interval.ms", 5000, valid: .atLeast(1),
            "Least that a group may set as consumer.heartbeat.interval.ms."),
        .int(
            "group.consumer.min.session.timeout.ms", 45_000, valid: .atLeast(1),
            "Least that a group may set as consumer.session.timeout.ms."),
        .int(
            "group.consumer.regex.refresh.interval.ms", 600_000, valid: .atLeast(10_000),
            isInternal: true,
            "How often subscriptions by pattern are matched anew."),
        .int(
            "group.consumer.session.timeout.ms", 45_000, valid: .atLeast(1),
            "A member without heartbeat for so long leaves its consumer group."),
        .int(
            "group.coordinator.append.linger.ms", -1, valid: .atLeast(-1),
            "How long a coordinator gathers records before one append; -1 lets it decide."),
        .int(
            "group.coordinator.background.threads", 2, valid: .atLeast(1),
            "Threads for coordinators' work behind the scenes."),
        .int(
            "group.coordinator.cached.buffer.max.bytes", 1_048_588, valid: .atLeast(524_288),
            update: .clusterWide,
            "Largest buffer a coordinator keeps for the next append."),
        .list(
            "group.coordinator.rebalance.protocols", "classic,consumer,streams",
            valid: .listOf(["consumer", "classic", "share", "streams"]),
            "Group protocols that are offered."),
        .int(
            "group.coordinator.threads", 4, valid: .atLeast(1), "Threads of the group coordinator."),
        .int(
            "group.initial.rebalance.delay.ms", 3000,
            "How long the first rebalance of an empty group waits for more members."),
        .int(
            "group.max.session.timeout.ms", 1_800_000,
            "Longest session a classic member may ask for."),
        .int("group.max.size", .max, valid: .atLeast(1), "Members of a classic group."),
        .int(
            "group.min.session.timeout.ms", 6000, "Shortest session a classic member may ask for."),
        .int(
            "group.share.assignment.interval.ms", 1000, valid: .atLeast(0), update: .clusterWide,
            "Least time between two assignments of a share group."),
        .boolean(
            "group.share.assignor.offload.enable", true, update: .clusterWide, isInternal: true,
            "Whether assignments are computed off the coordinator's thread."),
        .list("group.share.assignors", "simple", "Assignors of share groups."),
        .int(
            "group.share.heartbeat.interval.ms", 5000, valid: .atLeast(1),
            "How often members of a share group send heartbeats."),
        .int(
            "group.share.initialize.retry.interval.ms", 30_000, valid: .atLeast(1),
            isInternal: true,
            "How often the start of a share group's partitions is tried again."),
        .int(
            "group.share.max.assignment.interval.ms", 15_000, valid: .atLeast(0),
            "Most that a group may set as share.assignment.interval.ms."),
        .int(
            "group.share.max.heartbeat.interval.ms", 15_000, valid: .atLeast(1),
            "Most that a group may set as share.heartbeat.interval.ms."),
        .int(
            "group.share.max.session.timeout.ms", 60_000, valid: .atLeast(1),
            "Most that a group may set as share.session.timeout.ms."),
        .int("group.share.max.size", 200, valid: .within(1...1000), "Members of a share group."),
        .int(
            "group.share.min.assignment.interval.ms", 0, valid: .atLeast(0),
            "Least that a group may set as share.assignment.interval.ms."),
        .int(
            "group.share.min.heartbeat.interval.ms", 5000, valid: .atLeast(1),
            "Least that a group may set as share.heartbeat.interval.ms."),
        .int(
            "group.share.min.session.timeout.ms", 45_000, valid: .atLeast(1),
            "Least that a group may set as share.session.timeout.ms."),
        .int(
            "group.share.session.timeout.ms", 45_000, valid: .atLeast(1),
            "A member without heartbeat for so long leaves its share group."),
        .long(
            "group.streams.acceptable.recovery.lag", 10_000, valid: .atLeast(0), isInternal: true,
            "Lag up to which a standby counts as caught up."),
        .int(
            "group.streams.assignment.interval.ms", 1000, valid: .atLeast(0), update: .clusterWide,
            "Least time between two assignments of a streams group."),
        .boolean(
            "group.streams.assignor.offload.enable", true, update: .clusterWide, isInternal: true,
            "Whether assignments are computed off the coordinator's thread."),
        .list("group.streams.assignors", "sticky", "Assignors of streams groups."),
        .int(
            "group.streams.heartbeat.interval.ms", 5000, valid: .atLeast(1),
            "How often members of a streams group send heartbeats."),
        .int(
            "group.streams.initial.rebalance.delay.ms", 3000, valid: .atLeast(0),
            "How long the first assignment of a streams group waits for more members."),
        .int(
            "group.streams.max.assignment.interval.ms", 15_000, valid: .atLeast(0),
            "Most that a group may set as streams.assignment.interval.ms."),
        .int(
            "group.streams.max.heartbeat.interval.ms", 15_000, valid: .atLeast(1),
            "Most that a group may set as streams.heartbeat.interval.ms."),
        .int(
            "group.streams.max.session.timeout.ms", 60_000, valid: .atLeast(1),
            "Most that a group may set as streams.session.timeout.ms."),
        .int("group.streams.max.size", .max, valid: .atLeast(1), "Members of a streams group."),
        .int(
            "group.streams.max.standby.replicas", 2, valid: .atLeast(0),
            "Most that a group may set as streams.num.standby.replicas."),
        .int(
            "group.streams.max.warmup.replicas", 20, valid: .atLeast(0), isInternal: true,
            "Most that a group may set as streams.num.warmup.replicas."),
        .int(
            "group.streams.min.assignment.interval.ms", 0, valid: .atLeast(0),
            "Least that a group may set as streams.assignment.interval.ms."),
        .int(
            "group.streams.min.heartbeat.interval.ms", 5000, valid: .atLeast(1),
            "Least that a group may set as streams.heartbeat.interval.ms."),
        .int(
            "group.streams.min.session.timeout.ms", 45_000, valid: .atLeast(1),
            "Least that a group may set as streams.session.timeout.ms."),
        .int(
            "group.streams.min.task.offset.interval.ms", 15_000, valid: .atLeast(1),
            isInternal: true,
            "Least that a group may set as streams.task.offset.interval.ms."),
        .int(
            "group.streams.num.standby.replicas", 0, valid: .atLeast(0),
            "Standby copies of each task."),
        .int(
            "group.streams.num.warmup.replicas", 2, valid: .atLeast(0), isInternal: true,
            "Copies of tasks that may warm up at once."),
        .list(
            "group.streams.rack.aware.assignment.tags", "",
            "Client tags by which standbys are spread."),
        .int(
            "group.streams.session.timeout.ms", 45_000, valid: .atLeast(1),
            "A member without heartbeat for so long leaves its streams group."),
        .int(
            "group.streams.task.offset.interval.ms", 60_000, valid: .atLeast(1), isInternal: true,
            "How often members tell their tasks' offsets."),
        .className(
            "group.streams.topology.description.plugin.class", nil,
            "Class that receives the topologies of streams groups."),
        .int(
            "offset.metadata.max.bytes", 4096,
            "Bytes of the note that may go with a committed offset."),
        .int(
            "offsets.commit.timeout.ms", 5000, valid: .atLeast(1),
            "How long a commit may wait for its replicas."),
        .int(
            "offsets.load.buffer.size", 5_242_880, valid: .atLeast(1),
            "Bytes read at once when offsets are loaded."),
        .long(
            "offsets.retention.check.interval.ms", 600_000, valid: .atLeast(1),
            "How often old offsets are looked for."),
        .int(
            "offsets.retention.minutes", 10_080, valid: .atLeast(1),
            "How long the offsets of an empty group are kept."),
        .int(
            "offsets.topic.compression.codec", 0,
            "Codec of the offsets topic, by number; 0 for none."),
        .int(
            "offsets.topic.num.partitions", 50, valid: .atLeast(1),
            "Partitions of the offsets topic."),
        .short(
            "offsets.topic.replication.factor", 3, valid: .atLeast(1),
            "Replicas of the offsets topic."),
        .int(
            "offsets.topic.segment.bytes", 104_857_600, valid: .atLeast(1),
            "Size of a segment of the offsets topic."),
    ]
}
