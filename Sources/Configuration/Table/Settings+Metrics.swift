extension Settings {
    /// Metrics and client telemetry.
    static let metrics: [Setting] = [
        .int(
            "kafka.metrics.polling.interval.secs", 10, valid: .atLeast(1),
            "Kafka metrics polling interval secs."),
        .list("kafka.metrics.reporters", "", "Kafka metrics reporters."),
        .list(
            "metric.reporters", "org.apache.kafka.common.metrics.JmxReporter", update: .clusterWide,
            "Metric reporters."),
        .int("metrics.num.samples", 2, valid: .atLeast(1), "Metrics num samples."),
        .string("metrics.recording.level", "INFO", "INFO, DEBUG, TRACE."),
        .long(
            "metrics.sample.window.ms", 30_000, valid: .atLeast(1),
            "Metrics sample window in milliseconds."),
        .int("telemetry.max.bytes", 1_048_576, valid: .atLeast(1), "Of a pushed payload."),
    ]
}
