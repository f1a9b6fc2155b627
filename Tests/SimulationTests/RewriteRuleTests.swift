import Model
import Simulation
import TestSupport
import Testing

/// Logs whose bytes change although nothing is wrong, and those where something is.
@Suite("A rule of logs that are rewritten is broken")
struct RewriteRuleTests {
    private let stage: CheckerStage
    private let place = TopicPartition("orders", 0)

    init() throws {
        stage = try CheckerStage()
        stage.commit(isr: [1, 2])
    }

    /// Two members with the same three records of two keys, all committed, and the next in another segment.
    private func commitKeys() throws {
        for node in 1...2 {
            for (offset, key) in ["a", "b", "a"].enumerated() {
                try stage.write(node, Int64(offset), key: key)
            }
            try stage.write(node, 3, key: "c", base: 3)
        }
        stage.see(1, end: 4, highWatermark: 4, isCompacted: true)
    }

    /// The first segment of node 2 waits to be put in place as one of these records.
    private func compact(to kept: [(offset: Int64, key: String)], value: String = "v") throws {
        for (offset, key) in kept {
            try stage.write(2, offset, value: value, key: key, as: ".swap")
        }
        stage.commit(isr: [1, 2], partitionEpoch: 1, at: 2)
    }

    @Test func `by nobody who has the newest record of each key`() throws {
        try commitKeys()
        try compact(to: [(1, "b"), (2, "a")])
        stage.see(2, leads: false, partitionEpoch: 1, end: 4, highWatermark: 4, isCompacted: true)
        #expect(stage.broken.isEmpty)
    }

    @Test func `by a member that has compacted the newest record of a key away`() throws {
        try commitKeys()
        try compact(to: [(2, "a")])
        #expect(stage.broken == [.candidatesAreComplete])
    }

    @Test func `by a member that has made another record of one`() throws {
        try commitKeys()
        try compact(to: [(1, "b"), (2, "a")], value: "w")
        #expect(stage.broken == [.candidatesAreComplete])
    }

    @Test func `by a member of whose segments one is gone`() throws {
        try commitKeys()
        stage.disks[1].remove(stage.segment(3))
        stage.commit(isr: [1, 2], partitionEpoch: 1, at: 2)
        #expect(stage.broken == [.candidatesAreComplete])
    }

    @Test func `by a follower of a log that is not compacted, for one whose batches are others`()
        throws
    {
        for node in 1...2 {
            for offset in 0...2 { try stage.write(node, Int64(offset)) }
        }
        stage.see(1, end: 3, highWatermark: 3)
        try compact(to: [(2, "a")])
        #expect(stage.broken == [.candidatesAreComplete])
    }

    /// One batch in a segment that is closed, and another behind it, on all three.
    private func commitSealed() throws {
        for node in 1...3 {
            try stage.write(node, 0)
            try stage.write(node, 1, base: 1)
        }
        stage.see(1, end: 2, highWatermark: 2)
        try stage.writeRecoveryPoint(2, 1)
    }

    @Test func `by a bit that a member's disk forgot and did not get back`() throws {
        try commitSealed()
        let batch = try #require(stage.checker.repairable(place, on: 2).first)
        #expect(batch.offsets == 0..<1)
        #expect(stage.disks[1].flipBit(2, ofByte: batch.bytes.lowerBound + 20, in: batch.path))
        stage.checker.noteDamage(of: place, on: 2)
        stage.commit(isr: [1, 2], partitionEpoch: 1, at: 2)
        // The node knows nothing of it yet.
        #expect(stage.broken.isEmpty)
        #expect(stage.checker.damage(of: [place]) != nil)
        #expect(stage.checker.repairable(place, on: 2).isEmpty)
        // It is got back: from now on the member is held to it.
        #expect(stage.disks[1].flipBit(2, ofByte: batch.bytes.lowerBound + 20, in: batch.path))
        #expect(stage.checker.damage(of: [place]) == nil)
        #expect(stage.disks[1].flipBit(2, ofByte: batch.bytes.lowerBound + 20, in: batch.path))
        stage.commit(isr: [1, 2], partitionEpoch: 2, at: 3)
        #expect(stage.broken == [.candidatesAreComplete])
    }

    @Test func `by nothing that the others do not have`() throws {
        for node in 1...2 {
            try stage.write(node, 0)
            try stage.write(node, 1, base: 1)
        }
        stage.see(1, end: 2, highWatermark: 2)
        try stage.writeRecoveryPoint(2, 1)
        #expect(stage.checker.repairable(place, on: 2).isEmpty)
    }

    @Test func `by nothing that a recovery would cut off`() throws {
        try commitSealed()
        try stage.writeRecoveryPoint(2, 0)
        #expect(stage.checker.repairable(place, on: 2).isEmpty)
    }
}
