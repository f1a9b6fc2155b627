internal import LogStorage
internal import Model
internal import Ports

/// Gathers the appends of a loop and makes them durable together: one sync per directory at a time, for
/// everything that was written while the one before ran.
///
/// A batch waits for at most two syncs: the one that was running when it was written, and its own.
final class GroupCommit {
    /// Partitions of one directory.
    private struct Lane {
        var dirty: [Partition] = []
        var isSyncing = false
        var isArmed = false
    }

    private var lanes: [DirectoryID: Lane] = [:]
    private let loop: any Loop
    private let metrics: ShardMetrics

    init(loop: any Loop, metrics: ShardMetrics) {
        self.loop = loop
        self.metrics = metrics
    }

    /// `partition` has records to sync; they go with the next group.
    func add(_ partition: Partition) {
        guard !partition.isDirty else { return }
        partition.isDirty = true
        let id = partition.directory.id
        lanes[id, default: Lane()].dirty.append(partition)
        schedule(partition.directory)
    }

    private func schedule(_ directory: LogDirectoryHandle) {
        guard let lane = lanes[directory.id], !lane.isSyncing, !lane.isArmed else { return }
        lanes[directory.id]?.isArmed = true
        loop.atEndOfTurn { [weak self] in self?.begin(directory) }
    }

    private func begin(_ directory: LogDirectoryHandle) {
        lanes[directory.id]?.isArmed = false
        guard let lane = lanes[directory.id], !lane.isSyncing, !lane.dirty.isEmpty else { return }
        lanes[directory.id]?.dirty = []
        var group: [Asked] = []
        for partition in lane.dirty {
            partition.isDirty = false
            if let ticket = partition.log.prepareFlush() { group.append(Asked(partition, ticket)) }
        }
        guard !group.isEmpty else { return }
        lanes[directory.id]?.isSyncing = true
        let began = loop.now
        let bound = LoopBound((self, group, directory), on: loop)
        directory.flusher.sync(group.map(\.ticket), on: loop) { failure in
            let (commit, group, directory) = bound.take()
            commit.ended(group, directory, failure, began: began)
        }
    }

    private func ended(
        _ group: [Asked], _ directory: LogDirectoryHandle, _ failure: FileError?, began: Instant
    ) {
        lanes[directory.id]?.isSyncing = false
        metrics.synced(files: group.count, took: loop.now - began, at: loop.now)
        settle(group, directory, failure)
        schedule(directory)
    }

    /// Tells the partitions of a group what came of their sync.
    ///
    /// A log that was deleted or moved while its names waited for the disk is not found: that says nothing of the
    /// directory it lay in, nor of the others of the group, which ask again.
    private func settle(
        _ group: [Asked], _ directory: LogDirectoryHandle, _ failure: FileError?
    ) {
        guard failure?.kind == .notFound, group.contains(where: \.isLetGo) else {
            for asked in group { asked.ended(failure, in: directory) }
            return
        }
        for asked in group where !asked.isLetGo && !asked.partition.isOffline {
            add(asked.partition)
        }
    }

    /// Makes everything of every log durable that a recovery would have to check, in one round.
    func checkpoint(_ partitions: [Partition]) {
        var order: [DirectoryID] = []
        var groups: [DirectoryID: [Asked]] = [:]
        for partition in partitions where !partition.isOffline {
            do throws(LogError) {
                if let ticket = try partition.log.prepareCheckpoint() {
                    let id = partition.directory.id
                    if groups[id] == nil { order.append(id) }
                    groups[id, default: []].append(Asked(partition, ticket))
                }
            } catch {
                partition.storageFailed(error)
            }
        }
        for group in order.compactMap({ groups[$0] }) {
            let directory = group[0].partition.directory
            let bound = LoopBound((self, group, directory), on: loop)
            directory.flusher.sync(group.map(\.ticket), on: loop) { failure in
                let (commit, group, directory) = bound.take()
                commit.settle(group, directory, failure)
            }
        }
    }
}

/// What was asked of the disk for one partition.
private struct Asked {
    let partition: Partition
    let ticket: FlushTicket
    private let log: PartitionLog

    init(_ partition: Partition, _ ticket: FlushTicket) {
        self.partition = partition
        self.ticket = ticket
        log = partition.log
    }

    /// The log was deleted, or its replica has moved.
    var isLetGo: Bool { log.isClosed }

    func ended(_ failure: FileError?, in directory: LogDirectoryHandle) {
        if let failure {
            partition.syncFailed(failure, in: directory)
            return
        }
        log.flushCompleted(ticket)
        // The replica may have moved to another directory meanwhile, with all its records durable there.
        guard partition.log === log else { return }
        // Not the ticket's end: the log knows if a truncation came between.
        partition.acknowledged(upTo: log.durableOffset)
    }
}
