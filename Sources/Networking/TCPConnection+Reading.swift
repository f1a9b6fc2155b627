internal import CPlatform
internal import Glibc
internal import Platform
internal import Ports

extension TCPConnection {
    /// Reads of one connection in a turn, before others have theirs.
    static let readsPerTurnMax = 4

    func setReading(_ isReading: Bool) {
        guard isReading != isReadingWanted else { return }
        isReadingWanted = isReading
        if isReading { readAgain() }
    }

    /// Reads later, not inside the handler that asks for it.
    func readAgain() {
        guard isReadable, !isReadingAgain else { return }
        isReadingAgain = true
        network.loop.post {
            self.isReadingAgain = false
            self.readAll()
        }
    }

    /// Reads until the kernel has no more or the turn's share is used up.
    func readAll() {
        var reads = 0
        while isOpen, isReadable, isReadingWanted {
            guard reads < Self.readsPerTurnMax else { return readAgain() }
            reads += 1
            readOnce()
        }
    }

    private func readOnce() {
        guard let raw = socket?.raw else { preconditionFailure("an open connection has a socket") }
        // SAFETY: `prepare` points into blocks that the reader and the arena hold, and that nobody
        // else can see behind what was handed out; the kernel writes inside the parts only.
        let parts = unsafe network.parts
        let (count, size) = unsafe reader.prepare(parts, &network.arena)
        let got = unsafe martlet_read_into(raw, parts, count)
        guard got > 0 else {
            isReadable = false
            if got == 0 { return endOfStream() }
            let errno = Errno(Int32(truncatingIfNeeded: -got))
            return errno.wouldBlock ? () : finish(failure(errno, "receive"))
        }
        if got < size, !mustReadToEnd { isReadable = false }
        noteActivity()
        do throws(FrameReader.InvalidLength) {
            try reader.received(Int(got), &network.arena, &network.frames)
            deliver()
        } catch {
            deliver()
            finish(.invalidFrame(length: error.length))
        }
    }

    /// Hands the frames of one read to the handler.
    private func deliver() {
        guard !network.frames.isEmpty else { return }
        handler?.received(network.frames, on: self)
        network.frames.removeAll(keepingCapacity: true)
        network.arena.recycle()
    }

    /// The peer has ended its direction. What this turn has gathered for it still leaves.
    private func endOfStream() {
        peerHasEnded = true
        planFlush()
    }
}
