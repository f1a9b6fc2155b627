package import Bytes

// What callers use. The libraries sit behind it, one file each.

extension CompressionCodec {
    /// Levels that `compression.<codec>.level` may name (KIP-390); nil where the codec has none.
    package var levels: ClosedRange<Int>? {
        switch self {
        case .none, .snappy: nil
        case .gzip: 1...9
        case .lz4: 1...17
        case .zstd: -131_072...22
        }
    }

    /// The level used when none is named.
    package var defaultLevel: Int? {
        switch self {
        case .none, .snappy: nil
        case .gzip: -1
        case .lz4: 9
        case .zstd: 3
        }
    }

    /// `bytes`, packed in the framing that Kafka's clients expect.
    ///
    /// - Parameter level: nil for the default; ignored by codecs without levels.
    package func compress(
        _ bytes: SharedBytes, level: Int? = nil
    ) throws(CompressionError) -> SharedBytes {
        if let level, let levels, !levels.contains(level), level != defaultLevel {
            throw .invalidLevel(self, level: level)
        }
        guard bytes.count <= Self.inputMax else {
            throw .limitExceeded(self, limit: Self.inputMax)
        }
        switch self {
        case .none: return bytes
        case .gzip: return try Gzip.compress(bytes, level: level ?? -1)
        case .snappy: return try Snappy.compress(bytes)
        case .lz4: return try LZ4.compress(bytes, level: level ?? 9)
        case .zstd: return try Zstandard.compress(bytes, level: level ?? 3)
        }
    }

    /// `bytes`, unpacked, in a block of their own (the same block for `none`).
    ///
    /// Memory grows with what is really unpacked and never beyond `limit` bytes by more than a
    /// constant: an input that holds more throws `limitExceeded`. No input traps.
    package func decompress(
        _ bytes: SharedBytes, limit: Int
    ) throws(CompressionError) -> SharedBytes {
        precondition(limit >= 0, "a size")
        guard bytes.count <= Self.inputMax else {
            throw .limitExceeded(self, limit: Self.inputMax)
        }
        switch self {
        case .none:
            guard bytes.count <= limit else { throw .limitExceeded(self, limit: limit) }
            return bytes
        case .gzip: return try Gzip.decompress(bytes, limit: limit)
        case .snappy: return try Snappy.decompress(bytes, limit: limit)
        case .lz4: return try LZ4.decompress(bytes, limit: limit)
        case .zstd: return try Zstandard.decompress(bytes, limit: limit)
        }
    }

    /// No batch is larger: its length is an int32.
    static let inputMax = Int(Int32.max)
}
