internal import Model
internal import Ports

/// Armed deadlines: a binary heap by deadline, then by order of arming, in which each entry knows
/// its place, so that disarming (what happens to most deadlines) costs no more than arming and
/// leaves nothing behind.
struct TimerHeap {
    private struct Entry {
        let deadline: Instant
        let sequence: UInt64
        let slot: Int

        func precedes(_ other: Entry) -> Bool {
            deadline != other.deadline ? deadline < other.deadline : sequence < other.sequence
        }
    }

    private struct Slot {
        var work: (() -> Void)?
        /// Index in `heap`; meaningless while `work` is nil.
        var place = 0
        /// Raised at each reuse, so that an old id does not reach a new timer.
        var generation: UInt32 = 0
    }

    private var heap: [Entry] = []
    private var slots: [Slot] = []
    private var freeSlots: [Int] = []
    private var sequence: UInt64 = 0

    /// Number of armed deadlines.
    var count: Int { heap.count }

    /// The earliest deadline.
    var earliest: Instant? { heap.first?.deadline }

    /// A number that separates what was armed before from what is armed after.
    var mark: UInt64 { sequence }

    mutating func arm(at deadline: Instant, _ work: @escaping () -> Void) -> TimerID {
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = free
        } else {
            slot = slots.count
            slots.append(Slot())
        }
        slots[slot].work = work
        heap.append(Entry(deadline: deadline, sequence: sequence, slot: slot))
        sequence += 1
        rise(from: heap.count - 1)
        return TimerID(rawValue: UInt64(slots[slot].generation) << 32 | UInt64(slot))
    }

    mutating func disarm(_ timer: TimerID) {
        let slot = Int(timer.rawValue & 0xffff_ffff)
        guard slot < slots.count, slots[slot].work != nil else { return }
        guard slots[slot].generation == UInt32(timer.rawValue >> 32) else { return }
        remove(at: slots[slot].place)
    }

    /// Takes out the earliest work that is due and was armed before `mark`.
    mutating func popDue(at now: Instant, before mark: UInt64) -> (() -> Void)? {
        guard let first = heap.first, first.deadline <= now, first.sequence < mark else {
            return nil
        }
        return remove(at: 0)
    }

    mutating func removeAll() { self = TimerHeap() }

    @discardableResult
    private mutating func remove(at place: Int) -> (() -> Void)? {
        let slot = heap[place].slot
        let last = heap.removeLast()
        if place < heap.count {
            heap[place] = last
            sink(from: place)
            rise(from: place)
        }
        let work = slots[slot].work
        slots[slot].work = nil
        slots[slot].generation &+= 1
        freeSlots.append(slot)
        return work
    }

    private mutating func rise(from start: Int) {
        let entry = heap[start]
        var place = start
        while place > 0 {
            let parent = (place - 1) / 2
            guard entry.precedes(heap[parent]) else { break }
            settle(heap[parent], at: place)
            place = parent
        }
        settle(entry, at: place)
    }

    private mutating func sink(from start: Int) {
        let entry = heap[start]
        var place = start
        while true {
            var child = 2 * place + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
            guard heap[child].precedes(entry) else { break }
            settle(heap[child], at: place)
            place = child
        }
        settle(entry, at: place)
    }

    private mutating func settle(_ entry: Entry, at place: Int) {
        heap[place] = entry
        slots[entry.slot].place = place
    }
}
