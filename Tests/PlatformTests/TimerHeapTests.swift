import Model
import Ports
import Testing

@testable import Platform

@Suite("The heap of timers")
struct TimerHeapTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `gives what a sorted list gives`(seed: UInt64) {
        var random = PRNG(seed: seed)
        var heap = TimerHeap()
        var model: [(deadline: Int64, order: Int)] = []
        var ids: [Int: TimerID] = [:]
        let fired = Fired()
        for order in 0..<600 {
            switch random.below(4) {
            case 0, 1:
                let deadline = Int64(random.below(100))
                ids[order] = heap.arm(at: Instant(nanoseconds: deadline)) { fired.last = order }
                model.append((deadline, order))
            case 2:
                guard !model.isEmpty else { continue }
                let index = random.below(model.count)
                let gone = model.remove(at: index)
                if let id = ids[gone.order] {
                    heap.disarm(id)
                    heap.disarm(id)
                }
            default:
                let now = Int64(random.below(100))
                model.sort { ($0.deadline, $0.order) < ($1.deadline, $1.order) }
                let expected = model.first.flatMap { $0.deadline <= now ? $0 : nil }
                let work = heap.popDue(at: Instant(nanoseconds: now), before: heap.mark)
                #expect((work == nil) == (expected == nil))
                if let work, let expected {
                    work()
                    #expect(fired.last == expected.order)
                    model.removeFirst()
                }
            }
            #expect(heap.count == model.count)
            #expect(heap.earliest?.nanoseconds == model.map(\.deadline).min())
        }
    }

    @Test func `does not let an old id reach a new timer`() {
        var heap = TimerHeap()
        let old = heap.arm(at: .zero) {}
        heap.disarm(old)
        _ = heap.arm(at: .zero) {}
        heap.disarm(old)
        #expect(heap.count == 1)
    }

    @Test func `leaves what was armed after the mark for later`() {
        var heap = TimerHeap()
        _ = heap.arm(at: .zero) {}
        let mark = heap.mark
        _ = heap.arm(at: .zero) {}
        #expect(heap.popDue(at: .zero, before: mark) != nil)
        #expect(heap.popDue(at: .zero, before: mark) == nil)
        #expect(heap.count == 1)
    }

    final class Fired { var last = -1 }
}
