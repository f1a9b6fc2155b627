package import Model
private import Synchronization

/// How values of one kind are spread: times in nanoseconds, sizes in bytes.
///
/// A value falls into one of sixteen equal parts of its power of two, so a quantile is at most 6.25 % off.
/// Count and sum are kept for ever. Quantiles describe the window that fills and the one before it, that is
/// the last one to two minutes: a bad hour yesterday must not hide in today's median.
package final class Histogram: Sendable {
    /// How long values count in the quantiles, at least.
    static let window = Duration.seconds(60)

    private struct State {
        var count: Int64 = 0
        var sum: Double = 0
        var current = HistogramBuckets()
        var previous = HistogramBuckets()
        var windowEnd: Instant?

        mutating func turn(to now: Instant) {
            guard let end = windowEnd else {
                windowEnd = now + Histogram.window
                return
            }
            guard now >= end else { return }
            // Silence for more than a window leaves nothing recent.
            previous = now - end < Histogram.window ? current : HistogramBuckets()
            current = HistogramBuckets()
            windowEnd = now + Histogram.window
        }
    }

    private let state = Mutex(State())

    init() {}

    /// Counts `value`; negative ones count as zero.
    package func record(_ value: Int64, at now: Instant) {
        state.withLock { state in
            state.turn(to: now)
            let value = max(value, 0)
            state.count += 1
            state.sum += Double(value)
            state.current.add(value)
        }
    }

    /// Counts a length of time.
    package func record(_ time: Duration, at now: Instant) {
        record(time.inNanoseconds, at: now)
    }

    /// What was counted so far.
    package func summary(at now: Instant) -> HistogramSummary {
        state.withLock { state in
            state.turn(to: now)
            var recent = state.current
            recent.merge(state.previous)
            return HistogramSummary(count: state.count, sum: state.sum, recent: recent)
        }
    }
}

/// Count, sum and recent spread of values; several cells of a series merge into one.
package struct HistogramSummary: Sendable {
    /// The quantiles that dashboards made for Kafka ask for.
    static let quantiles = [0.5, 0.75, 0.95, 0.98, 0.99, 0.999]

    package private(set) var count: Int64 = 0
    package private(set) var sum: Double = 0
    private var recent = HistogramBuckets()

    init() {}

    init(count: Int64, sum: Double, recent: HistogramBuckets) {
        self.count = count
        self.sum = sum
        self.recent = recent
    }

    mutating func merge(_ other: HistogramSummary) {
        count += other.count
        sum += other.sum
        recent.merge(other.recent)
    }

    /// The value that the share `quantile` of recent values does not exceed; 0 without values.
    package func quantile(_ quantile: Double) -> Int64 { recent.quantile(quantile) }
}

/// Counts by magnitude: sixteen buckets for each power of two.
struct HistogramBuckets: Sendable {
    private static let subBits = 4
    private var counts: [UInt32] = []
    private var total: UInt64 = 0

    init() {}

    private static func index(_ value: Int64) -> Int {
        guard value >= 1 << (subBits + 1) else { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        let shift = exponent - subBits
        return (shift << subBits) + Int(value >> Int64(shift))
    }

    /// The largest value of a bucket.
    private static func upperBound(_ index: Int) -> Int64 {
        guard index >= 1 << (subBits + 1) else { return Int64(index) }
        let shift = (index >> subBits) - 1
        let base = Int64(index - (shift << subBits))
        let (bound, isTooLarge) = ((base + 1) << Int64(shift)).subtractingReportingOverflow(1)
        return isTooLarge ? .max : bound
    }

    mutating func add(_ value: Int64) {
        let index = Self.index(value)
        if index >= counts.count {
            counts += repeatElement(0, count: index + 1 - counts.count)
        }
        counts[index] &+= 1
        total += 1
    }

    mutating func merge(_ other: HistogramBuckets) {
        if other.counts.count > counts.count {
            counts += repeatElement(0, count: other.counts.count - counts.count)
        }
        for (index, count) in other.counts.enumerated() { counts[index] &+= count }
        total += other.total
    }

    func quantile(_ quantile: Double) -> Int64 {
        let wanted = UInt64((Double(total) * quantile).rounded(.up))
        var seen: UInt64 = 0
        for (index, count) in counts.enumerated() {
            seen += UInt64(count)
            if seen >= max(wanted, 1) { return Self.upperBound(index) }
        }
        return 0
    }
}
