internal import Bytes

/// Where a codec writes what it unpacks: grows by doubling, up to one byte above its limit.
///
/// The one byte tells "exactly as much as allowed" from "more", for codecs that report the end of
/// their stream only when asked for more.
@safe
struct GrowingOutput {
    private var storage: ByteStorage
    private(set) var count = 0
    private let limit: Int
    private let codec: CompressionCodec

    /// Room for a guess at the result, no more than twice the largest window a codec wants at
    /// first.
    init(codec: CompressionCodec, inputCount: Int, limit: Int) {
        self.codec = codec
        // One byte above the limit must be a size too.
        self.limit = min(limit, Int.max - 1)
        let guess = min(max(inputCount, 256) * 4, Self.firstMax)
        storage = ByteStorage(capacity: min(guess, self.limit + 1))
    }

    /// Room taken before a single byte was unpacked.
    static let firstMax = 256 << 10

    /// Bytes that can be written at `cursor` now; never zero.
    mutating func room() throws(CompressionError) -> Int {
        if count > limit { throw .limitExceeded(codec, limit: limit) }
        if count == storage.capacity { grow() }
        return storage.capacity - count
    }

    private mutating func grow() {
        let capacity = storage.capacity > limit / 2 ? limit + 1 : storage.capacity * 2
        let larger = ByteStorage(capacity: max(capacity, 1))
        // SAFETY: both blocks are at least `count` bytes long and nobody else sees the new one.
        unsafe larger.unsafeMutableBytes.copyMemory(
            from: UnsafeRawBufferPointer(rebasing: storage.unsafeMutableBytes[..<count]))
        storage = larger
    }

    /// Where the next byte goes.
    var cursor: UnsafeMutableRawPointer {
        guard let base = unsafe storage.unsafeMutableBytes.baseAddress else {
            preconditionFailure("a block has an address")
        }
        // SAFETY: count <= capacity, and the caller writes no more than `room()` bytes.
        return unsafe base + count
    }

    /// Counts bytes that a codec wrote at `cursor`.
    mutating func wrote(_ bytes: Int) {
        precondition(bytes >= 0 && bytes <= storage.capacity - count, "inside the room given")
        count += bytes
    }

    /// What was written. Throws if that is more than allowed.
    func finish() throws(CompressionError) -> SharedBytes {
        guard count <= limit else { throw .limitExceeded(codec, limit: limit) }
        return SharedBytes(storage, 0..<count)
    }
}
