internal import Configuration
internal import LogStorage
internal import Model
internal import Ports
internal import Telemetry

/// What is done from time to time: checkpoints, lagging followers, stalled disks, old segments; and closing
/// the logs at the end. Lives on the metadata loop; the disk's part runs on each directory's flusher.
final class Upkeep {
    static let stallCheckInterval = Duration.seconds(1)

    private let node: Node
    private let loop: any Loop
    private let shards: [LoopBound<Shard>]
    private let directories: [OpenDirectory]
    /// One for each of `directories`.
    private var stallWatches: [StallWatch]
    private var isStarted = false
    private var isStopped = false
    private var isRoundRunning = false
    private var isRoundWanted = false
    private let space: SpaceWatch

    init(node: Node, shards: [LoopBound<Shard>], directories: [OpenDirectory]) {
        self.node = node
        self.shards = shards
        self.directories = directories
        loop = node.world.metadataLoop
        let watch = StallWatch(
            limit: node.configuration.flushStall, gapMax: Self.stallCheckInterval * 2)
        stallWatches = Array(repeating: watch, count: directories.count)
        space = SpaceWatch(node: node, directories: directories, shards: shards)
    }

    /// All logs are open.
    func start() {
        guard !isStopped else { return }
        isStarted = true
        let configuration = node.configuration
        repeatEvery(configuration.highWatermarkCheckpointInterval) { $0.checkpoint(.highWatermark) }
        repeatEvery(configuration.recoveryPointInterval) { $0.checkpointRecovery() }
        repeatEvery(configuration.logStartCheckpointInterval) { $0.checkpoint(.logStart) }
        repeatEvery(Self.stallCheckInterval) { $0.checkStalls() }
        repeatEvery(SpaceWatch.interval) { $0.space.look() }
        let lag = configuration.replicaLagTimeMax
        repeatEvery(lag / 2) { upkeep in
            for shard in upkeep.shards { shard.post { $0.shrinkLaggingISRs(maxLag: lag) } }
        }
        let settings = configuration.settings
        repeatEvery(settings.duration("log.retention.check.interval.ms")) { upkeep in
            for shard in upkeep.shards { shard.post { $0.removeOldSegments() } }
        }
        repeatEvery(settings.duration("producer.id.expiration.check.interval.ms")) { upkeep in
            for shard in upkeep.shards { shard.post { $0.removeExpiredProducers() } }
        }
    }

    private func repeatEvery(_ interval: Duration, _ body: @escaping (Upkeep) -> Void) {
        guard interval > .zero else { return }
        loop.arm(at: loop.now + interval) { [weak self] in
            guard let self, !self.isStopped else { return }
            body(self)
            self.repeatEvery(interval, body)
        }
    }

    // MARK: Checkpoints

    /// Writes what all logs say to the directories' checkpoint files.
    private func checkpoint(_ kind: OffsetCheckpoint.Kind) {
        gather([kind]) { upkeep, offsets in
            for open in upkeep.directories where !open.handle.isOffline {
                upkeep.write([kind], offsets, to: open) { _, _ in }
            }
        }
    }

    /// Writes all checkpoint files soon: logs wait for it, because what the files say is too much for them.
    func checkpointsWanted() {
        isRoundWanted = true
        guard !isRoundRunning, !isStopped else { return }
        isRoundRunning = true
        loop.atEndOfTurn { [weak self] in self?.beginRound() }
    }

    private func beginRound() {
        isRoundWanted = false
        let rounds = directories.map { $0.handle.checkpointsBegin() }
        gather(Self.kinds) { upkeep, offsets in
            var missing = upkeep.directories.count
            var isAllWritten = true
            for (open, round) in zip(upkeep.directories, rounds) {
                upkeep.write(Self.kinds, offsets, to: open, round: round) { upkeep, isWritten in
                    missing -= 1
                    isAllWritten = isAllWritten && isWritten
                    if missing == 0 { upkeep.roundEnded(isAllWritten) }
                }
            }
        }
    }

    /// Logs go on waiting for what a full disk did not take: it is tried again.
    private func roundEnded(_ isAllWritten: Bool) {
        isRoundRunning = false
        guard isAllWritten else {
            loop.arm(at: loop.now + Self.roundPause) { [weak self] in self?.checkpointsWanted() }
            return
        }
        if isRoundWanted { checkpointsWanted() }
    }

    private static let roundPause = Duration.seconds(1)

    private static let kinds = [
        OffsetCheckpoint.Kind.recoveryPoint, .logStart, .highWatermark, .cleaner,
    ]

    private func gather(
        _ kinds: [OffsetCheckpoint.Kind], _ body: @escaping (Upkeep, CloseGather.Offsets) -> Void
    ) {
        let gather = CloseGather(missing: shards.count) { [weak self] result in
            guard let self, !self.isStopped else { return }
            body(self, result.offsets)
        }
        let bound = LoopBound(gather, on: loop)
        for shard in shards {
            shard.post { shard in
                var offsets: CloseGather.Offsets = [:]
                for kind in kinds { offsets[kind] = shard.offsets(kind) }
                let all = offsets
                bound.run { $0.take(all, []) }
            }
        }
    }

