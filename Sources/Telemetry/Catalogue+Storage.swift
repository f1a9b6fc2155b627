extension Catalogue {
    package static let logSize = MetricDefinition(
        "kafka_log_log_size", .gauge, labels: ["topic", "partition"],
        "Bytes of a replica.")
    package static let logSegments = MetricDefinition(
        "kafka_log_log_numlogsegments", .gauge, labels: ["topic", "partition"],
        "Segments of a replica.")
    package static let logStartOffset = MetricDefinition(
        "kafka_log_log_logstartoffset", .gauge, labels: ["topic", "partition"],
        "First kept offset of a replica.")
    package static let logEndOffset = MetricDefinition(
        "kafka_log_log_logendoffset", .gauge, labels: ["topic", "partition"],
        "Next offset of a replica.")
    package static let flushes = MetricDefinition(
        "kafka_log_logflushstats_logflushrateandtimems", .summary(scale: 1e-6),
        "Syncs and the milliseconds they took.")
    package static let flushedFiles = MetricDefinition(
        "martlet_flush_files", .summary(scale: 1),
        "Files made durable by one group commit.")
    package static let flushStalls = MetricDefinition(
        "martlet_flush_stalls_total", .counter, labels: ["dir"],
        "Syncs that lasted too long, by directory.")
    package static let offlineDirectories = MetricDefinition(
        "kafka_log_logmanager_offlinelogdirectorycount", .gauge,
        "Log directories that failed.")
    package static let directoryOffline = MetricDefinition(
        "kafka_log_logmanager_logdirectoryoffline", .gauge, labels: ["logDirectory"],
        "1 if the directory failed.")
    package static let logsToRecover = MetricDefinition(
        "kafka_log_logmanager_remaininglogstorecover", .gauge, labels: ["dir"],
        "Logs still to be checked after an unclean stop.")

    static let storageTable: [MetricDefinition] = [
        logSize, logSegments, logStartOffset, logEndOffset, flushes, flushedFiles, flushStalls,
        offlineDirectories, directoryOffline, logsToRecover,
    ]
}
