package import Model

/// A transaction whose marker was appended.
package struct CompletedTransaction: Hashable, Sendable {
    package let producerID: ProducerID
    /// Offset of its first record here.
    package let firstOffset: Offset
    /// Offset of its marker.
    package let lastOffset: Offset
    /// Whether consumers must skip its records.
    package let isAborted: Bool
    /// The last stable offset that the log has once the marker is replicated.
    package let lastStableOffset: Offset

    package init(
        producerID: ProducerID, firstOffset: Offset, lastOffset: Offset, isAborted: Bool,
        lastStableOffset: Offset
    ) {
        self.producerID = producerID
        self.firstOffset = firstOffset
        self.lastOffset = lastOffset
        self.isAborted = isAborted
        self.lastStableOffset = lastStableOffset
    }

    /// What the `.txnindex` must hold about it; nil for a committed one.
    package var abortedTransaction: AbortedTransaction? {
        guard isAborted else { return nil }
        return AbortedTransaction(
            producerID: producerID, firstOffset: firstOffset, lastOffset: lastOffset,
            lastStableOffset: lastStableOffset)
    }
}
