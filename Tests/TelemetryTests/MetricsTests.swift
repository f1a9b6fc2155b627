import Bytes
import Model
import Testing

@testable import Telemetry

@Suite("A node's metrics")
struct MetricsTests {
    private let now = Instant(nanoseconds: 0)

    private func text(_ metrics: Metrics, _ extra: [MetricSample] = []) -> String {
        Exposition.render(metrics.snapshot(at: now) + extra).utf8 ?? ""
    }

    @Test func `add up the cells of all loops`() {
        let metrics = Metrics()
        let first = metrics.counter(Catalogue.bytesIn, "orders")
        let second = metrics.counter(Catalogue.bytesIn, "orders")
        first.add(3)
        second.add(4)
        #expect(
            text(metrics) == """
                # HELP kafka_server_brokertopicmetrics_bytesin_total Bytes that clients wrote.
                # TYPE kafka_server_brokertopicmetrics_bytesin_total counter
                kafka_server_brokertopicmetrics_bytesin_total{topic="orders"} 7

                """)
    }

    @Test func `never go back when a cell is retired`() {
        let metrics = Metrics()
        let cell = metrics.counter(Catalogue.isrShrinks)
        cell.add(5)
        metrics.retire(cell, of: Catalogue.isrShrinks)
        metrics.counter(Catalogue.isrShrinks).add(1)
        #expect(text(metrics).contains("isrshrinks_total 6\n"))
    }

    @Test func `show the largest lag, not the sum`() {
        let metrics = Metrics()
        metrics.gauge(Catalogue.fetcherMaxLag, "Replica").set(7)
        metrics.gauge(Catalogue.fetcherMaxLag, "Replica").set(9)
        #expect(text(metrics).contains("maxlag{clientId=\"Replica\"} 9\n"))
    }

    @Test func `forget the series of what is gone`() {
        let metrics = Metrics()
        metrics.gauge(Catalogue.logSize, "orders", "0").set(7)
        metrics.remove(Catalogue.logSize, "orders", "0")
        #expect(text(metrics).isEmpty)
    }

    @Test func `show all series of a metric together, sorted`() {
        let metrics = Metrics()
        metrics.counter(Catalogue.bytesIn, "b").add(1)
        metrics.counter(Catalogue.bytesOut).add(1)
        metrics.counter(Catalogue.bytesIn, "a").add(1)
        let extra = [MetricSample(Catalogue.bytesIn, ["c"], 1)]
        let lines = text(metrics, extra).split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(
            lines.map { $0.split(separator: "_").last } == [
                "total{topic=\"a\"} 1", "total{topic=\"b\"} 1", "total{topic=\"c\"} 1", "total 1",
            ])
    }

    @Test func `escape what a peer may have chosen`() {
        let sample = MetricSample(Catalogue.fetcherMaxLag, ["a\"b\\c\nd"], 1)
        #expect((Exposition.render([sample]).utf8 ?? "").contains(#"{clientId="a\"b\\c\nd"} 1"#))
    }

    @Test func `show times as Kafka does, in milliseconds`() {
        let metrics = Metrics()
        metrics.histogram(Catalogue.flushes).record(.milliseconds(8), at: now)
        let text = text(metrics)
        #expect(text.contains("logflushrateandtimems_count 1\n"))
        #expect(text.contains("logflushrateandtimems_sum 8.0\n"))
        #expect(text.contains("logflushrateandtimems{quantile=\"0.999\"} 8."))
    }

    @Test func `have one name each, and only known letters`() {
        var names: Set<String> = []
        for metric in Catalogue.all {
            #expect(names.insert(metric.name).inserted, "\(metric.name)")
            #expect(
                metric.name.utf8.allSatisfy {
                    ($0 >= 97 && $0 <= 122) || ($0 >= 48 && $0 <= 57) || $0 == 95
                })
            #expect(metric.help.hasSuffix("."), "\(metric.name)")
            if case .counter = metric.kind { #expect(metric.name.hasSuffix("_total")) }
        }
    }

    @Test func `tell of the process under the usual names`() {
        let facts = ProcessFacts(
            cpuSeconds: 1.5, residentBytes: 2, openFiles: 3, openFilesMax: 4, startTime: 5)
        let text = Exposition.render(facts.samples).utf8 ?? ""
        #expect(text.contains("process_cpu_seconds_total 1.5\n"))
        #expect(text.contains("process_open_fds 3\n"))
    }
}

@Suite("A histogram")
struct HistogramTests {
    @Test func `finds quantiles within a sixteenth`() {
        let histogram = Histogram()
        for value in 1...10_000 { histogram.record(Int64(value), at: .zero) }
        let summary = histogram.summary(at: .zero)
        #expect(summary.count == 10_000)
        for (quantile, exact) in [(0.5, 5000.0), (0.99, 9900.0), (0.999, 9990.0)] {
            let found = Double(summary.quantile(quantile))
            #expect(found >= exact && found <= exact * 1.0625, "\(quantile): \(found)")
        }
    }

    @Test func `survives the largest and the smallest value`() {
        let histogram = Histogram()
        histogram.record(.max, at: .zero)
        histogram.record(-1, at: .zero)
        #expect(histogram.summary(at: .zero).quantile(1) == .max)
        #expect(histogram.summary(at: .zero).quantile(0.5) == 0)
    }

    @Test func `forgets old values in its quantiles, never in its count`() {
        let histogram = Histogram()
        histogram.record(1000, at: .zero)
        let later = Instant.zero + .seconds(61)
        histogram.record(1, at: later)
        #expect(histogram.summary(at: later).quantile(1) >= 1000)
        let muchLater = later + .seconds(125)
        #expect(histogram.summary(at: muchLater).quantile(1) == 0)
        #expect(histogram.summary(at: muchLater).count == 2)
    }
}
