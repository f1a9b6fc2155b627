package import Model

/// Deadlines of a mind: it owns no timer, but says when it wants to be called.
///
/// Entries are never taken back. Whoever moves a deadline notes the new one beside the thing itself; an old
/// entry that comes up finds that it no longer holds, and asks for the new time. So a heartbeat costs a store,
/// not a search, and the queue has about one entry for each thing that waits.
package struct DeadlineQueue<Subject: Sendable>: Sendable {
    private struct Entry: Sendable {
        let due: Instant
        /// Keeps entries of the same moment in the order in which they came.
        let number: UInt64
        let subject: Subject

        func isBefore(_ other: Entry) -> Bool { (due, number) < (other.due, other.number) }
    }

    private var heap: [Entry] = []
    private var nextNumber: UInt64 = 0

    package init() {}

    /// Entries, those included that no longer hold.
    package var count: Int { heap.count }

    /// When the mind wants to be called.
    package var next: Instant? { heap.first?.due }

    /// Asks to be called about `subject` at `due`.
    package mutating func add(_ subject: Subject, at due: Instant) {
        heap.append(Entry(due: due, number: nextNumber, subject: subject))
        nextNumber += 1
        rise(heap.count - 1)
    }

    /// Takes out the first subject that is due, if there is one.
    package mutating func pop(at now: Instant) -> Subject? {
        guard let first = heap.first, first.due <= now else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink(0)
        }
        return first.subject
    }

    private mutating func rise(_ start: Int) {
        var index = start
        while index > 0 {
            let parent = (index - 1) / 2
            guard heap[index].isBefore(heap[parent]) else { return }
            heap.swapAt(index, parent)
            index = parent
        }
    }

    private mutating func sink(_ start: Int) {
        var index = start
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count {
                if heap[child].isBefore(heap[least]) { least = child }
            }
            guard least != index else { return }
            heap.swapAt(index, least)
            index = least
        }
    }
}
