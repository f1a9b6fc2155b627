package import Bytes

/// Prometheus' text format, version 0.0.4.
package enum Exposition {
    /// The Content-Type of what `render` makes.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// All samples, those of one metric together, sorted by name and labels: two scrapes compare line by line.
    package static func render(_ samples: [MetricSample]) -> SharedBytes {
        var writer = ByteWriter(capacity: 256 + samples.count * 96)
        let sorted = samples.sorted { a, b in
            a.metric.name == b.metric.name
                ? a.labels.lexicographicallyPrecedes(b.labels) : a.metric.name < b.metric.name
        }
        var open = ""
        for sample in sorted {
            if sample.metric.name != open {
                open = sample.metric.name
                header(sample.metric, &writer)
            }
            line(sample, &writer)
        }
        return writer.finish()
    }

    private static func header(_ metric: MetricDefinition, _ writer: inout ByteWriter) {
        let type =
            switch metric.kind {
            case .counter: "counter"
            case .gauge, .maximum: "gauge"
            case .summary: "summary"
            }
        writer.utf8("# HELP \(metric.name) \(escaped(metric.help))\n")
        writer.utf8("# TYPE \(metric.name) \(type)\n")
    }

    private static func line(_ sample: MetricSample, _ writer: inout ByteWriter) {
        let name = sample.metric.name
        let labels = zip(sample.metric.labels, sample.labels).map { "\($0)=\"\(escaped($1))\"" }
        switch sample.value {
        case .integer(let value): writer.utf8("\(name)\(braces(labels)) \(value)\n")
        case .real(let value): writer.utf8("\(name)\(braces(labels)) \(text(value))\n")
        case .summary(let summary, let scale):
            for quantile in HistogramSummary.quantiles {
                let value = Double(summary.quantile(quantile)) * scale
                let all = labels + ["quantile=\"\(quantile)\""]
                writer.utf8("\(name)\(braces(all)) \(text(value))\n")
            }
            writer.utf8("\(name)_sum\(braces(labels)) \(text(summary.sum * scale))\n")
            writer.utf8("\(name)_count\(braces(labels)) \(summary.count)\n")
        }
    }

    private static func braces(_ labels: [String]) -> String {
        labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
    }

    private static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return "\(value)"
    }

    /// A topic's name cannot hold these, a client's id can.
    private static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else {
            return text
        }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
