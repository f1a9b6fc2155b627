extension Settings {
    /// The log cleaner.
    static let cleaner: [Setting] = [
        .long(
            "log.cleaner.backoff.ms", 15_000, valid: .atLeast(0), update: .clusterWide,
            "Log cleaner backoff in milliseconds."),
        .long(
            "log.cleaner.dedupe.buffer.size", 134_217_728, update: .clusterWide,
            "Memory of the offset maps."),
        .long(
            "log.cleaner.delete.retention.ms", 86_400_000, valid: .atLeast(0), update: .clusterWide,
            "How long tombstones stay."),
        .boolean("log.cleaner.enable", true, "Deprecated switch."),
        .double(
            "log.cleaner.io.buffer.load.factor", 0.9, update: .clusterWide,
            "Log cleaner io buffer load factor."),
        .int(
            "log.cleaner.io.buffer.size", 524_288, valid: .atLeast(0), update: .clusterWide,
            "Log cleaner io buffer size."),
        .double(
            "log.cleaner.io.max.bytes.per.second", .greatestFiniteMagnitude, update: .clusterWide,
            "Log cleaner io max bytes per second."),
        .long(
            "log.cleaner.max.compaction.lag.ms", .max, valid: .atLeast(1), update: .clusterWide,
            "Log cleaner max compaction lag in milliseconds."),
        .double(
            "log.cleaner.min.cleanable.ratio", 0.5, valid: .fraction(0...1), update: .clusterWide,
            "Log cleaner min cleanable ratio."),
        .long(
            "log.cleaner.min.compaction.lag.ms", 0, valid: .atLeast(0), update: .clusterWide,
            "Log cleaner min compaction lag in milliseconds."),
        .int(
            "log.cleaner.threads", 1, valid: .atLeast(0), update: .clusterWide,
            "Log cleaner threads."),
    ]
}
