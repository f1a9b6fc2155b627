package import Model
internal import Records

/// What is remembered of a batch to know it again when the producer repeats it (KIP-98).
package struct ProducerBatch: Hashable, Sendable {
    /// Sequence number of the last record; -1 if the batch had none.
    package let lastSequence: Int32
    /// Offset of the last record.
    package let lastOffset: Offset
    /// Distance from the first record to the last, in offsets and in sequence numbers alike.
    package let offsetDelta: Int32
    /// The batch's largest timestamp.
    package let timestamp: Timestamp

    package init(
        lastSequence: Int32, lastOffset: Offset, offsetDelta: Int32, timestamp: Timestamp
    ) {
        self.lastSequence = lastSequence
        self.lastOffset = lastOffset
        self.offsetDelta = offsetDelta
        self.timestamp = timestamp
    }

    init(_ header: RecordBatchHeader) {
        self.init(
            lastSequence: header.lastSequence, lastOffset: header.lastOffset,
            offsetDelta: header.lastOffsetDelta, timestamp: header.maxTimestamp)
    }

    /// The offset that a repeated batch is answered with.
    package var firstOffset: Offset { lastOffset - Int64(offsetDelta) }

    /// Sequence number of the first record; sequences wrap from 2147483647 to 0.
    package var firstSequence: Int32 {
        guard lastSequence >= 0 else { return -1 }
        return Int32(
            truncatingIfNeeded: (Int64(lastSequence) - Int64(offsetDelta)) & Int64(Int32.max))
    }
}
