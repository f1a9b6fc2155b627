package import Model
package import ProducerState

/// What an append did.
package struct AppendResult: Hashable, Sendable {
    /// First offset the batch took.
    package let firstOffset: Offset
    /// Last offset that was written.
    package let lastOffset: Offset
    /// Largest timestamp of what was written.
    package let maxTimestamp: Timestamp
    /// With `message.timestamp.type=LogAppendTime` the time that all records got, else -1.
    package let logAppendTime: Timestamp
    /// First offset of the log at that moment.
    package let logStartOffset: Offset
    /// Bytes written.
    package let bytes: Int
    /// Batches written.
    package let batches: Int
    /// Whether a segment was closed on the way.
    package let didRoll: Bool
}

/// What became of a batch that a leader was to append.
package enum AppendOutcome: Hashable, Sendable {
    case appended(AppendResult)
    /// The producer sent it again: it lies where it was written the first time, and is answered
    /// with that.
    case duplicate(of: ProducerBatch)
}
