import Model
import Ports
import TestSupport

/// A loop that the test turns by hand; it runs everything at once, in order.
final class ManualLoop: Loop, @unchecked Sendable {
    // SAFETY: a test uses it on its one thread.
    private(set) var now = Instant.zero
    private var timers: [(id: TimerID, at: Instant, work: () -> Void)] = []
    private var nextTimer: UInt64 = 0

    var wallTime: Timestamp { Timestamp(now.nanoseconds / 1_000_000) }
    var isCurrent: Bool { true }
    var armedCount: Int { timers.count }

    func post(_ work: @escaping @Sendable () -> Void) { work() }
    func atEndOfTurn(_ work: @escaping () -> Void) { work() }

    func arm(at deadline: Instant, _ work: @escaping () -> Void) -> TimerID {
        nextTimer += 1
        let id = TimerID(rawValue: nextTimer)
        timers.append((id, deadline, work))
        return id
    }

    func disarm(_ timer: TimerID) { timers.removeAll { $0.id == timer } }

    /// Lets time pass; timers run when they are due.
    func pass(_ duration: Duration) {
        let end = now + duration
        while let next = timers.filter({ $0.at <= end }).min(by: { $0.at < $1.at }) {
            timers.removeAll { $0.id == next.id }
            now = max(now, next.at)
            next.work()
        }
        now = end
    }
}
