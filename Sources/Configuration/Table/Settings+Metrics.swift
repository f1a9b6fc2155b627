extension Settings {
    /// Metrics and client telemetry.
    static let metrics: [Setting] = [
        .int(
            "kafka.metrics.polling.interval.secs", 10, valid: .atLeast(1),
            "How often metrics reporters of the old kind are called."),
        .list("kafka.metrics.reporters", "", "Metrics reporters of the old kind."),
        .list(
            "metric.reporters", "org.apache.kafka.common.metrics.JmxReporter", update: .clusterWide,
            "Classes that report metrics."),
        .int(
            "metrics.num.samples", 2, valid: .atLeast(1), "Windows over which a metric is measured."
        ),
        .string("metrics.recording.level", "INFO", "Which metrics are kept: INFO, DEBUG or TRACE."),
        .long("metrics.sample.window.ms", 30_000, valid: .atLeast(1), "Length of such a window."),
        .int(
            "telemetry.max.bytes", 1_048_576, valid: .atLeast(1),
            "Largest payload of metrics that a client may push."),
    ]
}
