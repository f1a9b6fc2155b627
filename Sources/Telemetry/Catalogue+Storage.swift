extension Catalogue {
    package static let logSize = MetricDefinition(
        "kafka_log_log_size", .gauge, labels: ["topic", "partition"],
        "Bytes of a replica.")
    package static let flushes = MetricDefinition(
        "kafka_log_logflushstats_logflushrateandtimems", .summary(scale: 1e-6),
        "Syncs and the milliseconds they took.")
    package static let flushedFiles = MetricDefinition(
        "martlet_flush_files", .summary(scale: 1),
        "Files made durable by one group commit.")

    package static let fullDirectories = MetricDefinition(
        "martlet_full_log_directories", .gauge,
        "Log directories that take no appends because their disk is full.")
    package static let maxDirtyPercent = MetricDefinition(
        "kafka_log_logcleanermanager_max_dirty_percent", .maximum,
        "Share of the dirtiest log that was never compacted.")
    package static let uncleanablePartitions = MetricDefinition(
        "kafka_log_logcleanermanager_uncleanable_partitions_count", .gauge,
        "Logs that are not compacted because a batch in them is damaged.")
    package static let maxCompactionDelay = MetricDefinition(
        "kafka_log_logcleaner_max_compaction_delay_secs", .maximum,
        "How long a record has waited beyond max.compaction.lag.ms.")
    package static let cleanerRecopyPercent = MetricDefinition(
        "kafka_log_logcleaner_cleaner_recopy_percent", .maximum,
        "Share of what the last compaction read that it wrote again.")
    package static let maxCleanTime = MetricDefinition(
        "kafka_log_logcleaner_max_clean_time_secs", .maximum,
        "Seconds that the last compaction took.")
    package static let cleanings = MetricDefinition(
        "martlet_log_cleanings", .summary(scale: 1e-6),
        "Compactions of a log and the milliseconds they took.")
    package static let cleanerBytes = MetricDefinition(
        "martlet_log_cleaner_bytes_total", .counter, labels: ["direction"],
        "Bytes that compactions read and wrote.")

    package static let offlineDirectories = MetricDefinition(
        "kafka_log_logmanager_offlinelogdirectorycount", .gauge,
        "Log directories that failed; their replicas are offline until a restart.")

    package static let remainingLogs = MetricDefinition(
        "kafka_log_logmanager_remaininglogstorecover", .gauge, labels: ["dir"],
        "Logs of a directory that are still to be opened at the start.")
    package static let remainingSegments = MetricDefinition(
        "kafka_log_logmanager_remainingsegmentstorecover", .gauge, labels: ["dir", "threadNum"],
        "Segments that are still to be opened or checked, of the log under way on a thread.")

    package static let scrubbedBytes = MetricDefinition(
        "martlet_log_scrubbed_bytes_total", .counter,
        "Bytes of closed segments that were read again to find damage.")
    package static let repairedSegments = MetricDefinition(
        "martlet_log_repaired_segments_total", .counter,
        "Damaged segments that were written anew.")
    package static let damagedSegments = MetricDefinition(
        "martlet_log_damaged_segments", .gauge,
        "Closed segments in which damage was found and could not be repaired so far.")
    package static let differingSegments = MetricDefinition(
        "martlet_log_differing_segments", .gauge,
        "Segments that hold other batches than the leader's, each with its right checksum.")

    static let storageTable: [MetricDefinition] = [
        logSize, flushes, flushedFiles, fullDirectories, offlineDirectories,
        remainingLogs, remainingSegments,
        maxDirtyPercent, uncleanablePartitions, maxCompactionDelay, cleanerRecopyPercent,
        maxCleanTime, cleanings, cleanerBytes,
        scrubbedBytes, repairedSegments, damagedSegments, differingSegments,
    ]
}
