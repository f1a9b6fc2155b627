internal import Bytes
internal import Configuration
internal import LogStorage
internal import Model
internal import Ports
internal import Telemetry

/// A replica on its way into another directory of the node (KIP-113): a log beside that of the partition, which
/// follows it and takes its place. Lives on the partition's loop.
///
///     copying ── nearly there, on disk ─▶ closing: no appends ── on disk ─▶ in its place
///        └──────── cancelled, a directory failed, the partition goes ─▶ stopped
///
/// What is copied is read on the thread of the directory it comes from, a piece at a time, and appended here. Appends
/// to the partition are refused for the moment between the last piece and the exchange, as after a truncation;
/// producers and fetchers ask again.
final class FutureReplica {
    /// Bytes of a piece, and how near the end the copy must be for the exchange.
    static let pieceMax = 1 << 20
    static let retryPause = Duration.seconds(1)

    private enum State {
        case copying
        case closing
        case stopped
    }

    let directory: LogDirectoryHandle
    let log: PartitionLog
    private unowned let partition: Partition
    private let loop: any Loop
    private var state = State.copying
    /// What is to be copied is damaged: it is copied once it was repaired.
    private var waitsForRepair = false
    /// Counts the changes of the partition's log that void a piece on its way.
    private var generation = 0

    init(_ log: PartitionLog, in directory: LogDirectoryHandle, of partition: Partition) {
        self.log = log
        self.directory = directory
        self.partition = partition
        loop = partition.shard.loop
    }

    /// Records it is behind the partition's log.
    var lag: Int64 { max(0, partition.log.logEndOffset - log.logEndOffset) }

    func start() { step() }

    /// Nothing more is done; what is under way comes to nothing.
    func stop() { state = .stopped }

    /// The partition's log was cut, or began anew elsewhere.
    func sourceChanged() {
        generation += 1
        guard state == .copying else { return }
        let source = partition.log
        attempt { () throws(LogError) in
            if log.logEndOffset > source.logEndOffset {
                _ = try log.truncate(to: source.logEndOffset, now: loop.wallTime)
            }
        }
    }

    // MARK: Copying

    private func step() {
        guard state == .copying, !partition.isOffline else { return }
        let source = partition.log
        attempt { () throws(LogError) in
            if log.logEndOffset < source.logStartOffset {
                try log.truncateFully(andStartAt: source.logStartOffset, now: loop.wallTime)
            }
            guard log.logEndOffset < source.logEndOffset else { return try approach() }
            guard let slice = fromSource(piece) else { return }
            guard !slice.isEmpty else { return again(after: Self.retryPause) }
            copy(slice)
        }
    }

    private func piece() throws(LogError) -> LogSlice {
        try partition.log.read(
            from: log.logEndOffset, upTo: partition.log.logEndOffset, maxBytes: Self.pieceMax,
            minOneBatch: true)
    }

    private func copy(_ slice: LogSlice) {
        let (me, began) = (LoopBound(self, on: loop), generation)
        partition.directory.background.perform {
            let bytes: Result<SharedBytes, LogError>
            do throws(LogError) {
                bytes = .success(try slice.load())
            } catch {
                bytes = .failure(error)
            }
            me.post { $0.loaded(bytes, began) }
        }
    }

    private func loaded(_ bytes: Result<SharedBytes, LogError>, _ began: Int) {
        guard state == .copying, !partition.isOffline else { return }
        // Of a log that was cut meanwhile the bytes may be others.
        guard began == generation else { return step() }
        switch bytes {
        case .failure(let error): sourceFailed(error)
        case .success(let bytes):
            attempt { () throws(LogError) in
                _ = try log.append(replicated: bytes, now: loop.wallTime)
                waitsForRepair = false
                again(after: pause(for: bytes.count))
            }
        }
    }

    /// `replica.alter.log.dirs.io.max.bytes.per.second`, by a pause after each piece.
    private func pause(for count: Int) -> Duration {
        let rate = partition.shard.brokerSettings.int(
            "replica.alter.log.dirs.io.max.bytes.per.second")
        guard rate < .max, rate > 0 else { return .zero }
        return .nanoseconds(Int64(Double(count) / Double(rate) * 1e9))
    }

    private func again(after pause: Duration) {
        guard pause > .zero else {
            let me = LoopBound(self, on: loop)
            return me.post { $0.step() }
        }
        loop.arm(at: loop.now + pause) { [weak self] in self?.step() }
    }

    // MARK: Exchange

    /// Everything is copied: makes it durable, first while appends go on, so that the moment without is short.
    private func approach() throws(LogError) {
        guard let ticket = try log.prepareCheckpoint() else { return try reached() }
        let bound = LoopBound((self, ticket, generation), on: loop)
        directory.flusher.sync([ticket], on: loop) { failure in
            let (me, ticket, began) = bound.take()
            me.synced(ticket, failure, began)
        }
    }

    private func synced(_ ticket: FlushTicket, _ failure: FileError?, _ began: Int) {
        guard state != .stopped, !partition.isOffline else { return }
        attempt { () throws(LogError) in
            if let failure { throw .file(failure) }
            guard began == generation else { return step() }
            log.flushCompleted(ticket)
            try reached()
        }
    }

    /// The copy is durable up to its end.
    private func reached() throws(LogError) {
        let source = partition.log
        guard state == .copying else { return try partition.exchange(for: self) }
        let missing = try source.bytes(from: log.logEndOffset, upTo: source.logEndOffset)
        guard missing <= Int64(Self.pieceMax) else { return step() }
        // From here on nothing is appended to the partition. What is missing was written just now.
        state = .closing
        partition.freeze()
        while log.logEndOffset < source.logEndOffset {
            guard let slice = fromSource(piece) else { return }
            precondition(!slice.isEmpty, "a log has bytes below its end")
            guard let bytes = fromSource({ () throws(LogError) in try slice.load() }) else {
                return
            }
            _ = try log.append(replicated: bytes, now: loop.wallTime)
        }
        if source.isOnDisk { try log.makeFiles() }
        try approach()
    }

    // MARK: Failures

    /// What `body` reads of the partition's log; nil if it fails, which is not the new directory's fault.
    private func fromSource<Read>(_ body: () throws(LogError) -> Read) -> Read? {
        do throws(LogError) {
            return try body()
        } catch {
            partition.thaw()
            sourceFailed(error)
            return nil
        }
    }

    private func sourceFailed(_ error: LogError) {
        if error.isDamage { waitForRepair(error) } else { partition.storageFailed(error) }
    }

    /// The bytes that came from the partition's log are not what was written: no disk is to blame for good. The
    /// scrubber repairs them from another replica.
    private func waitForRepair(_ error: LogError) {
        if !waitsForRepair {
            partition.shard.node.log.warn(
                "replicaMoveWaits",
                ["partition": partition.name, "to": directory.path, "cause": error])
        }
        waitsForRepair = true
        state = .copying
        again(after: Self.retryPause)
    }

    /// What fails here is the new directory's: the partition goes on in the old one. But for a batch that is damaged:
    /// that came from the old one.
    private func attempt(_ body: () throws(LogError) -> Void) {
        do throws(LogError) {
            try body()
        } catch {
            partition.thaw()
            if error.isDamage { return waitForRepair(error) }
            guard !error.isNoSpace else {
                directory.noteFull()
                state = .copying
                return again(after: Self.retryPause)
            }
            partition.shard.node.log.error(
                "replicaNotMoved",
                ["partition": partition.name, "to": directory.path, "cause": error])
            stop()
            partition.shard.failed(directory, error, partition.name)
        }
    }
}
