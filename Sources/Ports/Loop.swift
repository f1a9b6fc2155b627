public import Model

/// An armed deadline, to be disarmed by the loop that armed it.
public struct TimerID: Hashable, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// One owner of state: everything posted to it runs one thing at a time, in the order of posting.
///
/// On Linux a loop is a thread around epoll; in the simulator all loops share one thread and virtual time.
/// A turn is: read events, run posted work and due timers, then the end-of-turn work, then sleep.
public protocol Loop: AnyObject, Sendable {
    /// The monotonic time of this turn: read once per turn. Only from work that runs on this loop.
    var now: Instant { get }

    /// The wall clock of this turn. Only from work that runs on this loop.
    var wallTime: Timestamp { get }

    /// Whether the caller runs on this loop.
    var isCurrent: Bool { get }

    /// Runs `work` on this loop, later. From any thread; never blocks. Work posted by one caller runs in
    /// the order of posting.
    func post(_ work: @escaping @Sendable () -> Void)

    /// Runs `work` on this loop at the first turn at or after `deadline`. Only on this loop.
    @discardableResult
    func arm(at deadline: Instant, _ work: @escaping () -> Void) -> TimerID

    /// Forgets an armed deadline; one that has run, or was never armed, is ignored. Only on this loop.
    func disarm(_ timer: TimerID)

    /// Runs `work` once at the end of this turn, before the loop sleeps: the place to write what the
    /// turn's events have gathered. Only on this loop.
    func atEndOfTurn(_ work: @escaping () -> Void)
}

/// Chance. On Linux the kernel's, in the simulator a seed's.
public protocol Entropy: AnyObject, Sendable {
    /// Sixty-four random bits. From any thread.
    func next() -> UInt64
}
