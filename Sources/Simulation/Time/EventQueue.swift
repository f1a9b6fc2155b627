internal import Model

/// What is to happen, by time and then by order of scheduling: a binary heap.
struct EventQueue {
    struct Event {
        let at: Instant
        let sequence: UInt64
        let work: () -> Void

        func precedes(_ other: Event) -> Bool {
            at != other.at ? at < other.at : sequence < other.sequence
        }
    }

    private var heap: [Event] = []
    private var sequence: UInt64 = 0

    var first: Instant? { heap.first?.at }
    var count: Int { heap.count }

    mutating func add(at instant: Instant, _ work: @escaping () -> Void) {
        heap.append(Event(at: instant, sequence: sequence, work: work))
        sequence += 1
        var place = heap.count - 1
        while place > 0 {
            let parent = (place - 1) / 2
            guard heap[place].precedes(heap[parent]) else { break }
            heap.swapAt(place, parent)
            place = parent
        }
    }

    mutating func removeFirst() -> Event {
        heap.swapAt(0, heap.count - 1)
        let event = heap.removeLast()
        var place = 0
        while true {
            var child = 2 * place + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
            guard heap[child].precedes(heap[place]) else { break }
            heap.swapAt(child, place)
            place = child
        }
        return event
    }
}
