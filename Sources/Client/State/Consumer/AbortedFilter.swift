internal import Model
internal import Records
internal import WireMessages

/// Leaves out what aborted transactions wrote, for readers of committed records (KIP-98).
///
/// A broker tells with the batches which producers' transactions among them were aborted, and from which
/// offset on; the abort marker of a producer ends that.
struct AbortedFilter {
    /// By first offset.
    private var coming: [(producer: ProducerID, first: Offset)]
    private var open: Set<ProducerID> = []

    /// - Parameter aborted: nil or empty if the reader wants everything.
    init(_ aborted: [FetchResponse.AbortedTransaction]?) {
        coming = (aborted ?? []).map { (ProducerID($0.producerID), Offset($0.firstOffset)) }
        coming.sort { $0.first > $1.first }
    }

    /// Whether the batch is to be left out. Batches must come in order, control batches too.
    mutating func leavesOut(_ batch: RecordBatchView) -> Bool {
        while let next = coming.last, next.first <= batch.lastOffset {
            open.insert(next.producer)
            coming.removeLast()
        }
        guard !open.isEmpty, batch.isTransactional else { return false }
        if batch.isControl { open.remove(batch.producerID) }
        return open.contains(batch.producerID)
    }
}
