import Testing

@testable import Model

@Suite("Shares")
struct ShareTests {
    @Test func `are even, counting what takers have already`() {
        #expect(taken([3, 1, 2], of: EvenShare(of: 7, having: [3, 0, 0])) == [1])
        // Three, two and two: the first has the one that is more.
        #expect(taken([1, 1, 1], of: EvenShare(of: 5, having: [0, 0, 0])) == [1, 1])
        #expect(taken([4, 2, 1], of: EvenShare(of: 4, having: [4, 0])) == [1])
    }

    /// Those of takers with so many things each who may have another.
    private func taken(_ counts: [Int], of share: EvenShare) -> [Int] {
        var share = share
        return counts.filter { share.takes(having: $0) }
    }

    @Test func `of ranges are neighbours, and what is near if that is told`() {
        let plain = RangeShare.split(5, among: 2) { _, _ in false }
        #expect(plain == [[0, 1, 2], [3, 4]])
        #expect(RangeShare.split(5, among: 2) { _, _ in true } == plain)
        #expect(RangeShare.split(4, among: 2) { $0 == Int($1) % 2 } == [[0, 2], [1, 3]])
        // The second is near everything, and gets no more than its share.
        #expect(RangeShare.split(4, among: 2) { taker, _ in taker == 1 } == [[2, 3], [0, 1]])
        #expect(RangeShare.split(1, among: 3) { _, _ in false } == [[0], [], []])
    }
}
