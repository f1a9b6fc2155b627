import Bytes
import Model
import Records
import TestSupport
import Testing

@testable import ProducerState

/// The header of a data batch as it stands in a log.
func dataBatch(
    _ producerID: ProducerID = 1, epoch: Int16 = 0, at offset: Offset = 0, sequence: Int32,
    count: Int32 = 1, isTransactional: Bool = false, time: Timestamp = 0
) -> RecordBatchHeader {
    var options = RecordBatchBuilder.Options()
    options.producerID = producerID
    options.producerEpoch = epoch
    options.baseSequence = sequence
    options.baseOffset = offset
    options.isTransactional = isTransactional
    var builder = RecordBatchBuilder(options)
    for _ in 0..<count { builder.append(timestamp: time, key: nil, value: nil) }
    do { return try RecordBatchView(builder.finish()).header } catch { fatalError("\(error)") }
}

/// A marker as it stands in a log.
func markerBatch(
    _ producerID: ProducerID = 1, epoch: Int16 = 0, at offset: Offset, isCommit: Bool = true,
    coordinatorEpoch: Int32 = 0, time: Timestamp = 0
) -> RecordBatchView {
    let marker = EndTransactionMarker(isCommit: isCommit, coordinatorEpoch: coordinatorEpoch)
    let bytes = RecordBatchBuilder.endTransaction(
        marker, producerID: producerID, producerEpoch: epoch, timestamp: time)
    do {
        var view = try RecordBatchView(bytes)
        view.stamp(baseOffset: offset)
        return view
    } catch { fatalError("\(error)") }
}

@Suite("A producer table")
struct ProducerTableTests {
    var table = ProducerTable(expiration: .seconds(60))

    func check(
        _ batch: RecordBatchHeader, origin: AppendOrigin = .client
    ) throws(ProducerStateError) -> ProducerTable.Verdict {
        try table.check(batch, origin: origin)
    }

