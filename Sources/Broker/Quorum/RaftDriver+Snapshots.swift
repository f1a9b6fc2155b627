internal import Bytes
internal import InternalRecords
internal import LogStorage
internal import Metadata
internal import Model
internal import Ports
internal import Raft
internal import Telemetry

/// Own snapshots: the disk's thread writes the image, then the mind is told, then what they make superfluous
/// goes (raft.md §7).
extension RaftDriver: SnapshotStore {
    var newestSnapshotEnd: Offset { raft.log.latestSnapshot?.id.offset ?? .zero }

    func committedBytes(from offset: Offset) -> Int64 {
        do throws(LogError) {
            return try store.log.bytes(from: offset, upTo: toldEnd)
        } catch {
            fail("\(error)")
            return 0
        }
    }

    func writeSnapshot(of image: MetadataImage, completion: @escaping (Bool) -> Void) {
        writeSnapshot(at: image.position, completion: completion) { image.snapshot() }
    }

    /// What the disk's thread knows after it wrote a snapshot.
    private struct Written: Sendable {
        let file: LogShape.Snapshot
        /// Those on disk, oldest first, this one included.
        let all: [SnapshotRetention.Snapshot]
    }

    /// Writes the records that give the state after everything up to `position`, which ends a batch that was
    /// told.
    ///
    /// - Parameter records: called by the disk's thread.
    func writeSnapshot(
        at position: MetadataPosition, completion: @escaping (Bool) -> Void,
        of records: @escaping @Sendable () -> [MetadataRecord]
    ) {
        let id = OffsetAndEpoch(
            offset: position.lastOffset.next, epoch: LeaderEpoch(position.term.rawValue))
        precondition(id.offset <= toldEnd, "a snapshot holds what was told")
        let membership = raft.log.voters.membership(before: id.offset)
        let known = raft.log.snapshots
        let files = store.files
        let bound = LoopBound((driver: self, done: completion), on: loop)
        flusher.perform {
            let outcome: Result<Written, LogError>
            do throws(LogError) {
                let snapshot = MetadataSnapshot(
                    id: id, records: records(), membership: membership,
                    timestamp: position.timestamp)
                let file = LogShape.Snapshot(
                    id: id, bytes: try MetadataStore.write(snapshot, to: files))
                let all = (known + [file]).map { Self.aged($0, in: files) }
                outcome = .success(Written(file: file, all: all))
            } catch {
                outcome = .failure(error)
            }
            bound.post { $0.driver.snapshotWritten(outcome, $0.done) }
        }
    }

    /// One whose age cannot be read counts as old: a newer one is there.
    private static func aged(
        _ snapshot: LogShape.Snapshot, in files: LogStorage.SnapshotStore
    ) -> SnapshotRetention.Snapshot {
        var written: Timestamp?
        do throws(LogError) {
            if let reader = try files.open(snapshot.id) {
                defer { reader.file.close() }
                let start = try reader.read(at: 0, count: MetadataSnapshot.headerBytesMax)
                do throws(MetadataBatchError) {
                    written = try MetadataSnapshot.timestamp(in: start)
                } catch {
                    written = nil
                }
            }
        } catch {
            written = nil
        }
        return SnapshotRetention.Snapshot(
            id: snapshot.id, bytes: snapshot.bytes, timestamp: written ?? Timestamp(0))
    }

    private func snapshotWritten(_ outcome: Result<Written, LogError>, _ done: (Bool) -> Void) {
        guard !isStopped else { return }
        switch outcome {
        case .failure(let error):
            // The log is whole without it, and another attempt comes.
            node.log.error("snapshotNotWritten", ["directory": store.directory, "cause": error])
            done(false)
        case .success(let written):
            let file = written.file
            node.log.info(
                "snapshotWritten", ["offset": file.id.offset.rawValue, "bytes": file.bytes])
            handle { raft, _, _ in
                // One of the leader's may have gone past it meanwhile.
                if file.id.offset >= raft.log.start { raft.snapshotCreated(file) }
            }
            clean(written.all)
            done(true)
        }
    }

    // MARK: Cleaning

    private func clean(_ snapshots: [SnapshotRetention.Snapshot]) {
        let count = retention.removable(of: snapshots, now: loop.wallTime) { index in
            committedBytes(from: snapshots[index].id.offset)
        }
        guard count > 0 else { return }
        let oldest = snapshots[count].id
        handle { [weak self] raft, _, _ in
            guard raft.log.snapshots.contains(where: { $0.id == oldest }) else { return }
            // What the log does not hold durably yet, it still has to pass on to its own disk.
            guard oldest.offset > raft.log.start, oldest.offset <= raft.log.durableEnd else {
                return
            }
            guard self?.cutLog(below: oldest) == true else { return }
            raft.logStartAdvanced(to: oldest.offset, oldest: oldest)
        }
    }

    /// Takes away the log below a snapshot, and the snapshots before it.
    private func cutLog(below oldest: OffsetAndEpoch) -> Bool {
        var removal: SegmentRemoval?
        do throws(LogError) {
            _ = try store.log.advanceLogStart(to: oldest.offset)
            removal = try store.log.deleteSegmentsBelowStart()
        } catch {
            fail("\(error)")
            return false
        }
        let (segments, files, fileSystem, log) = (removal, store.files, store.fileSystem, node.log)
        flusher.perform {
            do throws(LogError) {
                try files.removeAll(before: oldest)
                do throws(FileError) {
                    try segments?.perform(on: fileSystem)
                } catch {
                    throw LogError.file(error)
                }
            } catch {
                // They are found again at the next start; until then they only take room.
                log.warn("oldMetadataNotRemoved", ["cause": error])
            }
        }
        return true
    }
}
