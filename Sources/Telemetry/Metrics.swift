package import Model
private import Synchronization

/// A node's metrics. Loops ask once for their cells and write them without a lock; whoever answers a scrape
/// takes a snapshot of all cells and may add samples it has computed itself.
///
/// Cells asked for with the same metric and labels form one series. Asking, retiring and reading take the
/// lock; counting does not.
package final class Metrics: Sendable {
    /// Series a node holds at most; beyond it cells still count, but nobody sees them.
    package static let seriesMax = 200_000

    private struct Key: Hashable {
        let name: String
        let labels: [String]
    }

    private struct Series {
        let metric: MetricDefinition
        let labels: [String]
        /// What retired counters had counted: a counter never goes back.
        var retired: Int64 = 0
        var counters: [Counter] = []
        var gauges: [Gauge] = []
        var histograms: [Histogram] = []
    }

    private let series = Mutex<[Key: Series]>([:])

    package init() {}

    /// A new cell of the counter `metric` with the values of its first labels.
    package func counter(_ metric: MetricDefinition, _ labels: String...) -> Counter {
        let cell = Counter()
        update(metric, labels) { $0.counters.append(cell) }
        return cell
    }

    /// A new cell of the gauge or maximum `metric` with the values of its first labels.
    package func gauge(_ metric: MetricDefinition, _ labels: String...) -> Gauge {
        let cell = Gauge()
        update(metric, labels) { $0.gauges.append(cell) }
        return cell
    }

    /// A new cell of the summary `metric` with the values of its first labels.
    package func histogram(_ metric: MetricDefinition, _ labels: String...) -> Histogram {
        let cell = Histogram()
        update(metric, labels) { $0.histograms.append(cell) }
        return cell
    }

    /// Gives a cell back; its count stays in the series.
    package func retire(_ counter: Counter, of metric: MetricDefinition, _ labels: String...) {
        update(metric, labels) { series in
            guard let index = series.counters.firstIndex(where: { $0 === counter }) else { return }
            series.counters.remove(at: index)
            series.retired += counter.value
        }
    }

    /// Forgets a series with all its cells: its topic or listener is gone.
    package func remove(_ metric: MetricDefinition, _ labels: String...) {
        let key = Key(name: metric.name, labels: labels)
        series.withLock { $0[key] = nil }
    }

    private func update(
        _ metric: MetricDefinition, _ labels: [String], _ change: (inout Series) -> Void
    ) {
        precondition(labels.count <= metric.labels.count, "\(metric.name) has no such label")
        let key = Key(name: metric.name, labels: labels)
        series.withLock { table in
            guard table[key] != nil || table.count < Self.seriesMax else { return }
            change(&table[key, default: Series(metric: metric, labels: labels)])
        }
    }

    /// What all cells say, in no particular order; `Exposition` sorts.
    package func snapshot(at now: Instant) -> [MetricSample] {
        let all = series.withLock { Array($0.values) }
        return all.map { series in
            MetricSample(series.metric, series.labels, Self.value(of: series, at: now))
        }
    }

    private static func value(of series: Series, at now: Instant) -> MetricSample.Value {
        switch series.metric.kind {
        case .counter:
            .integer(series.counters.reduce(series.retired) { $0 &+ $1.value })
        case .gauge: .integer(series.gauges.reduce(0) { $0 &+ $1.value })
        case .maximum: .integer(series.gauges.map(\.value).max() ?? 0)
        case .summary(let scale):
            .summary(
                series.histograms.reduce(into: HistogramSummary()) {
                    $0.merge($1.summary(at: now))
                },
                scale: scale)
        }
    }
}
