extension Settings {
    /// What can be set on a subscription to client metrics (KIP-714).
    static let clientMetricsTable: [Setting] = [
        .int("interval.ms", 300_000, "Push interval."),
        .list(
            "match", "",
            "Key=regex selectors: client_instance_id, client_id, client_software_name, "
                + "client_software_version, client_source_address, client_source_port."),
        .list("metrics", "", "Metric name prefixes; * all."),
    ]
}
