internal import Model

/// When an active controller does something nobody asked for.
struct Timers: Sendable {
    /// A no-op record is due; nil if they are off.
    var noOp: Instant?
    /// Leaders are brought back to their preferred replicas; nil if that is off.
    var balance: Instant?
    /// Leaderless partitions that allow an unclean leader get one.
    var unclean: Instant

    init(_ settings: ControllerSettings, now: Instant) {
        noOp = settings.noOpInterval.map { now + $0 }
        balance = settings.balanceInterval.map { now + $0 }
        unclean = now + settings.uncleanInterval
    }

    /// A record was written, which shows the log's lag as well as a no-op does.
    mutating func recordsWritten(at now: Instant, _ settings: ControllerSettings) {
        noOp = settings.noOpInterval.map { now + $0 }
    }

    /// The earliest of all.
    var next: Instant { [noOp, balance, unclean].compactMap { $0 }.min() ?? unclean }
}
