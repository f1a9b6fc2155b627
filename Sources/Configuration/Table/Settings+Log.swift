extension Settings {
    /// Log storage: defaults of the topic settings, and what is the broker's own.
    static let log: [Setting] = [
        .className(
            "alter.config.policy.class.name", nil,
            "Class that may refuse a change of configuration."),
        .boolean(
            "auto.create.topics.enable", true, "Whether a topic that a client asks for is made."),
        .list(
            "cordoned.log.dirs", "", update: .perBroker,
            "Directories that get no new replicas; * for all."),
        .className("create.topic.policy.class.name", nil, "Class that may refuse a new topic."),
        .list(
            "log.cleanup.policy", "delete",
            valid: .listOf(["compact", "delete"], mayBeEmpty: true),
            update: .clusterWide,
            "What happens to old data: delete, compact, both, or nothing where it is empty."),
        .list("log.dir", "/tmp/kafka-logs", "A data directory, used when log.dirs is not set."),
        .long(
            "log.dir.failure.timeout.ms", 30_000, valid: .atLeast(1),
            "A broker that cannot report a failed directory for so long stops."),
        .list("log.dirs", nil, synonyms: ["log.dir"], "Data directories."),
        .boolean(
            "log.flush.before.ack", true, update: .clusterWide,
            "Martlet's own: acks=all answers only when the record is on disk at every in-sync replica."
        ),
        .long(
            "log.flush.interval.messages", .max, valid: .atLeast(1), update: .clusterWide,
            "A sync is asked for after so many records."),
        .long(
            "log.flush.interval.ms", nil, synonyms: ["log.flush.scheduler.interval.ms"],
            update: .clusterWide,
            "A sync is asked for after so long."),
        .int(
            "log.flush.offset.checkpoint.interval.ms", 60_000, valid: .atLeast(0),
            "How often the recovery points are written down."),
        .long(
            "log.flush.scheduler.interval.ms", .max,
            "How often logs are looked through for what to sync."),
        .long(
            "log.flush.stall.ms", 5_000, valid: .atLeast(1),
            "Martlet's own: a sync that lasts longer takes its log directory offline."),
        .int(
            "log.flush.start.offset.checkpoint.interval.ms", 60_000, valid: .atLeast(0),
            "How often the log start offsets are written down."),
        .int(
            "log.index.interval.bytes", 4096, valid: .atLeast(0), update: .clusterWide,
            "Bytes of log between two entries of the offset index."),
        .int(
            "log.index.size.max.bytes", 10_485_760, valid: .atLeast(4), update: .clusterWide,
            "Largest offset index of a segment."),
        .long(
            "log.initial.task.delay.ms", 30_000, valid: .atLeast(0), isInternal: true,
            "Pause between the start and the first pass of log upkeep."),
        .long(
            "log.message.timestamp.after.max.ms", 3_600_000, valid: .atLeast(0),
            update: .clusterWide,
            "How far ahead of the broker's clock a create time may be."),
        .long(
            "log.message.timestamp.before.max.ms", .max, valid: .atLeast(0), update: .clusterWide,
            "How far behind the broker's clock a create time may be."),
        .string(
            "log.message.timestamp.type", "CreateTime",
            valid: .oneOf(["CreateTime", "LogAppendTime"]), update: .clusterWide,
            "Which time records carry: the producer's or the broker's."),
        .boolean(
            "log.preallocate", false, update: .clusterWide,
            "Whether a segment's file is made in full size at once."),
        .long(
            "log.retention.bytes", -1, update: .clusterWide,
            "Bytes of a partition kept; -1 for all."),
        .long(
            "log.retention.check.interval.ms", 300_000, valid: .atLeast(1),
            "How often logs are looked through for what to delete."),
        .int("log.retention.hours", 168, "As log.retention.ms, in hours."),
        .int("log.retention.minutes", nil, "As log.retention.ms, in minutes."),
        .long(
            "log.retention.ms", nil, synonyms: ["log.retention.minutes", "log.retention.hours"],
            update: .clusterWide,
            "Age of data kept; -1 for ever. Wins over log.retention.minutes, and that over "
                + "log.retention.hours."),
        .int("log.roll.hours", 168, valid: .atLeast(1), "As log.roll.ms, in hours."),
        .int("log.roll.jitter.hours", 0, valid: .atLeast(0), "As log.roll.jitter.ms, in hours."),
        .long(
            "log.roll.jitter.ms", nil, synonyms: ["log.roll.jitter.hours"], update: .clusterWide,
            "Random part of a segment's age. Wins over log.roll.jitter.hours."),
        .long(
            "log.roll.ms", nil, synonyms: ["log.roll.hours"], update: .clusterWide,
            "Age at which a segment is closed. Wins over log.roll.hours."),
        .long(
            "log.scrub.interval.ms", 86_400_000, valid: .atLeast(-1), update: .clusterWide,
            "Martlet's own: how often segments are read again to find damage; -1 for never."),
        .double(
            "log.scrub.io.max.bytes.per.second", 10_485_760, update: .clusterWide,
            "Martlet's own: bytes a second that are read for that, here and at leaders."),
        .int(
            "log.segment.bytes", 1_073_741_824, valid: .atLeast(1_048_576), update: .clusterWide,
            "Size at which a segment is closed."),
        .long(
            "log.segment.delete.delay.ms", 60_000, valid: .atLeast(0), update: .clusterWide,
            "Pause between a file's renaming to .deleted and its removal."),
        .int(
            "min.insync.replicas", 1, valid: .atLeast(1), update: .clusterWide,
            "Replicas that must be in sync for acks=all."),
        .int(
            "num.partitions", 1, valid: .atLeast(1),
            "Partitions of a topic made without saying how many."),
        .int(
            "num.recovery.threads.per.data.dir", 2, valid: .atLeast(1), update: .clusterWide,
            "Threads for each directory that check logs at the start."),
    ]
}
