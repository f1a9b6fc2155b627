/// One row of the catalogue: what a metric is called, what it means, which labels it may carry.
package struct MetricDefinition: Sendable {
    package enum Kind: Sendable {
        /// Only grows, while the process lives.
        case counter
        /// Goes up and down. Cells of one series, one per loop, are added up.
        case gauge
        /// As a gauge, but of several cells the largest counts: lags.
        case maximum
        /// Count, sum and quantiles of recent values, times `scale`.
        case summary(scale: Double)
    }

    package let name: String
    package let kind: Kind
    /// In the order in which values are given. A series may leave out the last ones.
    package let labels: [String]
    package let help: String

    init(_ name: String, _ kind: Kind, labels: [String] = [], _ help: String) {
        self.name = name
        self.kind = kind
        self.labels = labels
        self.help = help
    }
}

/// What a metric measured, ready to be shown.
package struct MetricSample: Sendable {
    package enum Value: Sendable {
        case integer(Int64)
        case real(Double)
        case summary(HistogramSummary, scale: Double)
    }

    package let metric: MetricDefinition
    /// Values of the definition's first labels.
    package let labels: [String]
    package let value: Value

    /// A sample of a gauge or counter that is computed when somebody asks.
    package init(_ metric: MetricDefinition, _ labels: [String] = [], _ value: Int64) {
        self.init(metric, labels, .integer(value))
    }

    package init(_ metric: MetricDefinition, _ labels: [String] = [], _ value: Value) {
        precondition(labels.count <= metric.labels.count, "\(metric.name) has no such label")
        self.metric = metric
        self.labels = labels
        self.value = value
    }
}
