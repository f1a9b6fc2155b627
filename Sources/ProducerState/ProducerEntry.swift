package import Model
internal import Records

/// One producer on one partition.
package struct ProducerEntry: Hashable, Sendable {
    /// Batches remembered: a producer may have that many requests under way (KIP-98).
    package static let batchesMax = 5

    package let producerID: ProducerID
    /// The producer's newest epoch; older ones are fenced.
    package internal(set) var epoch: Int16
    /// The newest batches of that epoch, oldest first, at most `batchesMax`. Empty after a marker
    /// that raised the epoch.
    package internal(set) var batches: [ProducerBatch] = []
    /// Leadership of the transaction log that sent the last marker; -1 before any.
    package internal(set) var coordinatorEpoch: Int32 = -1
    /// Of the last batch or marker: what expiry counts from.
    package internal(set) var lastTimestamp: Timestamp
    /// Where the open transaction begins on this partition; nil without one.
    package internal(set) var transactionFirstOffset: Offset?

    init(_ producerID: ProducerID, epoch: Int16, lastTimestamp: Timestamp) {
        self.producerID = producerID
        self.epoch = epoch
        self.lastTimestamp = lastTimestamp
    }

    /// Sequence number of the last record, -1 if this epoch has written none.
    package var lastSequence: Int32 { batches.last?.lastSequence ?? -1 }
    /// Offset of the last record, -1 if this epoch has written none.
    package var lastOffset: Offset { batches.last?.lastOffset ?? .none }

    /// The remembered batch that `header` repeats.
    func duplicate(of header: RecordBatchHeader) -> ProducerBatch? {
        guard header.producerEpoch == epoch else { return nil }
        return batches.first {
            $0.firstSequence == header.baseSequence && $0.lastSequence == header.lastSequence
        }
    }

    /// Sequences belong to an epoch: those of another one are forgotten.
    mutating func enter(epoch: Int16) {
        guard self.epoch != epoch else { return }
        self.epoch = epoch
        batches.removeAll(keepingCapacity: true)
    }

    /// Takes back an older batch of this epoch. The newest is known, and they come in the order of their offsets.
    mutating func recall(_ batch: ProducerBatch, epoch: Int16) {
        guard self.epoch == epoch, let last = batches.last else { return }
        guard batch.lastSequence >= 0, batch.lastOffset < last.firstOffset else { return }
        if batches.count == Self.batchesMax { batches.removeFirst() }
        batches.insert(batch, at: batches.count - 1)
    }

    mutating func remember(_ batch: ProducerBatch) {
        if batches.count == Self.batchesMax { batches.removeFirst() }
        batches.append(batch)
        lastTimestamp = batch.timestamp
    }
}
