internal import Configuration
internal import LogStorage
internal import Model
internal import Ports
internal import Telemetry

/// What is done from time to time: checkpoints, lagging followers, stalled disks, old segments; and closing
/// the logs at the end. Lives on the metadata loop; the disk's part runs on each directory's flusher.
final class Upkeep {
    static let stallCheckInterval = Duration.seconds(1)
    static let retentionInterval = Duration.seconds(300)

    private let node: Node
    private let loop: any Loop
    private let shards: [LoopBound<Shard>]
    private let directories: [OpenDirectory]
    private var isStopped = false

    init(node: Node, shards: [LoopBound<Shard>], directories: [OpenDirectory]) {
        self.node = node
        self.shards = shards
        self.directories = directories
        loop = node.world.metadataLoop
    }

    func start() {
        let configuration = node.configuration
        repeatEvery(configuration.highWatermarkCheckpointInterval) { $0.checkpoint(.highWatermark) }
        repeatEvery(configuration.recoveryPointInterval) { $0.checkpointRecovery() }
        repeatEvery(configuration.logStartCheckpointInterval) { $0.checkpoint(.logStart) }
        repeatEvery(Self.stallCheckInterval) { $0.checkStalls() }
        let lag = configuration.replicaLagTimeMax
        repeatEvery(lag / 2) { upkeep in
            for shard in upkeep.shards { shard.post { $0.shrinkLaggingISRs(maxLag: lag) } }
        }
        repeatEvery(Self.retentionInterval) { upkeep in
            for shard in upkeep.shards { shard.post { $0.removeOldSegments() } }
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
    private func checkpoint(_ kind: OffsetCheckpoint.Kind, then: (@Sendable () -> Void)? = nil) {
        let gather = CheckpointGather(missing: shards.count) { [directories, node] offsets in
            for open in directories where !open.handle.isOffline {
                let own = offsets[open.handle.id] ?? [:]
                let directory = open.directory
                open.handle.flusher.perform {
                    do throws(FileError) {
                        try directory.write(kind, own)
                    } catch {
                        node.log.error(
                            "checkpointNotWritten", ["directory": directory.path, "cause": error])
                    }
                    then?()
                }
            }
            if directories.isEmpty { then?() }
        }
        let bound = LoopBound(gather, on: loop)
        for shard in shards {
            shard.post { shard in
                let offsets = shard.offsets(kind)
                bound.run { $0.take(offsets) }
            }
        }
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
        for open in directories where !open.handle.isOffline {
            guard let since = open.handle.flusher.busySince else { continue }
            guard loop.now - since > node.configuration.flushStall else { continue }
            guard open.handle.fail() else { continue }
            node.log.error(
                "flushStalled",
                ["directory": open.handle.path, "since": "\(loop.now - since)"])
            let id = open.handle.id
            for shard in shards { shard.post { $0.goOffline(id) } }
            shards[0].post { $0.cluster?.run { $0.directoryFailed(id) } }
        }
    }

    // MARK: The end

    /// Closes all logs, writes the checkpoints and, last, the mark of an orderly stop.
    func closeLogs(epoch: BrokerEpoch, _ done: @escaping @Sendable () -> Void) {
        isStopped = true
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
        for open in directories where !open.handle.isOffline {
            let id = open.handle.id
            do throws(FileError) {
                for kind in [OffsetCheckpoint.Kind.recoveryPoint, .logStart, .highWatermark] {
                    try open.directory.write(kind, result.offsets[kind]?[id] ?? [:])
                }
                guard !result.failed.contains(id) else { continue }
                try open.directory.markCleanShutdown(brokerEpoch: epoch)
            } catch {
                node.log.error(
                    "notClosedCleanly", ["directory": open.handle.path, "cause": error])
            }
        }
        for open in directories { open.directory.release() }
        node.log.info("stopped", ["node": node.configuration.nodeID.rawValue])
        done()
    }
}

/// Gathers one kind of offset from all loops.
private final class CheckpointGather {
    private var missing: Int
    private var offsets: [DirectoryID: [TopicPartition: Offset]] = [:]
    private let finish: ([DirectoryID: [TopicPartition: Offset]]) -> Void

    init(missing: Int, finish: @escaping ([DirectoryID: [TopicPartition: Offset]]) -> Void) {
        self.missing = missing
        self.finish = finish
    }

    func take(_ more: [DirectoryID: [TopicPartition: Offset]]) {
        for (id, map) in more { offsets[id, default: [:]].merge(map) { _, new in new } }
        missing -= 1
        if missing == 0 { finish(offsets) }
    }
}

/// Gathers what closing the logs left.
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
