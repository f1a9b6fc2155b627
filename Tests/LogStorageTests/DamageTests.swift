import Bytes
import Model
import ProducerState
import Records
import TestSupport
import Testing

@testable import LogStorage

@Suite("Damage in closed segments")
struct DamageTests {
    /// Two segments of several batches each, all on the disk, and an open one.
    private func written() throws -> TestLog {
        var configuration = LogConfiguration()
        configuration.indexIntervalBytes = 100
        var test = try TestLog(configuration)
        for turn in 0..<2 {
            for value in 0..<5 {
                try test.append(
                    [value, value + 1], size: 40, epoch: LeaderEpoch(Int32(turn)),
                    time: Int64(1000 + 10 * value))
            }
            try test.log.roll(now: 1000)
        }
        try test.append([9], epoch: 1)
        try test.checkpoint()
        test.log.recoveryPointWritten(test.log.recoveryPoint)
        return test
    }

    /// Reads a segment whole; nil where nothing is wrong with it.
    private func damage(_ test: TestLog, from offset: Offset = .zero) throws
        -> (SegmentScan, SegmentScan.Damage?)
    {
        var scan = try #require(test.log.scan(from: offset, below: test.log.logEndOffset))
        while true {
            switch try scan.step() {
            case .more: continue
            case .whole: return (scan, nil)
            case .damaged(let damage): return (scan, damage)
            case .gone: throw LogError.closed
            }
        }
    }

    private func path(_ kind: String) -> String {
        TestLog.directory + "/00000000000000000000." + kind
    }

    private func flip(_ bit: Int, of byte: Int, _ kind: String, _ test: TestLog) throws {
        var bytes = try #require(test.system.contents(path(kind)))
        bytes[byte] ^= 1 << UInt8(bit)
        test.system.write(bytes, to: path(kind))
        for segment in test.log.segments { segment.release() }
    }

    /// Repairs with what another log has.
    private func repair(_ test: TestLog, _ scan: SegmentScan, from other: TestLog?) throws -> Bool {
        let job = try #require(try test.log.beginRepair(scan, now: 2000))
        while true {
            switch try job.step() {
            case .more: continue
            case .wants(let offset, let end):
                guard let other else {
                    try test.log.cleaningFailed(job)
                    try job.discard()
                    return false
                }
                #expect(offset < end)
                let slice = try other.log.read(
                    from: offset, upTo: other.log.logEndOffset, maxBytes: 300,
                    minOneBatch: true)
                try job.supply(slice.load())
            case .ready(let group, _):
                try #require(try test.log.adopt(group, of: job, now: 2000))
                    .perform(on: test.system)
            case .done(let outcome):
                test.log.cleaningEnded(job, outcome)
                return true
            case .closed: return false
            }
        }
    }

    @Test func `is not found where there is none`() throws {
        let test = try written()
        let (first, none) = try damage(test)
        #expect(none == nil)
        #expect(first.nextOffset == 10)
        #expect(try damage(test, from: first.nextOffset).1 == nil)
        // The open segment, which nobody writes to.
        let (open, damage) = try damage(test, from: 20)
        #expect(damage == nil)
        #expect(open.nextOffset == 21)
        #expect(test.log.scan(from: 21, below: test.log.logEndOffset) == nil)
        #expect(test.log.scan(at: 13, below: test.log.logEndOffset)?.baseOffset == 10)
        #expect(test.log.scan(from: 0, below: 9) == nil)
    }

    @Test(arguments: ["log", "index", "timeindex"])
    func `is found at every bit, and repaired from another replica`(kind: String) throws {
        let whole = try written()
        let expected = try #require(whole.system.contents(path("log")))
        let count = try #require(whole.system.contents(path(kind))).count
        var random = PRNG(seed: 5)
        for byte in 0..<count {
            let test = try written()
            try flip(random.below(8), of: byte, kind, test)
            let (scan, found) = try damage(test)
            let damage = try #require(found, "byte \(byte) of .\(kind)")
            #expect(damage.path == path(kind) || kind == "log")
            #expect(try repair(test, scan, from: whole), "byte \(byte)")
            #expect(test.system.contents(path("log")) == expected, "byte \(byte)")
            #expect(try self.damage(test).1 == nil)
            #expect(try test.readAll() == whole.readAll())
        }
    }

