/// Numbers and columns as C's printf writes them, which Kafka's tools use.
enum Format {
    /// `%.<digits>f`
    static func fixed(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite else {
            return value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity"
        }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let scaled = (abs(value) * scale).rounded(.toNearestOrAwayFromZero)
        guard scaled < 9e18 else { return "\(value)" }
        let whole = Int64(scaled)
        let sign = value < 0 && whole > 0 ? "-" : ""
        guard digits > 0 else { return sign + String(whole) }
        let unit = Int64(scale)
        let fraction = String(whole % unit)
        return sign + String(whole / unit) + "."
            + String(repeating: "0", count: digits - fraction.count) + fraction
    }

    /// `%-<width>s`
    static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// Rows of cells, each padded to the widest of its column and followed by a tab.
    static func tabbed(_ rows: [[String]]) -> [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            row.enumerated().map { left($1, widths[$0]) + "\t" }.joined()
        }
    }
}
