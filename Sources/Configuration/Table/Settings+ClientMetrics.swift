extension Settings {
    /// What can be set on a subscription to client metrics (KIP-714).
    static let clientMetricsTable: [Setting] = [
        .int("interval.ms", 300_000, "How often a client pushes its metrics."),
        .list("match", "", "Which clients push, key=regex,…."),
        .list("metrics", "", "Prefixes of the metrics that are pushed; * for all."),
    ]
}
