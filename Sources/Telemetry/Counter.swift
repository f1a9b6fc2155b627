private import Synchronization

/// A count with one writer: the loop that asked for it. Any thread may read.
///
/// One writer means that an increment is a load, an addition and a store, without a locked instruction.
/// Every loop therefore asks for a cell of its own, and the registry adds them up.
package final class Counter: Sendable {
    private let cell = Atomic<Int64>(0)

    init() {}

    /// Adds `amount`, which is not negative. Only on the owner's loop.
    package func add(_ amount: Int64 = 1) {
        assert(amount >= 0, "a counter only grows")
        cell.store(cell.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    /// The count so far.
    package var value: Int64 { cell.load(ordering: .relaxed) }
}

/// A level with one writer: the loop that asked for it. Any thread may read.
package final class Gauge: Sendable {
    private let cell = Atomic<Int64>(0)

    init() {}

    /// Only on the owner's loop.
    package func set(_ level: Int64) { cell.store(level, ordering: .relaxed) }

    /// Adds `change`, which may be negative. Only on the owner's loop.
    package func add(_ change: Int64) { set(value &+ change) }

    /// The level now.
    package var value: Int64 { cell.load(ordering: .relaxed) }
}
