extension Settings {
    /// What can be set on a topic.
    static let topicTable: [Setting] = [
        .list(
            "cleanup.policy", "delete", valid: .listOf(["compact", "delete"], mayBeEmpty: true),
            broker: "log.cleanup.policy",
            "Cleanup policy."),
        .int(
            "compression.gzip.level", -1, valid: .within(1...9, or: -1),
            broker: "compression.gzip.level",
            "Compression gzip level."),
        .int(
            "compression.lz4.level", 9, valid: .within(1...17), broker: "compression.lz4.level",
            "Compression lz4 level."),
        .string(
            "compression.type", "producer",
            valid: .oneOf(["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]),
            broker: "compression.type",
            "Producer = as sent."),
        .int(
            "compression.zstd.level", 3, valid: .within(-131_072...22),
            broker: "compression.zstd.level",
            "Compression zstd level."),
        .long(
            "delete.retention.ms", 86_400_000, valid: .atLeast(0),
            broker: "log.cleaner.delete.retention.ms",
            "Delete retention in milliseconds."),
        .boolean("errors.deadletterqueue.group.enable", false, "No broker default."),
        .long(
            "file.delete.delay.ms", 60_000, valid: .atLeast(0),
            broker: "log.segment.delete.delay.ms",
            "File delete delay in milliseconds."),
        .boolean(
            "flush.before.ack", true, broker: "log.flush.before.ack",
            "Martlet's own: acks=all answers only when the record is on disk at every in-sync replica."),
        .long(
            "flush.messages", .max, valid: .atLeast(1), broker: "log.flush.interval.messages",
            "Flush messages."),
        .long(
            "flush.ms", .max, valid: .atLeast(0), broker: "log.flush.interval.ms",
            "Flush in milliseconds."),
        .list(
            "follower.replication.throttled.replicas", "", valid: .throttledReplicas,
            "No broker default."),
        .int(
            "index.interval.bytes", 4096, valid: .atLeast(0), broker: "log.index.interval.bytes",
            "Index interval bytes."),
        .int("internal.segment.bytes", nil, isInternal: true, "No broker default."),
        .list(
            "leader.replication.throttled.replicas", "", valid: .throttledReplicas,
            "No broker default."),
        .long(
            "local.retention.bytes", -2, valid: .atLeast(-2), broker: "log.local.retention.bytes",
            "Local retention bytes."),
        .long(
            "local.retention.ms", -2, valid: .atLeast(-2), broker: "log.local.retention.ms",
            "Local retention in milliseconds."),
        .long(
            "max.compaction.lag.ms", .max, valid: .atLeast(1),
            broker: "log.cleaner.max.compaction.lag.ms",
            "Max compaction lag in milliseconds."),
        .int(
            "max.message.bytes", 1_048_588, valid: .atLeast(0), broker: "message.max.bytes",
            "Max message bytes."),
        .long(
            "message.timestamp.after.max.ms", 3_600_000, valid: .atLeast(0),
            broker: "log.message.timestamp.after.max.ms",
            "Message timestamp after max in milliseconds."),
        .long(
            "message.timestamp.before.max.ms", .max, valid: .atLeast(0),
            broker: "log.message.timestamp.before.max.ms",
            "Message timestamp before max in milliseconds."),
        .string(
            "message.timestamp.type", "CreateTime", valid: .oneOf(["CreateTime", "LogAppendTime"]),
            broker: "log.message.timestamp.type",
            "Message timestamp type."),
        .double(
            "min.cleanable.dirty.ratio", 0.5, valid: .fraction(0...1),
            broker: "log.cleaner.min.cleanable.ratio",
            "Min cleanable dirty ratio."),
        .long(
            "min.compaction.lag.ms", 0, valid: .atLeast(0),
            broker: "log.cleaner.min.compaction.lag.ms",
            "Min compaction lag in milliseconds."),
        .int(
            "min.insync.replicas", 1, valid: .atLeast(1), broker: "min.insync.replicas",
            "For acks=all; with ELR on it may only be set cluster-wide or per topic."),
        .boolean("preallocate", false, broker: "log.preallocate", "Preallocate."),
        .long(
            "remote.copy.lag.bytes", -1, valid: .atLeast(-1), broker: "log.remote.copy.lag.bytes",
            "Remote copy lag bytes."),
        .long(
            "remote.copy.lag.ms", 0, valid: .atLeast(-1), broker: "log.remote.copy.lag.ms",
            "Remote copy lag in milliseconds."),
        .boolean("remote.log.copy.disable", false, "No broker default."),
        .boolean("remote.log.delete.on.disable", false, "No broker default."),
        .boolean("remote.storage.enable", false, "No broker default."),
        .long("retention.bytes", -1, broker: "log.retention.bytes", "Retention bytes."),
        .long(
            "retention.ms", 604_800_000, valid: .atLeast(-1), broker: "log.retention.ms",
            "Retention in milliseconds."),
        .int(
            "segment.bytes", 1_073_741_824, valid: .atLeast(1_048_576), broker: "log.segment.bytes",
            "Segment bytes."),
        .int(
            "segment.index.bytes", 10_485_760, valid: .atLeast(4),
            broker: "log.index.size.max.bytes",
            "Segment index bytes."),
        .long(
            "segment.jitter.ms", 0, valid: .atLeast(0), broker: "log.roll.jitter.ms",
            "Segment jitter in milliseconds."),
        .long(
            "segment.ms", 604_800_000, valid: .atLeast(1), broker: "log.roll.ms",
            "Segment in milliseconds."),
        .boolean(
            "unclean.leader.election.enable", false, broker: "unclean.leader.election.enable",
            "Unclean leader election enable."),
    ]
}