    @Test func `survives as it was where nobody has the records`() throws {
        let whole = try written()
        var test = try written()
        try flip(3, of: 300, "log", test)
        let before = test.system.contents(path("log"))
        let (scan, found) = try damage(test)
        #expect(found != nil)
        #expect(try repair(test, scan, from: nil) == false)
        #expect(test.system.contents(path("log")) == before)
        #expect(test.system.names(TestLog.directory).allSatisfy { !$0.hasSuffix(".cleaned") })
        // It is repaired as soon as somebody has them.
        #expect(try repair(test, scan, from: whole))
        try test.crashAndStart()
        #expect(try test.readAll() == whole.readAll())
    }

    @Test func `is filled by a replica that has no more than what is damaged`() throws {
        let whole = try written()
        let test = try written()
        try flip(3, of: 150, "log", test)
        let (scan, found) = try damage(test)
        let hole = try #require(found)
        var behind = try TestLog()
        for value in 0..<5 where behind.log.logEndOffset < hole.end {
            try behind.append(
                [value, value + 1], size: 40, epoch: 0, time: Int64(1000 + 10 * value))
        }
        #expect(behind.log.logEndOffset < scan.nextOffset)
        #expect(try repair(test, scan, from: behind))
        #expect(try damage(test).1 == nil)
        #expect(try test.readAll() == whole.readAll())
    }

    @Test func `is not filled with what was written under another leader`() throws {
        let test = try written()
        try flip(3, of: 150, "log", test)
        var other = try TestLog()
        for value in 0..<5 { try other.append([value, value + 1], size: 40, epoch: 3) }
        let scan = try damage(test).0
        let job = try #require(try test.log.beginRepair(scan, now: 2000))
        while case .more = try job.step() {}
        guard case .wants(let offset, let end) = try job.step() else {
            Issue.record("nothing is wanted")
            return
        }
        let bytes = try other.log.read(from: offset, upTo: end, maxBytes: 300, minOneBatch: true)
            .load()
        #expect(throws: LogError.unexpectedEpoch(3, at: offset)) { try job.supply(bytes) }
        try test.log.cleaningFailed(job)
        try job.discard()
    }

