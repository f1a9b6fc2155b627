internal import Bytes
internal import Glibc
internal import Ports

/// Cuts a byte stream into frames, reading straight to where the bytes will stay.
///
/// Bytes of a frame that did not arrive whole go to a block of its own, which is also where the
/// next read puts the rest; only what was read into the arena before the end of the frame was
/// missed is copied. The block grows with the bytes that really came: a length is only a claim.
struct FrameReader {
    /// A block of a frame's own begins with at most this, whatever length the frame claims: most producers'
    /// requests fit. Pages of it that nothing was written to take no memory.
    static let firstBlockMax = 1 << 20
    /// A block that is full grows by this factor, up to the frame's length.
    static let growth = 4
    /// While at least this much of a frame is missing, the arena is offered only
    /// `arenaShareOfLarge`, because the next frame is likely large too and what lands in the arena
    /// would have to be copied.
    static let largeRest = 64 << 10
    static let arenaShareOfLarge = 16 << 10
    static let prefixLength = 4

    private let framing: Framing
    /// The bytes of an incomplete length prefix.
    private var prefix: UInt32 = 0
    private var prefixCount = 0
    /// The incomplete frame, if its length is known.
    private var storage: ByteStorage?
    private var filled = 0
    private var length = 0

    init(_ framing: Framing) { self.framing = framing }

    /// Bytes of memory held for an incomplete frame.
    var heldByteCount: Int { storage?.capacity ?? 0 }

    /// A length that no frame may have.
    struct InvalidLength: Error { let length: Int64 }

    /// Says where the next read shall put its bytes: one part or two. Answers with their number and
    /// size.
    @unsafe
    mutating func prepare(
        _ parts: UnsafeMutablePointer<iovec>, _ arena: inout ReadArena
    ) -> (count: Int32, size: Int) {
        arena.makeRoom()
        var share = arena.room
        var count: Int32 = 0
        var size = 0
        if storage != nil {
            growIfFull()
            guard let storage else { preconditionFailure("the block of the frame is there") }
            let room = storage.capacity - filled
            unsafe parts[0] = iovec(
                iov_base: storage.unsafeMutableBytes.baseAddress.map { unsafe $0 + filled },
                iov_len: room)
            count = 1
            size = room
            // Bytes for the arena may come only after the whole frame.
            if storage.capacity < length { share = 0 }
            if room >= Self.largeRest { share = min(share, Self.arenaShareOfLarge) }
        }
        if share > 0 {
            unsafe parts[Int(count)] = iovec(
                iov_base: arena.block.unsafeMutableBytes.baseAddress.map {
                    unsafe $0 + arena.used
                },
                iov_len: share)
            count += 1
            size += share
        }
        return (count, size)
    }

    private mutating func growIfFull() {
        guard let full = storage, filled == full.capacity else { return }
        let larger = ByteStorage(capacity: min(length, full.capacity * Self.growth))
        // SAFETY: both blocks are ours alone, and the larger one has room for all of the smaller.
        unsafe larger.unsafeMutableBytes.copyMemory(
            from: UnsafeRawBufferPointer(rebasing: full.unsafeMutableBytes[..<filled]))
        storage = larger
    }

    /// Takes in `count` bytes that a read has put where `prepare` said; appends each frame that is
    /// whole.
    mutating func received(
        _ count: Int, _ arena: inout ReadArena, _ frames: inout [SharedBytes]
    ) throws(InvalidLength) {
        var rest = count
        if let storage {
            let taken = min(rest, storage.capacity - filled)
            filled += taken
            rest -= taken
            if filled == length {
                frames.append(SharedBytes(storage, 0..<length))
                self.storage = nil
            }
        }
        guard rest > 0 else { return }
        let arrived = SharedBytes(arena.block, arena.used..<(arena.used + rest))
        guard case .lengthPrefixed(let limit) = framing else {
            frames.append(arrived)
            arena.use(rest)
            return
        }
        arena.use(try cut(arrived, limit: limit, &frames))
    }

    /// Cuts what arrived and answers with the end of the last slice handed out.
    private mutating func cut(
        _ arrived: SharedBytes, limit: Int, _ frames: inout [SharedBytes]
    ) throws(InvalidLength) -> Int {
        var at = 0
        var handedOut = 0
        while true {
            if prefixCount == 0, arrived.count - at >= Self.prefixLength {
                prefix = arrived.integer(at: at)
                at += Self.prefixLength
            } else {
                while prefixCount < Self.prefixLength, at < arrived.count {
                    prefix = prefix << 8 | UInt32(arrived[at])
                    prefixCount += 1
                    at += 1
                }
                guard prefixCount == Self.prefixLength else { return handedOut }
            }
            let claimed = Int(Int32(bitPattern: prefix))
            prefix = 0
            prefixCount = 0
            guard claimed >= 0, claimed <= limit else {
                throw InvalidLength(length: Int64(claimed))
            }
            if arrived.count - at >= claimed {
                frames.append(arrived[at..<(at + claimed)])
                at += claimed
                handedOut = at
            } else {
                keep(arrived[at..<arrived.count], of: claimed)
                return handedOut
            }
            if at == arrived.count { return handedOut }
        }
    }

    /// Moves the beginning of a frame to a block of its own.
    private mutating func keep(_ beginning: SharedBytes, of claimed: Int) {
        let size = min(claimed, max(Self.firstBlockMax, beginning.count))
        let own = ByteStorage(capacity: size)
        unsafe beginning.withUnsafeBytes { unsafe own.unsafeMutableBytes.copyMemory(from: $0) }
        storage = own
        filled = beginning.count
        length = claimed
    }
}
