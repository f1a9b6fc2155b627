internal import Model
internal import Synchronization

/// Bytes a second that all loops of a node keep to together, for work that can wait: compaction, scrubbing.
///
/// Each piece of work is paid for afterwards, behind what others have to pay; so the mean is the rate, however many
/// take part.
final class WorkRate: Sendable {
    /// One piece is paid for in a minute, however slow the rate: it may be raised at run time.
    private static let pauseMax = 60.0

    private let paidUntil = Mutex(Instant.zero)

    /// `bytes` were read or written. Answers from when on more may be.
    func spend(_ bytes: Int, at now: Instant, rate: Double) -> Instant {
        let seconds = min(Double(bytes) / max(rate, 1), Self.pauseMax)
        return paidUntil.withLock { until in
            until = max(until, now) + .nanoseconds(Int64(seconds * 1e9))
            return until
        }
    }
}
