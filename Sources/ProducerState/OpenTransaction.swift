package import Model

/// A transaction that has begun on a partition and not ended.
package struct OpenTransaction: Hashable, Sendable {
    package let producerID: ProducerID
    /// Offset of its first record here.
    package let firstOffset: Offset

    package init(producerID: ProducerID, firstOffset: Offset) {
        self.producerID = producerID
        self.firstOffset = firstOffset
    }
}
