package import Model

/// What became of one batch: of all its records alike.
package struct Delivery: Sendable {
    package enum Outcome: Hashable, Sendable {
        /// Written, the first record at `baseOffset` (`.none` if unknown).
        case written(baseOffset: Offset, appendTime: Timestamp)
        case failed(ClientError)
    }

    /// `nil` partition number (-1) for records that never got one.
    package let partition: TopicPartition
    /// What the sender called its records, in their order in the batch.
    package let tokens: [UInt64]
    package let outcome: Outcome
}
