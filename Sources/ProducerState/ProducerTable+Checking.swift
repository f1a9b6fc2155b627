internal import Model
package import Records

extension ProducerTable {
    /// Decides whether the log may take a batch, without changing anything.
    ///
    /// Its offsets are not looked at. A batch without a producer id always passes.
    ///
    /// - Parameters:
    ///   - marker: what a control batch says.
    ///   - mustStartAtZero: refuse an unknown producer whose first sequence is not 0. So do
    ///     transactional producers of `transaction.version` 2, whose epochs tell lost state from
    ///     a new one (KIP-890).
    package func check(
        _ batch: RecordBatchHeader, marker: EndTransactionMarker? = nil, origin: AppendOrigin,
        mustStartAtZero: Bool = false
    ) throws(ProducerStateError) -> Verdict {
        guard batch.hasProducerID, !origin.isSettled else { return .append }
        guard let entry = entries[batch.producerID] else {
            if mustStartAtZero, origin == .client, batch.baseSequence != 0 {
                throw .outOfOrderSequence(last: -1, received: batch.baseSequence)
            }
            return .append
        }
        if let marker {
            try checkEpoch(of: batch, against: entry)
            try checkCoordinator(of: marker, against: entry)
            return .append
        }
        if origin == .client, let duplicate = entry.duplicate(of: batch) {
            return .duplicate(of: duplicate)
        }
        try checkEpoch(of: batch, against: entry)
        if origin == .client { try checkSequence(of: batch, against: entry) }
        if let since = entry.transactionFirstOffset, !batch.isTransactional {
            throw .transactionOpen(since: since)
        }
        return .append
    }

    private func checkEpoch(
        of batch: RecordBatchHeader, against entry: ProducerEntry
    ) throws(ProducerStateError) {
        guard batch.producerEpoch >= entry.epoch else {
            throw .fencedEpoch(current: entry.epoch, received: batch.producerEpoch)
        }
    }

    private func checkSequence(
        of batch: RecordBatchHeader, against entry: ProducerEntry
    ) throws(ProducerStateError) {
        // A new epoch starts over, and so does one that has written nothing here yet.
        let last = batch.producerEpoch == entry.epoch ? entry.lastSequence : -1
        let expected = last < 0 ? 0 : RecordBatchHeader.sequence(last, advancedBy: 1)
        guard batch.baseSequence == expected else {
            throw .outOfOrderSequence(last: last, received: batch.baseSequence)
        }
    }

    private func checkCoordinator(
        of marker: EndTransactionMarker, against entry: ProducerEntry
    ) throws(ProducerStateError) {
        guard marker.coordinatorEpoch >= entry.coordinatorEpoch else {
            throw .fencedCoordinator(
                current: entry.coordinatorEpoch, received: marker.coordinatorEpoch)
        }
    }
}
