extension Settings {
    /// What can be set on a topic.
    static let topicTable: [Setting] = [
        .list(
            "cleanup.policy", "delete", valid: .listOf(["compact", "delete"], mayBeEmpty: true),
            broker: "log.cleanup.policy",
            "What happens to old data: delete, compact, both, or nothing where it is empty."),
        .int(
            "compression.gzip.level", -1, valid: .within(1...9, or: -1),
            broker: "compression.gzip.level",
            "Level of gzip; -1 for the library's own."),
        .int(
            "compression.lz4.level", 9, valid: .within(1...17), broker: "compression.lz4.level",
            "Level of lz4."),
        .string(
            "compression.type", "producer",
            valid: .oneOf(["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]),
            broker: "compression.type",
            "Codec batches are stored in; producer leaves them as they came."),
        .int(
            "compression.zstd.level", 3, valid: .within(-131_072...22),
            broker: "compression.zstd.level",
            "Level of zstd."),
        .long(
            "delete.retention.ms", 86_400_000, valid: .atLeast(0),
            broker: "log.cleaner.delete.retention.ms",
            "How long a compacted log keeps its tombstones."),
        .boolean(
            "errors.deadletterqueue.group.enable", false,
            "Whether share groups may use the topic for dead letters."),
        .long(
            "file.delete.delay.ms", 60_000, valid: .atLeast(0),
            broker: "log.segment.delete.delay.ms",
            "Pause between a file's renaming to .deleted and its removal."),
        .boolean(
            "flush.before.ack", true, broker: "log.flush.before.ack",
            "Martlet's own: acks=all answers only when the record is on disk at every in-sync replica."
        ),
        .long(
            "flush.messages", .max, valid: .atLeast(1), broker: "log.flush.interval.messages",
            "A sync is asked for after so many records."),
        .long(
            "flush.ms", .max, valid: .atLeast(0), broker: "log.flush.interval.ms",
            "A sync is asked for after so long."),
        .list(
            "follower.replication.throttled.replicas", "", valid: .throttledReplicas,
            "Followers whose replication is throttled, partition:broker,… or *."),
        .int(
            "index.interval.bytes", 4096, valid: .atLeast(0), broker: "log.index.interval.bytes",
            "Bytes of log between two entries of the offset index."),
        .int(
            "internal.segment.bytes", nil, valid: .atLeast(1), isInternal: true,
            "Size of a segment, for tests."),
        .list(
            "leader.replication.throttled.replicas", "", valid: .throttledReplicas,
            "Leaders whose replication is throttled, partition:broker,… or *."),
        .long(
            "local.retention.bytes", -2, valid: .atLeast(-2), broker: "log.local.retention.bytes",
            "Bytes of a tiered partition kept locally; -2 for as many as retention.bytes says."),
        .long(
            "local.retention.ms", -2, valid: .atLeast(-2), broker: "log.local.retention.ms",
            "Age of a tiered partition's local data; -2 for as much as retention.ms says."),
        .long(
            "max.compaction.lag.ms", .max, valid: .atLeast(1),
            broker: "log.cleaner.max.compaction.lag.ms",
            "A record is compacted at the latest after so long."),
        .int(
            "max.message.bytes", 1_048_588, valid: .atLeast(0), broker: "message.max.bytes",
            "Largest batch."),
        .long(
            "message.timestamp.after.max.ms", 3_600_000, valid: .atLeast(0),
            broker: "log.message.timestamp.after.max.ms",
            "How far ahead of the broker's clock a create time may be."),
        .long(
            "message.timestamp.before.max.ms", .max, valid: .atLeast(0),
            broker: "log.message.timestamp.before.max.ms",
            "How far behind the broker's clock a create time may be."),
        .string(
            "message.timestamp.type", "CreateTime", valid: .oneOf(["CreateTime", "LogAppendTime"]),
            broker: "log.message.timestamp.type",
            "Which time records carry: the producer's or the broker's."),
        .double(
            "min.cleanable.dirty.ratio", 0.5, valid: .fraction(0...1),
            broker: "log.cleaner.min.cleanable.ratio",
            "Share of a log that must be uncompacted before it is compacted."),
        .long(
            "min.compaction.lag.ms", 0, valid: .atLeast(0),
            broker: "log.cleaner.min.compaction.lag.ms",
            "A record is compacted at the earliest after so long."),
        .int(
            "min.insync.replicas", 1, valid: .atLeast(1), broker: "min.insync.replicas",
            "Replicas that must be in sync for acks=all."),
        .boolean(
            "preallocate", false, broker: "log.preallocate",
            "Whether a segment's file is made in full size at once."),
        .long(
            "remote.copy.lag.bytes", -1, valid: .atLeast(-1), broker: "log.remote.copy.lag.bytes",
            "Bytes a segment may be behind before it must be tiered."),
        .long(
            "remote.copy.lag.ms", 0, valid: .atLeast(-1), broker: "log.remote.copy.lag.ms",
            "How long a segment may wait before it must be tiered."),
        .boolean("remote.log.copy.disable", false, "Whether copying to tiered storage has ended."),
        .boolean(
            "remote.log.delete.on.disable", false, "Whether tiered data goes when tiering ends."),
        .boolean("remote.storage.enable", false, "Whether the topic is tiered."),
        .long(
            "retention.bytes", -1, broker: "log.retention.bytes",
            "Bytes of a partition kept; -1 for all."),
        .long(
            "retention.ms", 604_800_000, valid: .atLeast(-1), broker: "log.retention.ms",
            "Age of data kept; -1 for ever."),
        .int(
            "segment.bytes", 1_073_741_824, valid: .atLeast(1_048_576), broker: "log.segment.bytes",
            "Size at which a segment is closed."),
        .int(
            "segment.index.bytes", 10_485_760, valid: .atLeast(4),
            broker: "log.index.size.max.bytes",
            "Largest offset index of a segment."),
        .long(
            "segment.jitter.ms", 0, valid: .atLeast(0), broker: "log.roll.jitter.ms",
            "Random part of a segment's age, so that partitions do not roll at once."),
        .long(
            "segment.ms", 604_800_000, valid: .atLeast(1), broker: "log.roll.ms",
            "Age at which a segment is closed."),
        .boolean(
            "unclean.leader.election.enable", false, broker: "unclean.leader.election.enable",
            "Whether a replica that is not in sync may lead when no other is left: data may "
                + "be lost."),
    ]
}
