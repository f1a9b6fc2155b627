package import Model
package import Records

/// A sum over batches in their order: offsets, epochs, sizes and checksums. Replicas that hold the same have the same.
package struct BatchDigest: Hashable, Sendable {
    private var value: UInt64 = 0

    package init() {}

    package mutating func add(_ batch: RecordBatchHeader) {
        mix(UInt64(bitPattern: batch.baseOffset.rawValue))
        mix(UInt64(bitPattern: batch.lastOffset.rawValue))
        mix(UInt64(bitPattern: Int64(batch.partitionLeaderEpoch.rawValue)))
        mix(UInt64(batch.crc) << 32 | UInt64(UInt32(truncatingIfNeeded: batch.sizeInBytes)))
    }

    /// Each step can be undone, so a difference in any word is one in the sum.
    private mutating func mix(_ word: UInt64) {
        value = (value ^ word) &* 0x9E37_79B9_7F4A_7C15
        value ^= value >> 32
    }
}

/// The batches of a part of a segment.
package struct DigestMark: Hashable, Sendable {
    /// The offset behind the part.
    package let end: Offset
    package let digest: BatchDigest
    /// Whether the part has a record for each of its offsets, as it has until it is compacted.
    package let hasAllRecords: Bool
}