    /// Writes one directory's files on its own thread, then tells the logs that wait for it.
    private func write(
        _ kinds: [OffsetCheckpoint.Kind], _ offsets: CloseGather.Offsets, to open: OpenDirectory,
        round: Int? = nil, then done: @escaping (Upkeep, _ isWritten: Bool) -> Void
    ) {
        let me = LoopBound((self, done), on: loop)
        let id = open.handle.id
        let own = kinds.map { (kind: $0, rows: offsets[$0]?[id] ?? [:]) }
        open.handle.flusher.perform { [shards] in
            do throws(FileError) {
                try open.directory.checkPresent()
                for (kind, rows) in own { try open.directory.write(kind, rows) }
            } catch {
                let failure = error
                me.post { upkeep, done in
                    upkeep.notWritten(open, failure)
                    done(upkeep, open.handle.isOffline)
                }
                return
            }
            if let round { open.handle.checkpointsWritten(in: round) }
            for (kind, rows) in own where kind == .recoveryPoint {
                for shard in shards { shard.post { $0.recoveryPointsWritten(rows, in: id) } }
            }
            me.post { upkeep, done in done(upkeep, true) }
        }
    }

    private func notWritten(_ open: OpenDirectory, _ error: FileError) {
        guard error.kind == .noSpace else {
            failed(open, "checkpointNotWritten", "\(error)")
            return
        }
        guard open.handle.noteFull() else { return }
        node.log.error("diskFull", ["directory": open.handle.path, "cause": error])
    }

    /// First makes everything durable that a restart would otherwise have to check, then says so.
    private func checkpointRecovery() {
        let me = LoopBound(self, on: loop)
        for shard in shards { shard.post { $0.groupCommit.checkpoint($0.partitionsInOrder) } }
        // The syncs take their time; what they reached is written with the next round at the latest.
        loop.arm(at: loop.now + .seconds(2)) { me.take().checkpoint(.recoveryPoint) }
    }

    // MARK: Stalls

    /// A sync that runs for too long is a disk that does not answer: its leaders must move.
    private func checkStalls() {
        for (index, open) in directories.enumerated() where !open.handle.isOffline {
            let since = open.handle.flusher.busySince
            guard stallWatches[index].isOverdue(busySince: since, now: loop.now) else { continue }
            failed(open, "flushStalled", "for \(loop.now - (since ?? loop.now))")
        }
    }

    /// What is in the directory is not to be trusted, or not to be had: its leaders move.
    private func failed(_ open: OpenDirectory, _ event: StaticString, _ cause: String) {
        guard open.handle.fail() else { return }
        node.log.error("\(event)", ["directory": open.handle.path, "cause": cause])
        let id = open.handle.id
        for shard in shards { shard.post { $0.goOffline(id) } }
        shards[0].post { $0.cluster?.run { $0.directoryFailed(id) } }
    }

    // MARK: The end

    /// Closes all logs, writes the checkpoints and, last, the mark of an orderly stop.
    func closeLogs(epoch: BrokerEpoch, _ done: @escaping @Sendable () -> Void) {
        isStopped = true
        // What is not all open is left as after a kill: nothing was written, and no mark was left.
        guard isStarted else { return release(done) }
        let closing = CloseGather(missing: shards.count) { [weak self] failed in
            self?.finish(epoch, failed, done)
        }
        let bound = LoopBound(closing, on: loop)
        for shard in shards {
            shard.post { shard in
                let (offsets, failed) = shard.closeLogs()
                bound.run { $0.take(offsets, failed) }
            }
        }
    }

    private func finish(
        _ epoch: BrokerEpoch, _ result: CloseGather.Result, _ done: @escaping @Sendable () -> Void
    ) {
        let node = node
        let me = LoopBound(self, on: loop)
        var missing = directories.count
        let last = LoopBound(
            {
                missing -= 1; if missing == 0 { me.take().release(done) }
            }, on: loop)
        for open in directories {
            let id = open.handle.id
            // Behind whatever the directory's thread still has to do, so that nothing older is written last.
            open.handle.flusher.perform {
                defer { last.post { $0() } }
                guard !open.handle.isOffline else { return }
                do throws(FileError) {
                    for kind in Self.kinds {
                        try open.directory.write(kind, result.offsets[kind]?[id] ?? [:])
                    }
                    guard !result.failed.contains(id) else { return }
                    try open.directory.markCleanShutdown(brokerEpoch: epoch)
                } catch {
                    node.log.error(
                        "notClosedCleanly", ["directory": open.handle.path, "cause": error])
                }
            }
        }
        if directories.isEmpty { release(done) }
    }

    private func release(_ done: @escaping @Sendable () -> Void) {
        for open in directories { open.directory.release() }
        node.log.info("stopped", ["node": node.configuration.nodeID.rawValue])
        done()
    }
}

/// Gathers offsets from all loops, and in which directories a log could not be closed.
final class CloseGather {
    typealias Offsets = [OffsetCheckpoint.Kind: [DirectoryID: [TopicPartition: Offset]]]

    struct Result {
        var offsets: Offsets = [:]
        /// Directories in which a log could not be closed.
        var failed: Set<DirectoryID> = []
    }

    private var missing: Int
    private var result = Result()
    private let finish: (Result) -> Void

    init(missing: Int, finish: @escaping (Result) -> Void) {
        self.missing = missing
        self.finish = finish
    }

    func take(_ offsets: Offsets, _ failed: Set<DirectoryID>) {
        for (kind, byDirectory) in offsets {
            for (id, map) in byDirectory {
                result.offsets[kind, default: [:]][id, default: [:]].merge(map) { _, new in new }
            }
        }
        result.failed.formUnion(failed)
        missing -= 1
        if missing == 0 { finish(result) }
    }
}
