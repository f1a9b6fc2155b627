internal import Model

/// The clock on the wall of a host: it may be wrong, and jumps when somebody sets it. What matters for safety
/// must not ask it.
package final class WallClock: @unchecked Sendable {
    // SAFETY: a simulated world lives on one thread.

    /// How far it is ahead of the world's time.
    package private(set) var skew = Duration.zero

    package init() {}

    /// Somebody sets the clock.
    package func set(aheadBy skew: Duration) { self.skew = skew }

    func time(at world: VirtualTime) -> Timestamp {
        Timestamp(world.wallTime.rawValue + skew.inNanoseconds / 1_000_000)
    }
}
