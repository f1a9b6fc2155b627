internal import LogStorage
internal import Model
internal import Ports
internal import Replication
internal import Telemetry

/// Moving a replica between the directories of the node.
extension Partition {
    /// Nothing is appended until `thaw`.
    func freeze() {
        isFrozen = true
        shard.fetchAgain(self)
    }

    func thaw() {
        guard isFrozen else { return }
        isFrozen = false
        shard.fetchAgain(self)
    }

    /// Begins to move into `target`, or goes on with what an earlier process has copied there; another move under way
    /// ends. Moving to where it is ends a move.
    func move(to target: LogDirectoryHandle, resuming copied: PartitionLog? = nil) {
        if let future, future.directory === target { return }
        endMove()
        guard target !== directory else { return }
        do throws(LogError) {
            let log: PartitionLog
            if let copied {
                copied.configuration = settings.log
                log = copied
            } else {
                let id = UUID.random { shard.node.world.entropy.next() }
                log = try PartitionLog.open(
                    name, topicID: key.topicID, in: target.path(ofFuture: name, id),
                    configuration: settings.log, on: shard.node.world.fileSystem,
                    now: shard.loop.wallTime)
                try log.truncateFully(
                    andStartAt: self.log.logStartOffset, now: shard.loop.wallTime)
                // The directory is what tells a restart to go on.
                if self.log.isOnDisk { try log.makeFiles() }
            }
            let made = FutureReplica(log, in: target, of: self)
            future = made
            shard.storage.took(target)
            shard.node.log.info("replicaMoves", ["partition": name, "to": target.path])
            made.start()
        } catch {
            shard.node.log.error(
                "replicaNotMoved", ["partition": name, "to": target.path, "cause": error])
            if error.isNoSpace { target.noteFull() } else { shard.failed(target, error, name) }
        }
    }

    /// Ends a move without its result; what was copied is removed, where its directory works.
    func endMove() {
        guard let ended = future else { return }
        future = nil
        ended.stop()
        thaw()
        shard.storage.released(ended.directory)
        guard !ended.directory.isOffline else { return }
        shard.remove(ended.log, of: self, in: ended.directory)
    }

    /// The copy, complete and durable, takes the log's place. Blocks on the disks for a moment.
    ///
    /// The old log goes first: should the process end between the two renames, the copy without a log beside it is
    /// taken for the log at the next start.
    func exchange(for moved: FutureReplica) throws(LogError) {
        let (old, oldDirectory, new) = (log, directory, moved.directory)
        let (fileSystem, end, start) = (
            shard.node.world.fileSystem, old.logEndOffset, old.logStartOffset
        )
        precondition(moved.log.logEndOffset == end, "nothing was appended since the last piece")
        let source = moved.log.directory
        if old.isOnDisk { oldDirectory.checkpointsOutlive(name) }
        shard.remove(old, of: self, in: oldDirectory)
        if moved.log.isOnDisk {
            do throws(FileError) {
                try fileSystem.rename(source, to: new.path(of: name))
                try fileSystem.syncDirectory(new.path)
            } catch {
                throw .file(error)
            }
        }
        let opened = try PartitionLog.open(
            name, topicID: key.topicID, in: new.path(of: name), configuration: settings.log,
            history: LogHistory(
                recoveryPoint: end, logStartOffset: start, cleanedUpTo: old.cleanedUpTo),
            on: fileSystem, now: shard.loop.wallTime)
        precondition(opened.logEndOffset == end, "a durable log is found again as it was")
        future = nil
        shard.storage.released(oldDirectory)
        install(opened, in: new)
        if new.mayInherit(name) { log.recoveryPointWritten(Offset(.max)) }
        shard.cluster?.run { $0.checkpointsWanted?() }
        shard.node.log.info(
            "replicaMoved", ["partition": name, "from": oldDirectory.path, "to": new.path])
    }

    /// Goes on with `opened`, which holds what the log held.
    private func install(_ opened: PartitionLog, in new: LogDirectoryHandle) {
        let isFollowing = follower != nil
        if isFollowing { shard.followingEnded(self) }
        replaceLog(opened, in: new)
        isFrozen = false
        do throws(LogError) {
            if let leader { try log.beginEpoch(leader.leaderEpoch) }
        } catch {
            storageFailed(error)
        }
        log.highWatermarkAdvanced(to: highWatermark)
        if isFollowing { shard.followingBegan(self) }
        syncIfNeeded()
        shard.tellDirectory(of: self)
    }
}
