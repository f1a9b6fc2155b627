internal import Bytes
internal import CPlatform
internal import Glibc
internal import Platform
internal import Ports

extension TCPConnection {
    /// A file goes out in steps of at most so much, each after a look whether it is in memory.
    static let fileStepMax = 1 << 20
    /// A queue of more bytes leaves in whole frames: what a step ends with waits for the next one.
    static let corkMin = 256 << 10
    /// Bytes of one connection in one flush, before others have theirs.
    static let flushBytesMax = 4 << 20

    func send(_ pieces: [OutgoingPiece]) {
        switch phase {
        case .finishing, .closed: return
        case .connecting: queue.append(pieces)
        case .open:
            queue.append(pieces)
            planFlush()
        }
    }

    func planFlush() {
        guard !isFlushPlanned else { return }
        isFlushPlanned = true
        network.flushAtEndOfTurn(self)
    }

    /// What the turn has gathered leaves.
    func endOfTurn() {
        isFlushPlanned = false
        flush()
    }

    /// Sends as much as the kernel takes, and says so if that was all.
    func flush() {
        guard isOpen || isFinishing, let raw = socket?.raw else { return }
        if !isCorked, queue.byteCount > Self.corkMin { cork(raw, true) }
        sendQueued()
        guard !isClosed else { return }
        if isCorked, queue.isEmpty || isWaitingForDisk { cork(raw, false) }
        if peerHasEnded { return finish(.closedByPeer) }
        guard queue.isEmpty else {
            hadToQueue = true
            return
        }
        if isFinishing { return finish(.closedLocally) }
        if hadToQueue {
            hadToQueue = false
            handler?.drained(self)
        }
    }

    /// Without corks more frames go out, the same bytes: a refusal costs nothing else.
    private func cork(_ raw: Int32, _ isWanted: Bool) {
        isCorked = martlet_set_corked(raw, isWanted ? 1 : 0) == 0 && isWanted
    }

    private func sendQueued() {
        var sent = 0
        while isWritable, !isWaitingForDisk, !isClosed {
            guard sent < Self.flushBytesMax else {
                // Others first; then on with this one.
                network.loop.post { self.flush() }
                return
            }
            switch queue.next {
            case .nothing: return
            case .bytes: sent += sendBytes()
            case .file(let file, let range):
                let step = min(range.count, Self.fileStepMax)
                if file.isResident(at: range.offset, count: step) {
                    sent += sendFile(file, at: range.offset, count: step)
                } else {
                    readFromDisk(
                        range, step, file.path, device: file.device, checked: file.noteChecked
                    ) { offset, count throws(FileError) in
                        try file.read(at: offset, count: count)
                    }
                }
            case .other(let file, let range):
                let step = min(range.count, Self.fileStepMax)
                readFromDisk(range, step, file.path, device: nil, checked: file.noteChecked) {
                    offset, count throws(FileError) in
                    try file.read(at: offset, count: count)
                }
            }
        }
    }

    private func sendBytes() -> Int {
        guard let raw = socket?.raw else { preconditionFailure("an open connection has a socket") }
        // SAFETY: the queue holds the blocks until `advance`; the kernel only reads.
        let parts = unsafe network.parts
        let (count, size, moreFollows) = unsafe queue.gather(parts, limit: LoopNetwork.partsMax)
        let answer = unsafe martlet_send(raw, parts, Int32(count), moreFollows ? 1 : 0)
        guard answer > 0 else {
            sendFailed(Errno(Int32(truncatingIfNeeded: -answer)))
            return 0
        }
        noteActivity()
        queue.advance(bytes: Int(answer))
        // A part left over means a full socket; epoll says when it has room.
        if answer < size { isWritable = false }
        return Int(answer)
    }

    private func sendFile(_ file: FileUse, at offset: Int64, count: Int) -> Int {
        do throws(Errno) {
            guard let raw = socket?.raw else { return 0 }
            let sent = try file.send(to: raw, at: offset, count: count)
            guard sent > 0 else {
                fileEndedEarly(file.path)
                return 0
            }
            noteActivity()
            queue.advanceFile(by: sent)
            return sent
        } catch {
            sendFailed(error)
            return 0
        }
    }

    private func sendFailed(_ errno: Errno) {
        isWritable = false
        guard !errno.wouldBlock else { return }
        // The peer's reset may be the answer to bytes it has not read; what it sent before is still
        // here.
        finish(isFinishing ? .closedLocally : failure(errno, "send"))
    }

    /// The length was announced to the peer, so nothing but the end can tell it that bytes are
    /// missing.
    private func fileEndedEarly(_ path: String) {
        finish(
            .failed(
                NetworkError(
                    .failed, operation: "send", address: peer,
                    reason: "\(path) ended before the piece to be sent")))
    }

    // MARK: Cold pages

    /// Reads a piece on a thread that may wait for the disk; nothing behind it leaves before it.
    private func readFromDisk(
        _ range: FileRange, _ step: Int, _ path: String, device: UInt64?,
        checked: @escaping @Sendable (Range<Int64>) -> Void,
        _ read: @escaping @Sendable (Int64, Int) throws(FileError) -> SharedBytes
    ) {
        isWaitingForDisk = true
        services.coldReads.run(device: device) { () throws(FileError) in
            try range.load(about: step, path: path, checked: checked, read)
        } _: { outcome in
            self.network.loop.post {
                self.diskAnswered(outcome, path, wereChecked: range.check != nil)
            }
        }
    }

    private func diskAnswered(
        _ outcome: Result<SharedBytes, FileError>, _ path: String, wereChecked: Bool
    ) {
        isWaitingForDisk = false
        guard !isClosed else { return }
        switch outcome {
        case .success(let bytes):
            guard !bytes.isEmpty else { return fileEndedEarly(path) }
            queue.replaceFile(by: bytes, wereChecked: wereChecked)
            flush()
        case .failure(let error):
            finish(
                .failed(
                    NetworkError(
                        .failed, operation: "send", address: peer, reason: error.description)))
        }
    }
}
