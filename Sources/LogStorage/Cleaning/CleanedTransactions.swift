internal import Model
internal import ProducerState
internal import Records

/// What a walk over a log knows of transactions: which batches are of an aborted one, and which markers nobody
/// needs any more (Kafka's `CleanedTransactionMetadata`).
///
/// Batches come in the order of their offsets. A marker goes only after all records of its transaction.
struct CleanedTransactions: Sendable {
    private struct Aborted {
        let transaction: AbortedTransaction
        var hasBatches = false
    }

    /// Aborted transactions that are still ahead, by first offset, the next one last.
    private var ahead: [AbortedTransaction]
    private var aborted: [ProducerID: Aborted] = [:]
    private var committed: Set<ProducerID> = []
    /// Aborted transactions of which something is left: the new transaction index.
    private(set) var kept: [AbortedTransaction] = []

    init(aborted: [AbortedTransaction]) {
        ahead = aborted.sorted { ($0.firstOffset, $0.lastOffset) > ($1.firstOffset, $1.lastOffset) }
    }

    /// Hands over what belongs into the index of the segment that ends here.
    mutating func takeKept() -> [AbortedTransaction] {
        defer { kept = [] }
        return kept
    }

    /// A batch of records. True if it is of an aborted transaction.
    mutating func passed(_ batch: RecordBatchHeader) -> Bool {
        begin(upTo: batch.lastOffset)
        guard batch.isTransactional else { return false }
        guard aborted[batch.producerID] != nil else {
            committed.insert(batch.producerID)
            return false
        }
        aborted[batch.producerID]?.hasBatches = true
        return true
    }

    /// A control batch. True if nothing of its transaction is left, so that it may go in time.
    mutating func passed(
        control batch: RecordBatchHeader, marker: EndTransactionMarker?
    ) -> Bool {
        begin(upTo: batch.lastOffset)
        // One without records was cleaned before.
        guard batch.recordCount > 0 else { return true }
        guard let marker else { return false }
        if marker.isCommit { return committed.remove(batch.producerID) == nil }
        guard let ended = aborted.removeValue(forKey: batch.producerID), ended.hasBatches else {
            return true
        }
        kept.append(ended.transaction)
        return false
    }

    private mutating func begin(upTo offset: Offset) {
        while let next = ahead.last, next.firstOffset <= offset {
            ahead.removeLast()
            if aborted[next.producerID] == nil {
                aborted[next.producerID] = Aborted(transaction: next)
            }
        }
    }
}
