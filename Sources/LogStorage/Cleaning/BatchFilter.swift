internal import Bytes
internal import Compression
internal import Model
internal import ProducerState
internal import Records

/// Decides what compaction leaves of a batch, by Kafka's rules (its `Cleaner` and `MemoryRecords.filterTo`).
///
/// - Of a key the newest record stays, and what lies behind the map. Records without a key go.
/// - A tombstone stays until the delete horizon, which its batch gets when it is first cleaned (KIP-534).
/// - Records of aborted transactions go; a marker goes after its records, at its own horizon.
/// - A batch that bears the last sequence number of an active producer stays, without records if need be; so
///   does the last batch of the round, so that the end of what was cleaned is known.
struct BatchFilter {
    /// What stays of a batch.
    enum Verdict {
        case unchanged
        case rewritten(SharedBytes)
        case gone
    }

    let map: OffsetMap
    /// The last data of each active producer.
    let producers: [ProducerID: LastProduced]
    /// After which a tombstone that is first cleaned now may go.
    let horizon: Timestamp
    let now: Timestamp
    /// The offset after the last one of the round.
    let end: Offset

    /// The last thing a producer wrote.
    struct LastProduced: Sendable {
        let epoch: Int16
        /// Nil if only a marker of it is known.
        let lastDataOffset: Offset?
    }

    func verdict(
        on batch: RecordBatchView, _ transactions: inout CleanedTransactions
    ) throws(RecordBatchError) -> Verdict {
        let header = batch.header
        let isFinished =
            header.isControl
            ? transactions.passed(control: header, marker: try batch.endTransactionMarker())
            : transactions.passed(header)
        let isPastHorizon = header.deleteHorizon.map { $0 <= now } ?? false
        let dropsRecords = isFinished && (!header.isControl || isPastHorizon)
        let mustStay = isLast(of: header) || header.nextOffset == end
        guard mustStay || !dropsRecords else { return .gone }

        var kept: [Record] = []
        var hasTombstones = false
        if !dropsRecords {
            var records = try batch.records()
            while let record = try records.next() {
                guard header.isControl || isKept(record, in: header) else { continue }
                if record.value == nil { hasTombstones = true }
                kept.append(record)
            }
        }
        let isWhole = kept.count == Int(header.recordCount)
        guard !kept.isEmpty else {
            guard mustStay else { return .gone }
            return isWhole ? .unchanged : .rewritten(Self.emptied(header))
        }
        let isFirstCleaning =
            header.deleteHorizon == nil && (hasTombstones || (isFinished && header.isControl))
        if isWhole, !isFirstCleaning { return .unchanged }
        let until = isFirstCleaning ? horizon : header.deleteHorizon
        return .rewritten(try Self.rebuilt(header, kept, deleteHorizon: until))
    }

    private func isKept(_ record: Record, in batch: RecordBatchHeader) -> Bool {
        guard record.offset <= map.latestOffset else { return true }
        guard let key = record.key else { return false }
        if let newest = map.offset(of: key), record.offset < newest { return false }
        guard record.value == nil, let horizon = batch.deleteHorizon else { return true }
        return now < horizon
    }

    private func isLast(of batch: RecordBatchHeader) -> Bool {
        guard batch.hasProducerID, let last = producers[batch.producerID] else { return false }
        guard let offset = last.lastDataOffset else {
            return batch.isControl && batch.producerEpoch == last.epoch
        }
        return batch.lastOffset == offset
    }

    /// The batch with those records, in its own range of offsets and codec.
    private static func rebuilt(
        _ header: RecordBatchHeader, _ records: [Record], deleteHorizon: Timestamp?
    ) throws(RecordBatchError) -> SharedBytes {
        var options = RecordBatchBuilder.Options()
        options.baseOffset = header.baseOffset
        options.partitionLeaderEpoch = header.partitionLeaderEpoch
        options.compression = header.compression
        options.timestampType = header.timestampType
        options.isTransactional = header.isTransactional
        options.isControl = header.isControl
        options.producerID = header.producerID
        options.producerEpoch = header.producerEpoch
        options.baseSequence = header.baseSequence
        options.deleteHorizon = deleteHorizon
        if header.timestampType == .logAppendTime { options.maxTimestamp = header.maxTimestamp }
        let bytes = records.reduce(RecordBatchHeader.size) { $0 + $1.sizeInBytes + 8 }
        var builder = RecordBatchBuilder(options, capacity: bytes)
        for record in records { builder.append(record) }
        do throws(CompressionError) {
            return try builder.finish(lastOffset: header.lastOffset)
        } catch {
            throw .compression(error)
        }
    }

    /// The batch without records: its header, which tells offsets, producer and time.
    private static func emptied(_ header: RecordBatchHeader) -> SharedBytes {
        RecordBatchBuilder.emptied(header)
    }
}
