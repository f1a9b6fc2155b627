/// Latencies in whole milliseconds, for percentiles over any number of records in fixed memory.
struct LatencyHistogram: Sendable {
    /// Longer ones count as this.
    static let limit = 120_000
    private var counts = [Int64](repeating: 0, count: limit + 1)
    private(set) var count: Int64 = 0
    private(set) var total = 0.0
    private(set) var longest = 0.0

    /// - Parameter milliseconds: may have a fraction.
    mutating func add(_ milliseconds: Double, times: Int64 = 1) {
        let index = min(max(Int(milliseconds), 0), Self.limit)
        counts[index] += times
        count += times
        total += milliseconds * Double(times)
        longest = max(longest, milliseconds)
    }

    var average: Double { count == 0 ? 0 : total / Double(count) }

    /// The latency that `share` (0 to 1) of the records did not exceed.
    func percentile(_ share: Double) -> Int {
        let wanted = Int64((share * Double(count)).rounded(.up))
        var seen: Int64 = 0
        for (milliseconds, number) in counts.enumerated() {
            seen += number
            if seen >= wanted, number > 0 || wanted == 0 { return milliseconds }
        }
        return 0
    }
}
