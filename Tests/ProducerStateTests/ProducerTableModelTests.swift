import Bytes
import Model
import Records
import TestSupport
import Testing

@testable import ProducerState

/// The rules told from the whole log, without any state: slow and plain.
struct WholeLog {
    var batches: [(header: RecordBatchHeader, marker: EndTransactionMarker?)] = []

    func epoch(_ id: ProducerID) -> Int16? {
        batches.last { $0.header.producerID == id }?.header.producerEpoch
    }

    /// The data batches that the producer wrote since its epoch last changed.
    func current(_ id: ProducerID) -> [RecordBatchHeader] {
        let all = batches.filter { $0.header.producerID == id }
        guard let epoch = all.last?.header.producerEpoch else { return [] }
        let run = all.reversed().prefix { $0.header.producerEpoch == epoch }
        return run.reversed().filter { $0.marker == nil }.map(\.header)
    }

    func openSince(_ id: ProducerID) -> Offset? {
        var first: Offset?
        for (header, marker) in batches where header.producerID == id {
            if marker != nil {
                first = nil
            } else if header.isTransactional, first == nil {
                first = header.baseOffset
            }
        }
        return first
    }

    /// nil: refused.
    func verdict(_ header: RecordBatchHeader) -> ProducerTable.Verdict? {
        guard let epoch = epoch(header.producerID) else { return .append }
        let known = current(header.producerID)
        let repeated = known.suffix(5).first {
            $0.baseSequence == header.baseSequence && $0.recordCount == header.recordCount
        }
        if header.producerEpoch == epoch, let repeated {
            return .duplicate(
                of: ProducerBatch(
                    lastSequence: repeated.lastSequence, lastOffset: repeated.lastOffset,
                    offsetDelta: repeated.lastOffsetDelta, timestamp: repeated.maxTimestamp))
        }
        if header.producerEpoch < epoch { return nil }
        let last = header.producerEpoch == epoch ? known.last : nil
        let expected: Int64 = last.map { (Int64($0.lastSequence) + 1) % (1 << 31) } ?? 0
        if Int64(header.baseSequence) != expected { return nil }
        if openSince(header.producerID) != nil, !header.isTransactional { return nil }
        return .append
    }

    func firstUnstable(_ ids: [ProducerID], highWatermark: Offset) -> Offset? {
        var candidates = ids.compactMap(openSince)
        for id in ids {
            var first: Offset?
            for (header, marker) in batches where header.producerID == id {
                if marker == nil {
                    if header.isTransactional, first == nil { first = header.baseOffset }
                } else {
                    if let first, header.lastOffset >= highWatermark { candidates.append(first) }
                    first = nil
                }
            }
        }
        return candidates.min()
    }
}

@Suite("A producer table, held against the whole log")
struct ProducerTableModelTests {
    @Test(arguments: 0..<40 as Range<UInt64>)
    func `decides as if it had read everything`(seed: UInt64) throws {
        var random = PRNG(seed: seed)
        var log = WholeLog()
        var table = ProducerTable(expiration: .seconds(1_000_000))
        let ids: [ProducerID] = [1, 2, 3]
        var end: Offset = 0
        var highWatermark: Offset = 0
        for _ in 0..<150 {
            let id = ids[random.below(3)]
            let epoch = max(0, (log.epoch(id) ?? 0) + [0, 0, 0, 0, 0, 0, 1, -1][random.below(8)])
            if random.below(6) == 0 {
                let view = markerBatch(
                    id, epoch: max(epoch, log.epoch(id) ?? 0), at: end,
                    isCommit: random.below(2) == 0)
                let since = log.openSince(id)
                let ended = try table.apply(view)
                #expect(ended?.firstOffset == since)
                log.batches.append((view.header, try view.endTransactionMarker()))
                if let ended {
                    let next = ids.compactMap(log.openSince).min() ?? view.nextOffset
                    #expect(ended.lastStableOffset == next)
                }
                end = view.nextOffset
            } else {
                let header = header(id, epoch, log, end, &random)
                let verdict = try? table.check(header, origin: .client)
                #expect(verdict == log.verdict(header))
                if verdict == .append {
                    table.apply(header)
                    log.batches.append((header, nil))
                    end = header.nextOffset
                }
            }
            if random.below(5) == 0 {
                highWatermark = highWatermark + Int64(random.below(Int(end - highWatermark) + 1))
                table.highWatermarkAdvanced(to: highWatermark)
            }
            #expect(
                table.firstUnstableOffset == log.firstUnstable(ids, highWatermark: highWatermark))
        }
        try restart(table, log, ids, end: end)
    }

    /// A repetition, the next batch, or something odd.
    func header(
        _ id: ProducerID, _ epoch: Int16, _ log: WholeLog, _ end: Offset, _ random: inout PRNG
    ) -> RecordBatchHeader {
        let known = log.current(id)
        var sequence = known.last.map { ($0.lastSequence &+ 1) & .max } ?? (.max - 5)
        var count = Int32(1 + random.below(4))
        switch random.below(6) {
        case 0 where !known.isEmpty:
            let old = known[random.below(known.count)]
            (sequence, count) = (old.baseSequence, old.recordCount)
        case 1: sequence = Int32(random.below(20))
        case 2: sequence = 0
        default: break
        }
        return dataBatch(
            id, epoch: epoch, at: end, sequence: sequence, count: count,
            isTransactional: random.below(2) == 0 || log.openSince(id) != nil && random.below(4) > 0
        )
    }

    /// A snapshot, and a replay of the whole log, must know the producers as the table does.
    func restart(
        _ table: ProducerTable, _ log: WholeLog, _ ids: [ProducerID], end: Offset
    ) throws {
        let saved = try ProducerTable(
            snapshot: table.snapshot(), at: end, expiration: table.expiration, now: 0)
        var replayed = ProducerTable(expiration: table.expiration)
        for (header, marker) in log.batches { replayed.apply(header, marker: marker) }
        #expect(replayed.sortedEntries == table.sortedEntries)
        #expect(replayed.open == table.open)
        #expect(saved.open == table.open && saved.mapEndOffset == end)
        for id in ids {
            #expect(saved.entry(id)?.epoch == table.entry(id)?.epoch)
            #expect(saved.entry(id)?.lastSequence == table.entry(id)?.lastSequence)
            #expect(saved.entry(id)?.lastOffset == table.entry(id)?.lastOffset)
        }
    }
}
