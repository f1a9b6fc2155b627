import Bytes
import LogStorage
import Model
import Ports
import Records
import TestSupport
import Testing

@Suite("Reading a partition log")
struct PartitionLogReadingTests {
    func makeTest(batches: Int = 50) throws -> TestLog {
        var configuration = LogConfiguration()
        configuration.indexIntervalBytes = 500
        var test = try TestLog(configuration)
        for value in 0..<batches { try test.append([value], size: 100) }
        return test
    }

    @Test func `goes on where it stopped without searching`() throws {
        let test = try makeTest(batches: 2000)
        var offset: Offset = 0
        var calls: [Int] = []
        while offset < 2000 {
            let before = test.system.calls
            let slice = try test.log.read(
                from: offset, upTo: 2000, maxBytes: 10_000, minOneBatch: true)
            calls.append(test.system.calls - before)
            var batches = RecordBatchSequence(try slice.load())
            while let batch = try batches.next() { offset = batch.nextOffset }
        }
        // One small read finds where the answer is cut; the file of the index may have to be
        // searched for that.
        #expect(calls.count > 20)
        #expect(calls.dropLast().allSatisfy { $0 <= 6 })
    }

    @Test func `at the tail costs no call to the disk`() throws {
        let test = try makeTest()
        let before = test.system.calls
        for offset in 1..<Int64(49) {
            let slice = try test.log.read(
                from: Offset(offset), upTo: Offset(offset + 1), maxBytes: 10_000, minOneBatch: true)
            #expect(!slice.isEmpty)
        }
        #expect(test.system.calls == before)
    }

    @Test func `gives whole batches within the limit, the first one always`() throws {
        let test = try makeTest()
        let size = try test.log.read(from: 0, upTo: 1, maxBytes: 1, minOneBatch: true).count
        for limit in [0, size - 1, size, size + 1, 3 * size, 17 * size + 5] {
            let slice = try test.log.read(from: 10, upTo: 50, maxBytes: limit, minOneBatch: true)
            #expect(slice.count == max(size, slice.count / size * size))
            #expect(slice.count <= max(limit, size))
            let none = try test.log.read(from: 10, upTo: 50, maxBytes: limit, minOneBatch: false)
            #expect(none.isEmpty == (limit < size))
        }
        #expect(try test.log.read(from: 10, upTo: 10, maxBytes: 1000, minOneBatch: true).isEmpty)
        #expect(try test.log.read(from: 50, upTo: 50, maxBytes: 1000, minOneBatch: true).isEmpty)
        #expect(try test.log.bytes(from: 10, upTo: 20) == Int64(10 * size))
    }

    @Test func `leaves out a batch that the bound divides`() throws {
        var test = try TestLog()
        try test.append([1, 2, 3])
        try test.append([4, 5, 6])
        let slice = try test.log.read(from: 0, upTo: 5, maxBytes: 1000, minOneBatch: true)
        var batches = RecordBatchSequence(try slice.load())
        #expect(try batches.next()?.lastOffset == 2)
        #expect(try batches.next() == nil)
        #expect(try test.log.read(from: 4, upTo: 5, maxBytes: 99, minOneBatch: true).isEmpty)
        let inside = try test.log.read(from: 4, upTo: 6, maxBytes: 1000, minOneBatch: true)
        var second = RecordBatchSequence(try inside.load())
        #expect(try second.next()?.baseOffset == 3)
    }

    @Test func `skips the gaps that compaction leaves`() throws {
        let test = try TestLog()
        for base in [3, 10, 20] as [Int64] {
            let batch = makeBatch([1], at: Offset(base), epoch: 0)
            _ = try test.log.append(replicated: batch.bytes, now: 0)
        }
        for (asked, found) in [(0, 3), (4, 10), (10, 10), (11, 20)] as [(Int64, Int64)] {
            let slice = try test.log.read(
                from: Offset(asked), upTo: 21, maxBytes: 1, minOneBatch: true)
            var batches = RecordBatchSequence(try slice.load())
            #expect(try batches.next()?.baseOffset == Offset(found))
        }
    }

    @Test func `finds the first record at or after a time`() throws {
        var configuration = LogConfiguration()
        configuration.indexIntervalBytes = 100
        var test = try TestLog(configuration)
        for value in 0..<20 {
            try test.append([value, value], time: Int64(value) * 100 + 1000)
            if value % 7 == 6 { try test.log.roll(now: 0) }
        }
        for _ in 0..<2 {
            #expect(try test.log.lookUp(0)?.offset == 0)
            #expect(try test.log.lookUp(1000)?.offset == 0)
            #expect(try test.log.lookUp(1001)?.offset == 1)
            #expect(try test.log.lookUp(1002)?.offset == 2)
            #expect(try test.log.lookUp(2850)?.offset == 38)
            #expect(try test.log.lookUp(2901)?.offset == 39)
            #expect(try test.log.lookUp(2902) == nil)
            let newest = TimestampOffset(timestamp: 2901, offset: 39, epoch: 0)
            #expect(try test.log.offsetOfMaxTimestamp() == newest)
            try test.stopAndStart()
        }
        try test.log.advanceLogStart(to: 5)
        #expect(try test.log.lookUp(0)?.offset == 5)
    }

    @Test func `tells epochs' ends as KIP-279 asks`() throws {
        var cache = LeaderEpochCache()
        #expect(cache.endOffset(of: 0, logEndOffset: 10).offset == .none)
        cache.assign(2, at: 5)
        cache.assign(4, at: 8)
        #expect(cache.endOffset(of: 1, logEndOffset: 10) == OffsetAndEpoch(offset: 5, epoch: 1))
        #expect(cache.endOffset(of: 2, logEndOffset: 10) == OffsetAndEpoch(offset: 8, epoch: 2))
        #expect(cache.endOffset(of: 3, logEndOffset: 10) == OffsetAndEpoch(offset: 8, epoch: 2))
        #expect(cache.endOffset(of: 4, logEndOffset: 10) == OffsetAndEpoch(offset: 10, epoch: 4))
        #expect(cache.endOffset(of: 5, logEndOffset: 10).epoch == .none)
        #expect(cache.epoch(at: 4) == nil)
        #expect(cache.epoch(at: 7) == 2)
        cache.truncateStart(at: 7)
        #expect(cache.entries.first == .init(epoch: 2, startOffset: 7))
        cache.truncateEnd(at: 8)
        #expect(cache.latest?.epoch == 2)
    }
}
