extension Settings {
    /// The log cleaner.
    static let cleaner: [Setting] = [
        .long(
            "log.cleaner.backoff.ms", 15_000, valid: .atLeast(0), update: .clusterWide,
            "Pause of a cleaner that finds nothing to do."),
        .long(
            "log.cleaner.dedupe.buffer.size", 134_217_728, update: .clusterWide,
            "Memory for the cleaners' maps of keys."),
        .long(
            "log.cleaner.delete.retention.ms", 86_400_000, valid: .atLeast(0), update: .clusterWide,
            "How long a compacted log keeps its tombstones."),
        .boolean("log.cleaner.enable", true, "Whether logs are compacted."),
        .double(
            "log.cleaner.io.buffer.load.factor", 0.9, update: .clusterWide,
            "How full a cleaner's map of keys may become."),
        .int(
            "log.cleaner.io.buffer.size", 524_288, valid: .atLeast(0), update: .clusterWide,
            "Memory for the cleaners' reading and writing."),
        .double(
            "log.cleaner.io.max.bytes.per.second", .greatestFiniteMagnitude, update: .clusterWide,
            "Bytes a second that cleaners read and write."),
        .long(
            "log.cleaner.max.compaction.lag.ms", .max, valid: .atLeast(1), update: .clusterWide,
            "A record is compacted at the latest after so long."),
        .double(
            "log.cleaner.min.cleanable.ratio", 0.5, valid: .fraction(0...1), update: .clusterWide,
            "Share of a log that must be uncompacted before it is compacted."),
        .long(
            "log.cleaner.min.compaction.lag.ms", 0, valid: .atLeast(0), update: .clusterWide,
            "A record is compacted at the earliest after so long."),
        .int(
            "log.cleaner.threads", 1, valid: .atLeast(0), update: .clusterWide,
            "Cleaners at work at once."),
    ]
}
