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

    package static let offlineDirectories = MetricDefinition(
        "kafka_log_logmanager_offlinelogdirectorycount", .gauge,
        "Log directories that failed; their replicas are offline until a restart.")

    package static let remainingLogs = MetricDefinition(
        "kafka_log_logmanager_remaininglogstorecover", .gauge, labels: ["dir"],
        "Logs of a directory that are still to be opened at the start.")
    package static let remainingSegments = MetricDefinition(
        "kafka_log_logmanager_remainingsegmentstorecover", .gauge, labels: ["dir", "threadNum"],
        "Segments that are still to be opened or checked, of the log under way on a thread.")

    static let storageTable: [MetricDefinition] = [
        logSize, flushes, flushedFiles, fullDirectories, offlineDirectories,
        remainingLogs, remainingSegments,
    ]
}
