import Bytes
import Model
import Records
import TestSupport
import Testing

@testable import Client
@testable import Tools

@Suite("The comparison of replicas")
struct ReplicaComparisonTests {
    typealias Piece = ReplicaComparison.Piece

    func comparison(_ range: Range<Offset>, isCompacted: Bool = false) -> ReplicaComparison {
        ReplicaComparison(of: [1, 2], range: range, isCompacted: isCompacted)
    }

    func batch(_ offsets: ClosedRange<Offset>, epoch: LeaderEpoch = 3, crc: UInt32 = 9) -> Piece {
        Piece(offsets: offsets, epoch: epoch, checksums: [crc])
    }

    func record(_ offset: Offset, _ value: String) -> Piece {
        Piece(offset, 5, [nil, SharedBytes(utf8: value)])
    }

    @Test func `asks for more of those that it knows least of, until the end`() {
        var it = comparison(4..<20)
        #expect(it.wanted.map(\.from) == [4, 4])
        #expect(it.add([batch(4...9), batch(10...12)], of: 1, upTo: 13) == nil)
        #expect(it.wanted.map(\.replica) == [2])
        #expect(it.add([batch(4...9)], of: 2, upTo: 10) == nil)
        #expect(it.position == 10)
        #expect(it.wanted.map(\.from) == [10])
        #expect(it.add([batch(10...12), batch(13...25)], of: 2, upTo: 26) == nil)
        #expect(it.add([batch(13...25)], of: 1, upTo: 26) == nil)
        #expect(it.wanted.isEmpty)
        #expect(it.position == 20)
    }

    @Test func `tells the first batch that is not the same`() {
        var it = comparison(0..<9)
        #expect(it.add([batch(0...3), batch(4...8)], of: 1, upTo: 9) == nil)
        let found = it.add([batch(0...3), batch(4...8, crc: 255)], of: 2, upTo: 9)
        #expect(found?.offset == 4)
        #expect(
            found?.sentence
                == "replica 2 has a batch of offsets 4 to 8, leader epoch 3, checksum ff, replica 1 has a "
                + "batch of offsets 4 to 8, leader epoch 3, checksum 9")
    }

    @Test func `sees what the checksum leaves out: the leader epoch and where a batch ends`() {
        for other in [batch(0...3, epoch: 4), batch(0...2)] {
            var it = comparison(0..<4)
            #expect(it.add([batch(0...3)], of: 1, upTo: 4) == nil)
            #expect(it.add([other], of: 2, upTo: 4)?.offset == 0)
        }
    }

    @Test func `sees a batch that is missing`() {
        var it = comparison(0..<9)
        #expect(it.add([batch(0...3), batch(4...8)], of: 1, upTo: 9) == nil)
        let found = it.add([batch(4...8)], of: 2, upTo: 9)
        #expect(found?.offset == 0)
        #expect(found?.sentence.hasPrefix("replica 2 lacks what replica 1 has") == true)
    }

    @Test func `leaves out what lies beyond the end that all have`() {
        var it = comparison(0..<4)
        #expect(it.add([batch(0...3), batch(4...8)], of: 1, upTo: 9) == nil)
        #expect(it.add([batch(0...3)], of: 2, upTo: 4) == nil)
        #expect(it.wanted.isEmpty)
    }

    @Test func `lets replicas of a compacted log lack records, but not differ in one`() {
        var it = comparison(0..<9, isCompacted: true)
        #expect(it.add([record(0, "a"), record(3, "b"), record(8, "c")], of: 1, upTo: 9) == nil)
        #expect(it.add([record(3, "b"), record(5, "x")], of: 2, upTo: 6) == nil)
        #expect(it.add([record(8, "d")], of: 2, upTo: 9)?.offset == 8)
    }

    @Test func `tells null from empty`() {
        var it = comparison(0..<1, isCompacted: true)
        #expect(it.add([Piece(0, 5, [nil])], of: 1, upTo: 1) == nil)
        #expect(it.add([Piece(0, 5, [SharedBytes.empty])], of: 2, upTo: 1) != nil)
    }
}

@Suite("The lines of verify")
struct VerifyLineTests {
    @Test func `tell of what all replicas should have`() {
        #expect(ReplicaVerification.common([2..<9, 0..<7, 4..<8]) == 4..<7)
        #expect(ReplicaVerification.common([5..<9, 0..<3]) == 5..<5)
        #expect(ReplicaVerification.common([]).isEmpty)
    }

    @Test func `say what agrees, and what does not`() {
        var outcome = ReplicaVerification.Outcome()
        outcome.compared = [2, 1]
        let place = TopicPartition("t", 0)
        #expect(ReplicaVerification.lines(outcome, of: place) == ["t-0: replicas 2,1 are empty"])
        outcome.range = 3..<9
        #expect(
            ReplicaVerification.lines(outcome, of: place)
                == ["t-0: replicas 2,1 agree on offsets 3 to 8"])
        outcome.findings = ["one", "two"]
        #expect(ReplicaVerification.lines(outcome, of: place) == ["t-0: one", "t-0: two"])
    }

    @Test func `show how far it is`() {
        #expect(Progress.bar(1, of: 3) == "[##########....................]")
        #expect(Progress.bar(0, of: 0).contains(".#") == false)
        #expect(
            Progress.line(5, of: 20, "partitions", after: .seconds(10))
                == "5 of 20 partitions, 0.5 a second, 30 s left")
        #expect(Progress.line(0, of: 20, "partitions", after: .zero) == "0 of 20 partitions")
    }
}
