import Coordination
import Model
import Testing

@Suite("A queue of deadlines")
struct DeadlineQueueTests {
    @Test func `hands out what is due in the order of time, then of arrival`() {
        var queue = DeadlineQueue<String>()
        for (name, at) in [("c", 30), ("a", 10), ("b", 20), ("a2", 10), ("d", 40)] {
            queue.add(name, at: Instant(nanoseconds: Int64(at)))
        }
        var out: [String] = []
        while let name = queue.pop(at: Instant(nanoseconds: 30)) { out.append(name) }
        #expect(out == ["a", "a2", "b", "c"])
        #expect(queue.next == Instant(nanoseconds: 40))
        #expect(queue.count == 1)
    }

    @Test func `agrees with a sorted list, whatever comes in`() {
        var chance = PRNG(seed: 7)
        var queue = DeadlineQueue<Int>()
        var list: [(due: Int64, number: Int)] = []
        for number in 0..<500 {
            let due = Int64(chance.below(100))
            queue.add(number, at: Instant(nanoseconds: due))
            list.append((due, number))
        }
        list.sort { ($0.due, $0.number) < ($1.due, $1.number) }
        var out: [Int] = []
        while let number = queue.pop(at: .distantFuture) { out.append(number) }
        #expect(out == list.map(\.number))
    }
}

@Suite("The partition of a coordinator's key")
struct CoordinatedKeyTests {
    @Test func `is Java's hash modulo the partitions`() {
        // "abc".hashCode() is 96354, "hello".hashCode() 99162322.
        #expect(CoordinatedKey.partition(of: "abc", among: 50) == 4)
        #expect(CoordinatedKey.partition(of: "hello", among: 50) == 22)
        #expect(CoordinatedKey.partition(of: "", among: 50) == 0)
    }

    @Test func `is the first for the hash that has no positive counterpart`() {
        // Its hash is the smallest number there is.
        #expect(CoordinatedKey.partition(of: "polygenelubricants", among: 50) == 0)
    }
}
