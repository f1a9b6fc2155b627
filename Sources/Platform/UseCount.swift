internal import Synchronization

/// Lets a resource be closed by one thread while others use it: it ends when it is closed *and*
/// unused.
///
/// Legal transitions: open → closed (uses still running) → ended. No use begins after `close`.
struct UseCount: ~Copyable, Sendable {
    private static let closed = 1 << 61
    private static let ended = 1 << 62

    /// Running uses, plus the flags above.
    private let state = Atomic<Int>(0)

    /// Begins a use. False if it is closed; then nothing must be used.
    func begin() -> Bool {
        let before = state.wrappingAdd(1, ordering: .acquiring).oldValue
        return before < Self.closed
    }

    /// Ends a use, also one that `begin` refused. True if the caller must now end the resource.
    func end() -> Bool {
        let after = state.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue
        return after == Self.closed && claim()
    }

    /// Closes; further calls change nothing. True if the caller must now end the resource.
    func close() -> Bool {
        let before = state.bitwiseOr(Self.closed, ordering: .acquiringAndReleasing).oldValue
        return before == 0 && claim()
    }

    private func claim() -> Bool {
        state.compareExchange(
            expected: Self.closed, desired: Self.closed | Self.ended,
            ordering: .acquiringAndReleasing
        ).exchanged
    }

    /// Whether the resource was ended.
    var isEnded: Bool { state.load(ordering: .acquiring) & Self.ended != 0 }
}
