package import Bytes
package import Model
package import Records

// Kafka's `.snapshot` file: int16 version, CRC-32C of what follows it, int32 count, then 46 bytes
// per producer (`ProducerSnapshot` schema, version 1). It keeps only the last batch of each.

extension ProducerTable {
    private enum At {
        static let crc = 2
        static let count = 6
        static let entries = 10
    }

    private static let snapshotVersion: Int16 = 1
    private static let entrySize = 46

    /// The file that tells of every batch below `mapEndOffset`, after which it is named.
    package func snapshot() -> SharedBytes {
        var writer = ByteWriter(capacity: At.entries + entries.count * Self.entrySize)
        writer.int16(Self.snapshotVersion)
        writer.uint32(0)
        writer.int32(Int32(entries.count))
        for entry in sortedEntries {
            writer.int64(entry.producerID.rawValue)
            writer.int16(entry.epoch)
            writer.int32(entry.lastSequence)
            writer.int64(entry.lastOffset.rawValue)
            writer.int32(entry.batches.last?.offsetDelta ?? 0)
            writer.int64(entry.lastTimestamp.rawValue)
            writer.int32(entry.coordinatorEpoch)
            writer.int64(entry.transactionFirstOffset?.rawValue ?? -1)
        }
        writer.overwrite(writer.crc32c(At.count..<writer.count), at: At.crc)
        return writer.finish()
    }

    /// The table of a snapshot that is named after `offset`. Producers that have expired since
    /// are left out. The log must then be replayed from `offset` on.
    package init(
        snapshot bytes: SharedBytes, at offset: Offset, expiration: Duration, now: Timestamp
    ) throws(ProducerSnapshotError) {
        self.init(expiration: expiration, at: offset)
        guard bytes.count >= At.entries else {
            throw .invalidLength(entries: 0, bytes: bytes.count)
        }
        let version: Int16 = bytes.integer(at: 0)
        guard version == Self.snapshotVersion else { throw .unsupportedVersion(version) }
        let stored: UInt32 = bytes.integer(at: At.crc)
        let computed = bytes.crc32c(At.count..<bytes.count)
        guard stored == computed else { throw .crcMismatch(stored: stored, computed: computed) }
        let count = Int(bytes.integer(at: At.count, as: Int32.self))
        guard count >= 0, bytes.count == At.entries + count * Self.entrySize else {
            throw .invalidLength(entries: count, bytes: bytes.count)
        }
        entries.reserveCapacity(count)
        var seen = Set<ProducerID>(minimumCapacity: count)
        for index in 0..<count {
            let at = At.entries + index * Self.entrySize
            guard
                let entry = ProducerEntry(bytes[at..<at + Self.entrySize], below: offset),
                seen.insert(entry.producerID).inserted
            else { throw .invalidEntry(index: index) }
            if isExpired(entry, now: now) { continue }
            entries[entry.producerID] = entry
            if let first = entry.transactionFirstOffset {
                open.append(OpenTransaction(producerID: entry.producerID, firstOffset: first))
            }
        }
        open.sort { ($0.firstOffset, $0.producerID) < ($1.firstOffset, $1.producerID) }
    }
}

extension ProducerTable {
    /// Whether a producer that a snapshot told of wrote at `start` or above.
    package func hasWritten(from start: Offset) -> Bool {
        entries.values.contains { $0.lastOffset >= start }
    }

    /// Takes back a batch that lies below the snapshot which this table was made from: that keeps the last one of each
    /// producer, and a producer may repeat any of its last five. They come in the order of their offsets.
    package mutating func recall(_ batch: RecordBatchHeader) {
        guard batch.hasProducerID, !batch.isControl, batch.lastOffset < mapEndOffset else { return }
        entries[batch.producerID]?.recall(ProducerBatch(batch), epoch: batch.producerEpoch)
    }
}

extension ProducerEntry {
    /// One entry of a snapshot; nil if its values cannot be those of a producer that wrote below
    /// `end`.
    fileprivate init?(_ bytes: SharedBytes, below end: Offset) {
        let producerID = ProducerID(bytes.integer(at: 0))
        let lastSequence: Int32 = bytes.integer(at: 10)
        let lastOffset = Offset(bytes.integer(at: 14))
        let offsetDelta: Int32 = bytes.integer(at: 22)
        let firstOffset = Offset(bytes.integer(at: 38))
        guard producerID >= ProducerID(0), lastSequence >= -1, offsetDelta >= 0 else { return nil }
        guard lastOffset >= .none, lastOffset < end else { return nil }
        guard firstOffset >= .none, firstOffset < end else { return nil }
        self.init(
            producerID, epoch: bytes.integer(at: 8), lastTimestamp: Timestamp(bytes.integer(at: 26))
        )
        coordinatorEpoch = bytes.integer(at: 34)
        transactionFirstOffset = firstOffset == .none ? nil : firstOffset
        guard lastOffset >= .zero else { return }
        guard Int64(offsetDelta) <= lastOffset.rawValue else { return nil }
        batches = [
            ProducerBatch(
                lastSequence: lastSequence, lastOffset: lastOffset, offsetDelta: offsetDelta,
                timestamp: lastTimestamp)
        ]
    }
}
