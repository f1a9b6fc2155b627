internal import Configuration
internal import LogStorage
internal import Metadata
internal import Model
internal import Ports
internal import Raft
internal import Telemetry

/// Own snapshots: the image is written by the disk's thread, then the mind is told, then what they make
/// superfluous goes (raft.md §7).
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

    /// What the disk's thread found after it wrote a snapshot.
    private struct Written: Sendable {
        let snapshot: LogShape.Snapshot
        /// When the last record of each older snapshot was written, oldest first.
        let older: [SnapshotRetention.Snapshot]
    }

    func writeSnapshot(of image: MetadataImage, completion: @escaping (Bool) -> Void) {
        let position = image.position
        let id = OffsetAndEpoch(
            offset: position.lastOffset.next, epoch: LeaderEpoch(position.term.rawValue))
        let membership = raft.log.voters.membership(before: id.offset)
        let known = raft.log.snapshots
        let (directory, fileSystem) = (store.directory, store.fileSystem)
        let bound = LoopBound((driver: self, done: completion), on: loop)
        flusher.perform {
            let outcome: Result<Written, FileError>
            do throws(FileError) {
                let bytes = try MetadataStore.write(
                    id, records: image.snapshot(), membership: membership,
                    timestamp: position.timestamp, in: directory, on: fileSystem)
                let older = Self.ages(of: known, in: directory, on: fileSystem)
                outcome = .success(
                    Written(snapshot: LogShape.Snapshot(id: id, bytes: bytes), older: older))
            } catch {
                outcome = .failure(error)
            }
            bound.post { $0.driver.snapshotWritten(outcome, at: position.timestamp, $0.done) }
        }
    }

    /// One that cannot be read counts as too old: a newer one is there.
    private static func ages(
        of snapshots: [LogShape.Snapshot], in directory: String, on fileSystem: any FileSystem
    ) -> [SnapshotRetention.Snapshot] {
        snapshots.map { snapshot in
            let path = "\(directory)/\(MetadataStore.name(of: snapshot.id))"
            var timestamp = Timestamp(0)
            do throws(MetadataStoreError) {
                timestamp = try MetadataStore.load(path, snapshot.id, on: fileSystem).timestamp
            } catch {
                timestamp = Timestamp(0)
            }
            return SnapshotRetention.Snapshot(
                id: snapshot.id, bytes: snapshot.bytes, timestamp: timestamp)
        }
    }

    private func snapshotWritten(
        _ outcome: Result<Written, FileError>, at timestamp: Timestamp, _ done: (Bool) -> Void
    ) {
        switch outcome {
        case .failure(let error):
            node.log.error("snapshotNotWritten", ["directory": store.directory, "cause": error])
            done(false)
        case .success(let written):
            let snapshot = written.snapshot
            node.log.info(
                "snapshotWritten",
                ["offset": snapshot.id.offset.rawValue, "bytes": snapshot.bytes])
            handle { raft, _, _ in
                // A snapshot of the leader's may have gone past it meanwhile.
                if snapshot.id.offset >= raft.log.start { raft.snapshotCreated(snapshot) }
            }
            let newest = SnapshotRetention.Snapshot(
                id: snapshot.id, bytes: snapshot.bytes, timestamp: timestamp)
            clean(written.older + [newest])
            done(true)
        }
    }
}

// MARK: - Cleaning

extension RaftDriver {
    private func clean(_ snapshots: [SnapshotRetention.Snapshot]) {
        let settings = node.configuration.settings
        let bytesMax = settings.int("metadata.max.retention.bytes")
        let retention = SnapshotRetention(
            bytesMax: bytesMax < 0 ? nil : Int64(bytesMax),
            age: settings.limit("metadata.max.retention.ms"))
        let count = retention.removable(of: snapshots, now: loop.wallTime) { index in
            committedBytes(from: snapshots[index].id.offset)
        }
        guard count > 0 else { return }
        let oldest = snapshots[count].id
        handle { [weak self] raft, _, _ in
            guard raft.log.snapshots.contains(where: { $0.id == oldest }) else { return }
            guard oldest.offset > raft.log.start else { return }
            guard oldest.offset <= raft.log.durableEnd else { return }
            raft.logStartAdvanced(to: oldest.offset, oldest: oldest)
            self?.remove(snapshots[..<count].map(\.id), logBelow: oldest.offset)
        }
    }

    /// Nobody is told of these files any more.
    private func remove(_ ids: [OffsetAndEpoch], logBelow offset: Offset) {
        var removal: SegmentRemoval?
        do throws(LogError) {
            try store.log.advanceLogStart(to: offset)
            removal = try store.log.deleteSegmentsBelowStart()
        } catch {
            fail("\(error)")
            return
        }
        let paths = ids.map(store.path(of:))
        let (segments, fileSystem, log) = (removal, store.fileSystem, node.log)
        flusher.perform {
            do throws(FileError) {
                for path in paths { try fileSystem.remove(path) }
                try segments?.perform(on: fileSystem)
            } catch {
                // They are found again at the next start; until then they only take room.
                log.warn("snapshotsNotRemoved", ["cause": error])
            }
        }
    }
}
