import Model
import Testing

@testable import Platform

@Suite("The ranges of a file that nobody has checked")
struct UncheckedRangesTests {
    @Test func `become one where they touch, and part where a hole is cut`() {
        var ranges = UncheckedRanges()
        ranges.insert(10..<20)
        ranges.insert(30..<40)
        ranges.insert(20..<25)
        #expect(ranges.ranges == [10..<25, 30..<40])
        ranges.remove(12..<35)
        #expect(ranges.ranges == [10..<12, 35..<40])
        #expect(ranges.overlaps(11..<12))
        #expect(!ranges.overlaps(12..<35))
        #expect(ranges.overlaps(0..<100))
        ranges.insert(0..<100)
        #expect(ranges.ranges == [0..<100])
        ranges.remove(0..<100)
        #expect(ranges.isEmpty)
    }

    @Test func `hold what a list of places holds`() {
        var (ranges, places) = (UncheckedRanges(), Set<Int64>())
        var random = PRNG(seed: 7)
        for _ in 0..<2_000 {
            let start = Int64(random.below(200))
            let range = start..<start + Int64(random.below(20))
            if random.below(2) == 0 {
                ranges.insert(range)
                places.formUnion(range)
            } else {
                ranges.remove(range)
                places.subtract(range)
            }
            #expect((Set(ranges.ranges.flatMap { Array($0) }) == places) as Bool)
            let asked = start..<start + 3
            #expect(ranges.overlaps(asked) == asked.contains { places.contains($0) })
        }
    }

    @Test func `are never more than so many: the nearest become one`() {
        var ranges = UncheckedRanges()
        for index in 0..<UncheckedRanges.countMax {
            ranges.insert(Int64(index * 100)..<Int64(index * 100 + 10))
        }
        ranges.insert(1_015..<1_016)
        #expect(ranges.ranges.count == UncheckedRanges.countMax)
        #expect(ranges.overlaps(1_012..<1_013))
        #expect(!ranges.overlaps(1_016..<1_100))
    }
}
