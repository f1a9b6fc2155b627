internal import Bytes

/// The block into which a loop reads for all its connections.
///
/// A quiet connection owns no read buffer at all: ten thousand of them cost nothing. Frames that
/// arrive whole are slices of the block. As long as nobody keeps one, the same block is filled
/// again from its start and stays in the processor's cache; otherwise reading goes on behind the
/// last slice until the block is used up.
struct ReadArena {
    /// One read brings at most so much, and one small frame that is kept holds at most so much.
    static let blockSize = 256 << 10
    /// With less room left than this, a new block is begun.
    static let roomMin = 64 << 10

    private(set) var block = ByteStorage(capacity: ReadArena.blockSize)
    private(set) var used = 0

    /// Makes sure that there is room worth a read.
    mutating func makeRoom() {
        if Self.blockSize - used < Self.roomMin {
            block = ByteStorage(capacity: Self.blockSize)
            used = 0
        }
    }

    /// Bytes that can be read behind what is used.
    var room: Int { Self.blockSize - used }

    /// Marks the next `count` bytes as handed out.
    mutating func use(_ count: Int) {
        precondition(count <= room, "only what was read is handed out")
        used += count
    }

    /// Begins anew if nobody holds a slice any more.
    mutating func recycle() {
        if used > 0, isKnownUniquelyReferenced(&block) { used = 0 }
    }
}
