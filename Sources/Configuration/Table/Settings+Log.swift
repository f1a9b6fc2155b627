extension Settings {
    /// Log storage: defaults of the topic settings, and what is the broker's own.
    static let log: [Setting] = [
        .className("alter.config.policy.class.name", nil, "Alter config policy class name."),
        .boolean("auto.create.topics.enable", true, "Create on metadata request."),
        .list(
            "cordoned.log.dirs", "", update: .perBroker,
            "Directories that get no new replicas (KIP-1066); * all."),
        .className("create.topic.policy.class.name", nil, "Create topic policy class name."),
        .list(
            "log.cleanup.policy", "delete", valid: .listOf(["compact", "delete"], mayBeEmpty: true),
            update: .clusterWide,
            "Delete, compact, both, or (4.x) an empty list = keep all."),
        .list("log.dir", "/tmp/kafka-logs", "Used when log.dirs is unset."),
        .long(
            "log.dir.failure.timeout.ms", 30_000, valid: .atLeast(1),
            "Broker exits if a failed directory cannot be reported in this time."),
        .list("log.dirs", nil, synonyms: ["log.dir"], "Data directories."),
        .boolean(
            "log.flush.before.ack", true, update: .clusterWide,
            "Martlet's own: acks=all answers only when the record is on disk at every in-sync replica."),
        .long(
            "log.flush.interval.messages", .max, valid: .atLeast(1), update: .clusterWide,
            "Log flush interval messages."),
        .long(
            "log.flush.interval.ms", nil, synonyms: ["log.flush.scheduler.interval.ms"],
            update: .clusterWide,
            "Log flush interval in milliseconds."),
        .int(
            "log.flush.offset.checkpoint.interval.ms", 60_000, valid: .atLeast(0),
            "Recovery-point-offset-checkpoint."),
        .long(
            "log.flush.scheduler.interval.ms", .max, "Log flush scheduler interval in milliseconds."),
        .long(
            "log.flush.stall.ms", 5_000, valid: .atLeast(1),
            "Martlet's own: a sync that lasts longer takes its log directory offline."),
        .int(
            "log.flush.start.offset.checkpoint.interval.ms", 60_000, valid: .atLeast(0),
            "Log-start-offset-checkpoint."),
        .int(
            "log.index.interval.bytes", 4096, valid: .atLeast(0), update: .clusterWide,
            "Log index interval bytes."),
        .int(
            "log.index.size.max.bytes", 10_485_760, valid: .atLeast(4), update: .clusterWide,
            "Log index size max bytes."),
        .long(
            "log.initial.task.delay.ms", 30_000, valid: .atLeast(0), isInternal: true,
            "Log initial task delay in milliseconds."),
        .long(
            "log.message.timestamp.after.max.ms", 3_600_000, valid: .atLeast(0),
            update: .clusterWide,
            "Reject create times too far ahead (1 h)."),
        .long(
            "log.message.timestamp.before.max.ms", .max, valid: .atLeast(0), update: .clusterWide,
            "Reject older create times."),
        .string(
            "log.message.timestamp.type", "CreateTime",
            valid: .oneOf(["CreateTime", "LogAppendTime"]), update: .clusterWide,
            "CreateTime or LogAppendTime."),
        .boolean("log.preallocate", false, update: .clusterWide, "Log preallocate."),
        .long("log.retention.bytes", -1, update: .clusterWide, "Per partition, -1 no limit."),
        .long(
            "log.retention.check.interval.ms", 300_000, valid: .atLeast(1),
            "Log retention check interval in milliseconds."),
        .int("log.retention.hours", 168, "Log retention hours."),
        .int("log.retention.minutes", nil, "Log retention minutes."),
        .long(
            "log.retention.ms", nil, synonyms: ["log.retention.minutes", "log.retention.hours"],
            update: .clusterWide,
            "Wins over minutes, hours; -1 for ever."),
        .int("log.roll.hours", 168, valid: .atLeast(1), "Log roll hours."),
        .int("log.roll.jitter.hours", 0, valid: .atLeast(0), "Log roll jitter hours."),
        .long(
            "log.roll.jitter.ms", nil, synonyms: ["log.roll.jitter.hours"], update: .clusterWide,
            "Log roll jitter in milliseconds."),
        .long(
            "log.roll.ms", nil, synonyms: ["log.roll.hours"], update: .clusterWide,
            "Wins over hours."),
        .int(
            "log.segment.bytes", 1_073_741_824, valid: .atLeast(1_048_576), update: .clusterWide,
            "At least 1 MiB."),
        .long(
            "log.segment.delete.delay.ms", 60_000, valid: .atLeast(0), update: .clusterWide,
            "Wait between rename to .deleted and unlink."),
        .int(
            "min.insync.replicas", 1, valid: .atLeast(1), update: .clusterWide,
            "For acks=all; with ELR on it may only be set cluster-wide or per topic."),
        .int("num.partitions", 1, valid: .atLeast(1), "Default for new topics."),
        .int(
            "num.recovery.threads.per.data.dir", 2, valid: .atLeast(1), update: .clusterWide,
            "Num recovery threads per data dir."),
    ]
}
