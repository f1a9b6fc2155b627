internal import Model

/// What is to happen, by time and then by order of scheduling: a binary heap of numbers beside the work itself.
struct EventQueue {
    private struct Entry {
        let at: Instant
        let sequence: UInt64
        let slot: Int

        func precedes(_ other: Entry) -> Bool {
            at != other.at ? at < other.at : sequence < other.sequence
        }
    }

    private var heap: [Entry] = []
    private var slots: [(() -> Void)?] = []
    private var freeSlots: [Int] = []
    private var sequence: UInt64 = 0

    var first: Instant? { heap.first?.at }

    mutating func add(at instant: Instant, _ work: @escaping () -> Void) {
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = free
            slots[slot] = work
        } else {
            slot = slots.count
            slots.append(work)
        }
        let entry = Entry(at: instant, sequence: sequence, slot: slot)
        sequence += 1
        heap.append(entry)
        var place = heap.count - 1
        while place > 0 {
            let parent = (place - 1) / 2
            guard entry.precedes(heap[parent]) else { break }
            heap[place] = heap[parent]
            place = parent
        }
        heap[place] = entry
    }

    /// Takes out the earliest; there must be one.
    mutating func removeFirst() -> (at: Instant, work: () -> Void) {
        let first = heap[0]
        let entry = heap.removeLast()
        if !heap.isEmpty { sink(entry) }
        guard let work = slots[first.slot] else {
            preconditionFailure("what is scheduled is there")
        }
        slots[first.slot] = nil
        freeSlots.append(first.slot)
        return (first.at, work)
    }

    private mutating func sink(_ entry: Entry) {
        var place = 0
        while true {
            var child = 2 * place + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
            guard heap[child].precedes(entry) else { break }
            heap[place] = heap[child]
            place = child
        }
        heap[place] = entry
    }
}
