import Bytes
import LogStorage
import Model
import Ports
import ProducerState
import Records
import TestSupport
import Testing

@Suite("Appending to a partition log")
struct PartitionLogAppendingTests {
    @Test func `stamps offsets and epoch, and keeps the checksum`() throws {
        var test = try TestLog()
        try test.append([1, 2])
        var batch = makeBatch([3, 4, 5], time: 77)
        let outcome = try test.log.append(&batch, epoch: 7, now: 99)
        guard case .appended(let result) = outcome else { throw LogError.closed }
        #expect(result.firstOffset == 2)
        #expect(result.lastOffset == 4)
        #expect(result.maxTimestamp == 79)
        #expect(result.logAppendTime == .none)
        #expect(batch.partitionLeaderEpoch == 7)
        #expect(batch.isCRCValid())
        #expect(test.log.latestEpoch == 7)
        var stale = makeBatch([1])
        #expect(throws: LogError.epochGoesBack(last: 7, found: 6)) {
            try test.log.append(&stale, epoch: 6, now: 99)
        }
    }

    @Test func `from a leader refuses what does not continue the log, and writes none of it`()
        throws
    {
        var test = try TestLog()
        try test.append([1, 2])
        let gap = makeBatch([1], at: 9, epoch: 0)
        let back = makeBatch([1], at: 1, epoch: 0)
        #expect(throws: LogError.unexpectedOffset(expected: 2, found: 1)) {
            try test.log.append(replicated: back.bytes, now: 0)
        }
        var writer = ByteWriter()
        writer.bytes(gap.bytes)
        writer.bytes(makeBatch([1], at: 8, epoch: 0).bytes)
        let twisted = writer.finish()
        #expect(throws: LogError.unexpectedOffset(expected: 10, found: 8)) {
            try test.log.append(replicated: twisted, now: 0)
        }
        let damaged = makeBatch([1], at: 2, epoch: 0).bytes
        damaged.overwrite(UInt8(0x55), at: damaged.count - 2)
        #expect(throws: LogError.self) { try test.log.append(replicated: damaged, now: 0) }
        #expect(try test.log.append(replicated: gap.bytes[0..<50], now: 0) == nil)
        #expect(try test.readAll().count == 1)
    }

    @Test func `to an empty log that begins inside a batch takes the batch whole`() throws {
        let test = try TestLog()
        try test.log.truncateFully(andStartAt: 5, now: 0)
        let batch = makeBatch([1, 2, 3], at: 4, epoch: 1)
        _ = try test.log.append(replicated: batch.bytes, now: 0)
        #expect(test.log.logStartOffset == 5)
        #expect(test.log.logEndOffset == 7)
        let slice = try test.log.read(from: 5, upTo: 7, maxBytes: 1000, minOneBatch: true)
        #expect(slice.count == batch.sizeInBytes)
    }

    @Test func `knows an epoch that has written nothing, until it is cut away`() throws {
        var test = try TestLog()
        try test.append([1], epoch: 3)
        try test.log.beginEpoch(5)
        #expect(test.log.endOffset(of: 5) == OffsetAndEpoch(offset: 1, epoch: 5))
        #expect(test.log.endOffset(of: 4) == OffsetAndEpoch(offset: 1, epoch: 3))
        try test.stopAndStart()
        #expect(test.log.latestEpoch == 3, "a start cannot tell it from one that was lost")
        try test.log.beginEpoch(5)
        let older = makeBatch([2], at: 1, epoch: 4)
        #expect(throws: LogError.epochGoesBack(last: 5, found: 4)) {
            try test.log.append(replicated: older.bytes, now: 0)
        }
        #expect(try !test.log.truncate(to: 1, now: 0))
        _ = try test.log.append(replicated: older.bytes, now: 0)
        #expect(test.log.latestEpoch == 4)
    }

    @Test func `to a full disk fails, and goes on when there is room`() throws {
        var test = try TestLog()
        try test.append([1])
        test.system.writesUntilFull = 0
        #expect(throws: LogError.self) { try test.append([2], size: 500) }
        #expect(try test.readAll().count == 1)
        test.system.writesUntilFull = .max
        #expect(try test.append([3]).firstOffset == 1)
        try test.crashAndStart(keepEverything: true)
        #expect(test.log.opening.bytesCutOff == 0)
        #expect(try test.readAll().count == 2)
    }

    // MARK: Producers

    func send(
        _ test: inout TestLog, _ sequence: Int32, epoch: Int16 = 0, transactional: Bool = false
    ) throws -> AppendOutcome {
        var batch = makeBatch(
            [1], transactional: transactional, producer: 42, producerEpoch: epoch,
            sequence: sequence)
        return try test.log.append(&batch, epoch: 0, now: 0)
    }

    func end(_ test: inout TestLog, commit: Bool) throws {
        let marker = EndTransactionMarker(isCommit: commit, coordinatorEpoch: 1)
        let bytes = RecordBatchBuilder.endTransaction(
            marker, producerID: 42, producerEpoch: 0, timestamp: 1000)
        var batch = try RecordBatchView(bytes)
        _ = try test.log.append(&batch, epoch: 0, origin: .coordinator, now: 0)
    }

    @Test func `knows a repeated batch, a gap and a fenced producer across restarts`() throws {
        var test = try TestLog()
        _ = try send(&test, 0)
        _ = try send(&test, 1)
        for round in 0..<3 {
            guard case .duplicate(let earlier) = try send(&test, 1) else {
                Issue.record("taken twice in round \(round)")
                return
            }
            #expect(earlier.firstOffset == 1)
            #expect(throws: LogError.producer(.outOfOrderSequence(last: 1, received: 5))) {
                try send(&test, 5)
            }
            if round == 0 { try test.stopAndStart() }
            if round == 1 { try test.crashAndStart(keepEverything: true) }
        }
        _ = try send(&test, 0, epoch: 3)
        #expect(throws: LogError.producer(.fencedEpoch(current: 3, received: 0))) {
            try send(&test, 2)
        }
        try test.log.truncate(to: 1, now: 0)
        guard case .appended = try send(&test, 1) else {
            Issue.record("a truncated batch is forgotten")
            return
        }
    }

    @Test func `keeps aborted transactions and the last stable offset`() throws {
        var test = try TestLog()
        _ = try send(&test, 0, transactional: true)
        #expect(test.log.lastStableOffset(highWatermark: 1) == 0)
        try end(&test, commit: false)
        test.log.highWatermarkAdvanced(to: 2)
        #expect(test.log.lastStableOffset(highWatermark: 2) == 2)
        try test.log.roll(now: 0)
        _ = try send(&test, 1, transactional: true)
        try end(&test, commit: true)
        _ = try send(&test, 2, transactional: true)
        try end(&test, commit: false)
        let first = AbortedTransaction(
            producerID: 42, firstOffset: 0, lastOffset: 1, lastStableOffset: 2)
        let second = AbortedTransaction(
            producerID: 42, firstOffset: 4, lastOffset: 5, lastStableOffset: 6)
        for round in 0..<4 {
            #expect(try test.log.abortedTransactions(from: 0, to: 6) == [first, second])
            #expect(try test.log.abortedTransactions(from: 0, to: 2) == [first])
            #expect(try test.log.abortedTransactions(from: 2, to: 6) == [second])
            if round == 0 { try test.crashAndStart(keepEverything: true) }
            if round == 1 { try test.stopAndStart() }
            if round == 2 {
                test.system.write([9, 9], to: TestLog.directory + "/00000000000000000002.txnindex")
                try test.stopAndStart()
            }
        }
        #expect(
            test.system.contents(TestLog.directory + "/00000000000000000000.txnindex")!.count == 34)
        try test.log.truncate(to: 5, now: 0)
        #expect(try test.log.abortedTransactions(from: 0, to: 6) == [first])
        test.log.highWatermarkAdvanced(to: 5)
        #expect(test.log.firstUnstableOffset == 4)
    }

    @Test func `without producers writes no snapshots, as the quorum's log`() throws {
        var configuration = LogConfiguration()
        configuration.tracksProducers = false
        var test = try TestLog(configuration)
        try test.append([1], epoch: 1)
        try test.log.roll(now: 0)
        try test.append([2], epoch: 4)
        try test.stopAndStart()
        #expect(!test.system.names(TestLog.directory).contains { $0.hasSuffix(".snapshot") })
        try test.log.truncateFully(andStartAt: 100, now: 0)
        try test.crashAndStart(keepEverything: true)
        #expect(test.log.logEndOffset == 100)
        #expect(test.log.latestEpoch == nil)
        _ = try test.log.append(replicated: makeBatch([5], at: 100, epoch: 6).bytes, now: 0)
        #expect(test.log.endOffset(of: 6) == OffsetAndEpoch(offset: 101, epoch: 6))
    }
}