    @Test func `is not repaired with damaged or with other records`() throws {
        let test = try written()
        try flip(3, of: 300, "log", test)
        let job = try #require(try test.log.beginRepair(damage(test).0, now: 2000))
        while true {
            guard case .more = try job.step() else { break }
        }
        let bad = try written()
        try flip(3, of: 300, "log", bad)
        let bytes = try SharedBytes(#require(bad.system.contents(path("log"))))
        #expect(throws: LogError.self) { try job.supply(bytes) }
        #expect(throws: LogError.self) { try job.supply(.empty) }
        guard case .wants = try job.step() else {
            Issue.record("what was refused is still wanted")
            return
        }
        try test.log.cleaningFailed(job)
        try job.discard()
    }

    /// Transactions of two producers, three of them aborted, in two closed segments.
    private func withTransactions() throws -> TestLog {
        var test = try TestLog()
        func data(_ producer: ProducerID, _ sequence: Int32) throws {
            try test.send(producer, sequence)
        }
        try data(7, 0)
        try data(8, 0)
        try data(7, 1)
        try test.endTransaction(7, commit: false)
        try data(7, 2)
        try test.endTransaction(8, commit: false)
        try test.endTransaction(7, commit: true)
        try data(8, 1)
        try test.log.roll(now: 1000)
        try data(8, 2)
        try test.endTransaction(8, commit: false)
        try data(7, 3)
        try test.endTransaction(7, commit: false)
        try test.log.roll(now: 1000)
        try data(7, 4)
        try test.checkpoint()
        test.log.recoveryPointWritten(test.log.recoveryPoint)
        return test
    }

    @Test func `in a transaction index is found by the batches, and the file is written anew`()
        throws
    {
        let test = try withTransactions()
        let whole = try #require(test.system.contents(path("txnindex")))
        #expect(whole.count == 2 * 34)
        #expect(try damage(test).1 == nil)
        for bit in 0..<whole.count * 8 {
            try flip(bit % 8, of: bit / 8, "txnindex", test)
            let (scan, found) = try damage(test)
            #expect(found?.isInRecords == false, "bit \(bit)")
            #expect(found?.path == path("txnindex"), "bit \(bit)")
            #expect(try repair(test, scan, from: nil), "bit \(bit)")
            #expect((test.system.contents(path("txnindex")) == whole) as Bool, "bit \(bit)")
        }
        let others = [
            Array(whole.dropLast(34)), Array(whole.dropFirst(34)), whole + whole,
            Array(whole.dropLast(1)), [],
        ]
        for bytes in others {
            test.system.write(bytes, to: path("txnindex"))
            for segment in test.log.segments { segment.release() }
            let (scan, found) = try damage(test)
            #expect(found?.path == path("txnindex"))
            #expect(try repair(test, scan, from: nil))
            #expect((test.system.contents(path("txnindex")) == whole) as Bool)
        }
        #expect(try damage(test).1 == nil)
    }

    @Test func `in a transaction index is found as far as its segment tells`() throws {
        var test = try withTransactions()
        let second = TestLog.directory + "/00000000000000000008.txnindex"
        let whole = try #require(test.system.contents(second))
        let right = try entries(whole)
        #expect(right.map(\.firstOffset) == [7, 10])
        #expect(try damage(test, from: 8).1 == nil)
        // While the node is down: what was in memory is gone.
        for bit in 0..<whole.count * 8 {
            var bytes = whole
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            test.system.write(bytes, to: second)
            try test.stopAndStart()
            test.log.recoveryPointWritten(test.log.recoveryPoint)
            let (scan, found) = try damage(test, from: 8)
            if found != nil { #expect(try repair(test, scan, from: nil)) }
            let mended = try entries(#require(test.system.contents(second)))
            #expect(mended.map(\.producerID) == right.map(\.producerID), "bit \(bit)")
            #expect(mended.map(\.lastOffset) == right.map(\.lastOffset), "bit \(bit)")
            // Of a transaction that may have begun below nobody can tell where it did.
            #expect(mended[0].firstOffset <= 8, "bit \(bit)")
            #expect(mended[1].firstOffset == 10 || mended[1].firstOffset < 8, "bit \(bit)")
            // A reader looks further if it is too low.
            #expect(zip(mended, right).allSatisfy { $0.lastStableOffset <= $1.lastStableOffset })
        }
    }

    private func entries(_ bytes: [UInt8]) throws -> [AbortedTransaction] {
        var reader = ByteReader(SharedBytes(bytes))
        return try (0..<bytes.count / 34).map { _ in try AbortedTransaction(from: &reader) }
    }

    @Test func `is not seen where only the sums over the batches differ`() throws {
        let (scan, _) = try damage(written())
        #expect(scan.marks.map(\.end) == [10])
        func walk(_ change: (inout RecordBatchHeader) -> Void) throws -> Range<Offset>? {
            let other = try written()
            var walk = DigestWalk(from: 0, marks: scan.marks)
            var batches = RecordBatchSequence(
                try other.log.read(
                    from: 0, upTo: 10, maxBytes: 1 << 20, minOneBatch: true
                ).load())
            while let batch = try batches.next() {
                var header = batch.header
                change(&header)
                if let range = walk.take(header) { return range }
            }
            #expect(walk.isDone)
            return nil
        }
        #expect(try walk { _ in } == nil)
        #expect(try walk { if $0.baseOffset == 4 { $0.crc ^= 1 } } == 0..<10)
        #expect(try walk { if $0.baseOffset == 0 { $0.partitionLeaderEpoch = 7 } } == 0..<10)
    }

    /// A batch of two records for each of `offsets`, of which some lack the second.
    private func headers(
        at offsets: [Int64], thinned: Set<Int64> = [], withHorizon: Set<Int64> = []
    ) throws -> [RecordBatchHeader] {
        let whole = try written()
        let slice = try whole.log.read(from: 0, upTo: 2, maxBytes: 1, minOneBatch: true)
        let header = try RecordBatchHeader(slice.load(), at: 0)
        return offsets.map { offset in
            var header = header
            header.baseOffset = Offset(offset)
            header.crc = UInt32(offset) &* 77
            if thinned.contains(offset) {
                (header.recordCount, header.crc) = (1, header.crc &+ 1)
            }
            if withHorizon.contains(offset) {
                header.attributes = RecordBatchAttributes(
                    rawValue: header.attributes.rawValue | 0x40)
                header.crc &+= 1
            }
            return header
        }
    }

    /// Marks after the batches at `ends`, as a scan makes them.
    private func marks(_ batches: [RecordBatchHeader], after ends: Set<Int64>) -> [DigestMark] {
        var (marks, digest, isWhole, next): ([DigestMark], _, _, _) = (
            [], BatchDigest(), true, Offset.zero
        )
        for batch in batches {
            if batch.baseOffset > next || !batch.hasAllRecords { isWhole = false }
            digest.add(batch)
            next = batch.nextOffset
            guard ends.contains(batch.baseOffset.rawValue) || batch == batches.last else {
                continue
            }
            marks.append(DigestMark(end: next, digest: digest, hasAllRecords: isWhole))
            (digest, isWhole) = (BatchDigest(), true)
        }
        return marks
    }

    @Test func `is not seen in what one of two replicas has compacted`() throws {
        let whole = try headers(at: [0, 2, 4, 6, 8, 10])
        let compacted = [
            try headers(at: [0, 2, 4, 6, 10]), try headers(at: [6, 8, 10]),
            try headers(at: [0, 2, 4]), try headers(at: [10]),
            try headers(at: [0, 2, 4, 6, 8, 10], thinned: [2, 8]),
            try headers(at: [0, 2, 4, 6, 8, 10], withHorizon: [0, 4, 8]),
        ]
        for one in compacted + [whole] {
            for other in compacted + [whole] {
                var walk = DigestWalk(from: 0, marks: marks(one, after: [2, 6]))
                #expect(other.allSatisfy { walk.take($0) == nil })
            }
        }
    }

    @Test func `is seen in what neither of two replicas has compacted`() throws {
        let one = marks(try headers(at: [0, 4, 6, 8, 10]), after: [4, 8])
        var other = try headers(at: [2, 4, 6, 8, 10])
        other[3].crc ^= 1
        var walk = DigestWalk(from: 0, marks: one)
        #expect(other.compactMap { walk.take($0) } == [6..<10])
    }

    @Test
    func `is looked for in a busy segment once that is closed and a checkpoint has passed it`()
        throws
    {
        var test = try written()
        try test.append([10], epoch: 1)
        #expect(test.log.scan(at: 20, below: test.log.logEndOffset) == nil)
        try test.log.close(segmentAt: 13, now: 2000)
        #expect(test.log.segments.map(\.baseOffset) == [0, 10, 20])
        try test.log.close(segmentAt: 20, now: 2000)
        try test.append([11], epoch: 1)
        try test.log.close(segmentAt: 20, now: 2000)
        #expect(test.log.segments.map(\.baseOffset) == [0, 10, 20, 22])
        try test.checkpoint()
        test.log.recoveryPointWritten(test.log.recoveryPoint)
        try test.append([12], epoch: 1)
        #expect(test.log.scan(at: 20, below: test.log.logEndOffset)?.nextOffset == 22)
    }

    @Test func `in the open segment closes it to be repaired`() throws {
        let whole = try written()
        let test = try written()
        let open = TestLog.directory + "/00000000000000000020.log"
        var bytes = try #require(test.system.contents(open))
        bytes[70] ^= 4
        test.system.write(bytes, to: open)
        for segment in test.log.segments { segment.release() }
        let (scan, found) = try damage(test, from: 20)
        #expect(found?.offset == 20)
        #expect(found?.end == 21)
        #expect(try repair(test, scan, from: whole))
        #expect(test.log.segments.map(\.baseOffset) == [0, 10, 20, 21])
        #expect(try test.readAll() == whole.readAll())
    }

    @Test func `of a segment that was cut meanwhile is not the log's`() throws {
        let test = try written()
        let (scan, _) = try damage(test)
        #expect(test.log.holds(scan))
        try test.log.truncate(to: 4, now: 2000)
        #expect(!test.log.holds(scan))
        #expect(try test.log.beginRepair(scan, now: 2000) == nil)
    }
}
