internal import Bytes
internal import Glibc
internal import Platform

/// What all connections of one loop share: the read arena, the gather list, the list of those that
/// have something to send at the end of the turn. It exists so that a connection at rest owns no
/// memory for I/O.
@safe
final class LoopNetwork: @unchecked Sendable {
    // SAFETY: everything but `loop` is used on that loop only. `parts` is valid from `init` to
    // `deinit`.

    /// Parts of one gathered write, at most the kernel's IOV_MAX.
    static let partsMax = 1024

    let loop: EpollLoop
    let parts: UnsafeMutablePointer<iovec>
    var arena = ReadArena()
    /// The frames of the read under way.
    var frames: [SharedBytes] = []

    private var dirty: [TCPConnection] = []
    private var flushing: [TCPConnection] = []

    init(_ loop: EpollLoop) {
        self.loop = loop
        unsafe parts = .allocate(capacity: Self.partsMax)
    }

    deinit { unsafe parts.deallocate() }

    /// Flushes `connection` at the end of this turn. Each asks once per turn.
    func flushAtEndOfTurn(_ connection: TCPConnection) {
        if dirty.isEmpty { loop.atEndOfTurn { self.flushAll() } }
        dirty.append(connection)
    }

    private func flushAll() {
        swap(&dirty, &flushing)
        for connection in flushing { connection.endOfTurn() }
        flushing.removeAll(keepingCapacity: true)
    }
}
