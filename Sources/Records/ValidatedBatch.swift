package import Model

/// A producer's batch that a leader may append, and what the leader learnt while checking it.
package struct ValidatedBatch: Sendable {
    /// The batch as it is to be kept, lacking only its base offset and its leader epoch: stamp
    /// them.
    package var batch: RecordBatchView
    /// The largest timestamp of the records, or the append time; -1 if no record bears one.
    package let maxTimestamp: Timestamp
    /// How far behind the base offset the first record with that timestamp lies.
    package let maxTimestampOffsetDelta: Int32
    /// Bytes of the records while they were unpacked; 0 if they came unpacked.
    package let unpackedBytes: Int
    /// Whether the batch was written anew in the topic's codec.
    package let isRepacked: Bool
}
