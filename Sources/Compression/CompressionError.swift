/// Why bytes could not be packed or unpacked.
public enum CompressionError: Error, Hashable, Sendable {
    /// The input is not what the codec writes, or fails its checksum.
    case corrupt(CompressionCodec)
    /// The input ends early.
    case truncated(CompressionCodec)
    /// Unpacked, the input would be larger than the caller allows: a bomb, or a limit set too low.
    case limitExceeded(CompressionCodec, limit: Int)
    /// A level that the codec does not have.
    case invalidLevel(CompressionCodec, level: Int)
    /// The library refused for a reason of its own, such as lack of memory.
    case libraryFailed(CompressionCodec, code: Int)
}