    @Test func `takes any first sequence of an unknown producer`() throws {
        #expect(try check(dataBatch(sequence: 77)) == .append)
        #expect(throws: ProducerStateError.outOfOrderSequence(last: -1, received: 77)) {
            try table.check(dataBatch(sequence: 77), origin: .client, mustStartAtZero: true)
        }
        let first = try table.check(
            dataBatch(sequence: 0), origin: .client, mustStartAtZero: true)
        #expect(first == .append)
    }

    @Test mutating func `answers each of the last five batches with its old offset`() throws {
        for i in 0..<7 as Range<Int32> {
            table.apply(dataBatch(at: Offset(Int64(i) * 10), sequence: i * 2, count: 2, time: 5))
        }
        for i in 2..<7 as Range<Int32> {
            let old = ProducerBatch(
                lastSequence: i * 2 + 1, lastOffset: Offset(Int64(i) * 10 + 1), offsetDelta: 1,
                timestamp: 5)
            #expect(try check(dataBatch(sequence: i * 2, count: 2)) == .duplicate(of: old))
            #expect(old.firstOffset == Offset(Int64(i) * 10))
        }
        #expect(throws: ProducerStateError.outOfOrderSequence(last: 13, received: 2)) {
            try check(dataBatch(sequence: 2, count: 2))
        }
        #expect(throws: ProducerStateError.outOfOrderSequence(last: 13, received: 12)) {
            // The same start and another end is no repetition.
            try check(dataBatch(sequence: 12, count: 3))
        }
        #expect(throws: ProducerStateError.outOfOrderSequence(last: 13, received: 15)) {
            try check(dataBatch(sequence: 15))
        }
        #expect(try check(dataBatch(sequence: 14)) == .append)
    }

    @Test mutating func `follows sequences from 2147483647 to 0`() throws {
        table.apply(dataBatch(at: 0, sequence: .max - 1, count: 3))
        #expect(table.entry(1)?.lastSequence == 0)
        #expect(table.entry(1)?.batches.first?.firstSequence == Int32.max - 1)
        #expect(try check(dataBatch(sequence: 1)) == .append)
        guard case .duplicate = try check(dataBatch(sequence: .max - 1, count: 3)) else {
            Issue.record("a repeated batch that wraps is known")
            return
        }
        table.apply(dataBatch(at: 3, sequence: .max, count: 1))
        #expect(try check(dataBatch(sequence: 0)) == .append)
    }

    @Test mutating func `fences old epochs and starts new ones at 0`() throws {
        table.apply(dataBatch(epoch: 2, at: 0, sequence: 0))
        #expect(throws: ProducerStateError.fencedEpoch(current: 2, received: 1)) {
            try check(dataBatch(epoch: 1, sequence: 1))
        }
        #expect(throws: ProducerStateError.fencedEpoch(current: 2, received: 1)) {
            try check(dataBatch(epoch: 1, sequence: 1), origin: .coordinator)
        }
        #expect(throws: ProducerStateError.outOfOrderSequence(last: -1, received: 1)) {
            try check(dataBatch(epoch: 3, sequence: 1))
        }
        #expect(try check(dataBatch(epoch: 3, sequence: 0)) == .append)
        table.apply(dataBatch(epoch: 3, at: 1, sequence: 0))
        #expect(try check(dataBatch(epoch: 3, sequence: 1)) == .append)
    }

    @Test mutating func `applies what the leader wrote without looking`() throws {
        table.apply(dataBatch(epoch: 2, at: 0, sequence: 0))
        for origin in [AppendOrigin.replication, .recovery] {
            #expect(try check(dataBatch(epoch: 1, sequence: 99), origin: origin) == .append)
        }
        table.apply(dataBatch(epoch: 1, at: 1, sequence: 99))
        #expect(table.entry(1)?.lastSequence == 99)
        #expect(table.mapEndOffset == 2)
    }

    @Test mutating func `skips what it knows when a replay begins earlier`() {
        table = ProducerTable(expiration: .seconds(60), at: 10)
        table.apply(dataBatch(at: 9, sequence: 0))
        #expect(table.count == 0 && table.mapEndOffset == 10)
        table.apply(dataBatch(at: 10, sequence: 1))
        #expect(table.count == 1 && table.mapEndOffset == 11)
    }

    @Test mutating func `holds the last stable offset at the oldest transaction`() throws {
        table.apply(dataBatch(1, at: 0, sequence: 0, count: 2, isTransactional: true))
        table.apply(dataBatch(2, at: 2, sequence: 0, isTransactional: true))
        table.apply(dataBatch(3, at: 3, sequence: 0))
        #expect(table.firstUnstableOffset == 0)
        #expect(table.hasOpenTransaction(1) && !table.hasOpenTransaction(3))
        #expect(throws: ProducerStateError.transactionOpen(since: 0)) {
            try check(dataBatch(1, sequence: 2))
        }
        let aborted = try table.apply(markerBatch(1, at: 4, isCommit: false))
        #expect(
            aborted?.abortedTransaction
                == AbortedTransaction(
                    producerID: 1, firstOffset: 0, lastOffset: 4, lastStableOffset: 2))
        #expect(table.firstUnstableOffset == 0, "its marker is not replicated")
        let below = table.highWatermarkAdvanced(to: 4)
        let above = table.highWatermarkAdvanced(to: 5)
        #expect(!below && above)
        #expect(table.firstUnstableOffset == 2)
        let committed = try table.apply(markerBatch(2, at: 5))
        #expect(committed?.lastStableOffset == 6)
        #expect(committed?.abortedTransaction == nil)
        #expect(table.lastStableOffset(highWatermark: 5, logStartOffset: 0) == 2)
        #expect(table.lastStableOffset(highWatermark: 5, logStartOffset: 3) == 3)
        table.highWatermarkAdvanced(to: 6)
        #expect(table.firstUnstableOffset == nil)
        #expect(table.lastStableOffset(highWatermark: 6, logStartOffset: 0) == 6)
    }

    @Test mutating func `a marker without a transaction fences and moves nothing`() throws {
        table.apply(dataBatch(1, at: 0, sequence: 0))
        let ended = try table.apply(markerBatch(1, epoch: 1, at: 1, coordinatorEpoch: 5))
        #expect(ended == nil)
        #expect(table.firstUnstableOffset == nil)
        #expect(throws: ProducerStateError.fencedEpoch(current: 1, received: 0)) {
            try check(dataBatch(1, epoch: 0, sequence: 1))
        }
        #expect(throws: ProducerStateError.outOfOrderSequence(last: -1, received: 4)) {
            try check(dataBatch(1, epoch: 1, sequence: 4))
        }
        let late = EndTransactionMarker(isCommit: true, coordinatorEpoch: 4)
        let header = markerBatch(1, epoch: 1, at: 2, coordinatorEpoch: 4).header
        #expect(throws: ProducerStateError.fencedCoordinator(current: 5, received: 4)) {
            try table.check(header, marker: late, origin: .coordinator)
        }
        let next = EndTransactionMarker(isCommit: true, coordinatorEpoch: 5)
        #expect(try table.check(header, marker: next, origin: .coordinator) == .append)
    }

    @Test mutating func `forgets silent producers but no open transaction`() {
        table.apply(dataBatch(1, at: 0, sequence: 0, time: 1_000))
        table.apply(dataBatch(2, at: 1, sequence: 0, isTransactional: true, time: 1_000))
        table.apply(dataBatch(3, at: 2, sequence: 0, time: 1_001))
        let early = table.removeExpired(now: 60_999)
        let late = table.removeExpired(now: 61_000)
        #expect(early == 0 && late == 1)
        #expect(table.sortedEntries.map(\.producerID) == [2, 3])
        table.apply(dataBatch(4, at: 3, sequence: 0, time: .none))
        let ancient = table.removeExpired(now: 59_999)
        #expect(ancient == 1)
    }

    @Test mutating func `starts over when the log does`() throws {
        table.apply(dataBatch(1, at: 0, sequence: 0, isTransactional: true))
        table.truncateFully(at: 50)
        #expect(table.count == 0 && table.firstUnstableOffset == nil && table.mapEndOffset == 50)
        #expect(try check(dataBatch(1, sequence: 9)) == .append)
    }

    @Test func `tells the peer Kafka's codes`() {
        let cases: [(ProducerStateError, Int16)] = [
            (.outOfOrderSequence(last: 1, received: 3), 45),
            (.fencedEpoch(current: 1, received: 0), 47),
            (.transactionOpen(since: 0), 48),
            (.fencedCoordinator(current: 1, received: 0), 52),
        ]
        for (error, code) in cases { #expect(error.errorCode.rawValue == code) }
    }
}
