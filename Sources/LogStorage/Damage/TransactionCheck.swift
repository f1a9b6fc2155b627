internal import Model
internal import ProducerState
internal import Records

/// What the transaction index of a segment must say, as the segment's own batches tell it. The file has no checksum
/// (Kafka's format), and what is read from it decides which records a consumer skips.
///
/// Batches come in the order of their offsets. What lies in the segment as a whole is known exactly. Where a
/// transaction that began below it did so is taken from the claimed entry, if it is possible; so is what
/// compaction may have taken the evidence of.
struct TransactionCheck: Sendable {
    private let base: Offset
    /// Entries of which the markers are still ahead.
    private var claimed: ArraySlice<AbortedTransaction>
    /// Where the transactions began that are under way.
    private var open: [ProducerID: Offset] = [:]
    /// Producers of which a marker was passed: their next transaction begins in the segment.
    private var ended: Set<ProducerID> = []
    private var next: Offset
    private var isCompacted = false
    /// What the index must say of what was passed.
    private(set) var right: [AbortedTransaction] = []
    private(set) var hasWrongEntry = false

    init(from base: Offset, _ claimed: [AbortedTransaction]) {
        self.base = base
        self.claimed = claimed[...]
        next = base
    }

    /// Whether the claimed entries are not those that the segment, now passed, must have.
    var isWrong: Bool { hasWrongEntry || !claimed.isEmpty }

    /// Passes a whole batch; of a control batch with what it says.
    mutating func pass(_ batch: RecordBatchHeader, _ marker: EndTransactionMarker?) {
        if batch.baseOffset > next || !batch.hasAllRecords { isCompacted = true }
        next = batch.nextOffset
        guard batch.isTransactional else { return }
        if batch.isControl {
            if let marker { end(batch, isAborted: !marker.isCommit) }
        } else if open[batch.producerID] == nil {
            open[batch.producerID] = batch.baseOffset
        }
    }

    private mutating func end(_ batch: RecordBatchHeader, isAborted: Bool) {
        let first = open.removeValue(forKey: batch.producerID)
        let isKnown = !ended.insert(batch.producerID).inserted || base == .zero
        var claim: AbortedTransaction?
        while let entry = claimed.first, entry.lastOffset <= batch.lastOffset {
            claimed.removeFirst()
            if entry.lastOffset == batch.lastOffset { claim = entry } else { hasWrongEntry = true }
        }
        var entry: AbortedTransaction?
        if isAborted {
            entry = aborted(by: batch, from: first, isKnown: isKnown, claim)
        }
        if entry != claim { hasWrongEntry = true }
        if let entry { right.append(entry) }
    }

    /// The entry of an aborted transaction; nil if there was none to abort.
    ///
    /// - Parameters:
    ///   - first: its first batch here.
    ///   - isKnown: that it did not begin below the segment.
    private func aborted(
        by batch: RecordBatchHeader, from first: Offset?, isKnown: Bool,
        _ claim: AbortedTransaction?
    ) -> AbortedTransaction? {
        let stable = open.values.min() ?? batch.nextOffset
        if let claim, claim.producerID == batch.producerID, claim.lastStableOffset >= .zero {
            // One that is open longer may have begun below, or be compacted away.
            let isStable =
                claim.lastStableOffset == stable || claim.lastStableOffset < base
                || (isCompacted && claim.lastStableOffset < stable)
            if isStable, isPossible(claim.firstOffset, first, isKnown: isKnown, batch) {
                return claim
            }
        }
        // Too low an offset only has a reader look further.
        let known = base == .zero ? stable : min(stable, base - 1)
        return first.map { first in
            AbortedTransaction(
                producerID: batch.producerID, firstOffset: first, lastOffset: batch.lastOffset,
                lastStableOffset: known)
        }
    }

    private func isPossible(
        _ claim: Offset, _ first: Offset?, isKnown: Bool, _ batch: RecordBatchHeader
    ) -> Bool {
        if isCompacted { return claim <= first ?? batch.baseOffset }
        if isKnown { return claim == first }
        return claim == first || claim < base
    }
}
