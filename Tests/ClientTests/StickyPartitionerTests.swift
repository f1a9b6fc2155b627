import Model
import Testing

@testable import Client

@Suite("The sticky partitioner")
struct StickyPartitionerTests {
    @Test func `stays on a partition for a batch's worth and then moves to another`() {
        var random = PRNG(seed: 1)
        var sticky = StickyPartitioner(stickyBytes: 300)
        let chosen = (0..<9).map { _ in
            sticky.partition(
                forRecordOf: 100, available: [0, 1, 2], count: 3, using: &random)
        }
        #expect(Set(chosen[0..<3]).count == 1)
        #expect(Set(chosen[3..<6]).count == 1)
        #expect(chosen[0] != chosen[3])
        #expect(chosen[3] != chosen[6])
    }

    @Test func `prefers partitions with a leader`() {
        var random = PRNG(seed: 1)
        var sticky = StickyPartitioner(stickyBytes: 1)
        for _ in 0..<50 {
            let chosen = sticky.partition(
                forRecordOf: 10, available: [2], count: 5, using: &random)
            #expect(chosen == 2)
        }
    }

    @Test func `reaches every partition in time`() {
        var random = PRNG(seed: 3)
        var sticky = StickyPartitioner(stickyBytes: 1)
        let all = Array(Int32(0)..<8)
        let chosen = (0..<200).map { _ in
            sticky.partition(forRecordOf: 10, available: all, count: 8, using: &random)
        }
        #expect(Set(chosen) == Set(all))
    }
}
