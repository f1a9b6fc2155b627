package import Model

/// What the mind knows of the log on disk: where it begins and ends, which epoch wrote what, which snapshots
/// lie beside it, and the voters written in it. The bytes are the driver's.
///
/// Invariants: `start ≤ durableEnd ≤ end`; epochs and their starts rise; a log that starts above 0 has a
/// snapshot at or above its start.
package struct LogShape: Equatable, Sendable {
    /// A snapshot file beside the log.
    package struct Snapshot: Equatable, Sendable {
        /// Offset after the last record it contains, and that record's epoch.
        package let id: OffsetAndEpoch
        /// Length of the file.
        package let bytes: Int64

        package init(id: OffsetAndEpoch, bytes: Int64) {
            self.id = id
            self.bytes = bytes
        }
    }

    /// First offset that is still there.
    package private(set) var start: Offset
    /// Next offset to write.
    package private(set) var end: Offset
    /// Everything below is on disk for good.
    package private(set) var durableEnd: Offset
    /// Raised whenever offsets may come to mean something else, so that a sync that began before does not
    /// vouch for what was written after.
    package private(set) var generation: UInt64 = 0
    /// Epochs in ascending order with the offset each began at. The first may be the epoch of what lies just
    /// below `start`, known from a snapshot.
    private var epochs: [OffsetAndEpoch] = []
    /// In ascending order; the one that formatting lays down (0-0) is not among them.
    package private(set) var snapshots: [Snapshot] = []
    package private(set) var voters: VoterHistory

    /// An empty log.
    package init(configuredVoters: VoterSet) {
        start = .zero
        end = .zero
        durableEnd = .zero
        voters = VoterHistory(configured: configuredVoters)
    }

    // MARK: Questions

    /// Epoch of the last record, 0 for a log that never had one.
    package var lastEpoch: LeaderEpoch { epochs.last?.epoch ?? .zero }

    /// How complete the log is, as votes compare it (Raft §5.4.1).
    package var position: OffsetAndEpoch { OffsetAndEpoch(offset: end, epoch: lastEpoch) }

    /// Whether everything written is on disk.
    package var isDurable: Bool { durableEnd == end }

    /// What a sync that begins now vouches for once it has ended.
    package var syncMark: SyncMark { SyncMark(end: end, generation: generation) }

    /// The newest snapshot.
    package var latestSnapshot: Snapshot? { snapshots.last }

    /// The largest epoch not above `epoch`, and where it ends.
    package func end(of epoch: LeaderEpoch) -> OffsetAndEpoch {
        guard let at = epochs.lastIndex(where: { $0.epoch <= epoch }) else {
            return OffsetAndEpoch(offset: epochs.first?.offset ?? end, epoch: epoch)
        }
        let isLast = at == epochs.count - 1
        return OffsetAndEpoch(
            offset: isLast ? end : epochs[at + 1].offset, epoch: epochs[at].epoch)
    }

    /// Where a follower whose log ends at `offset` in `epoch` stands against this one (KIP-595).
    package func compare(offset: Offset, epoch: LeaderEpoch) -> Comparison {
        if let latest = snapshots.last, let oldest = snapshots.first {
            let isBehindStart =
                start > .zero
                && (offset < start
                    || (offset == start && start == oldest.id.offset && epoch != oldest.id.epoch)
                    || epoch < oldest.id.epoch)
            if offset == .zero || isBehindStart { return .needsSnapshot(latest.id) }
        }
        let ours = end(of: epoch)
        guard ours.epoch == epoch, ours.offset >= offset else { return .diverges(ours) }
        return .isPrefix
    }

    /// Where a follower must cut so that what is left is a prefix of a leader that answered `told`.
    package func truncationPoint(_ told: OffsetAndEpoch) -> Offset {
        let ours = end(of: told.epoch)
        return min(ours.offset, told.offset)
    }

    /// Whether a peer's batches continue this log: from its end, epochs rising and not above `term`. The driver
    /// asks before it writes what a Fetch brought; `append` traps on anything else.
    package func accepts(_ run: AppendedRun, in term: Term) -> Bool {
        guard run.base == end, run.end > run.base else { return false }
        var last = lastEpoch
        for entry in run.epochs {
            guard entry.epoch >= last, entry.epoch.rawValue <= term.rawValue else { return false }
            last = entry.epoch
        }
        return true
    }

    // MARK: Changes

    package mutating func append(_ run: AppendedRun) {
        precondition(run.base == end, "batches follow each other without a gap")
        precondition(run.end > run.base, "an append brings something")
        for entry in run.epochs where entry.epoch != epochs.last?.epoch {
            precondition(entry.epoch >= lastEpoch, "epochs in a log only rise")
            epochs.append(entry)
        }
        for entry in run.kraftVersions { voters.wrote(kraftVersion: entry.value, at: entry.offset) }
        for entry in run.voterSets { voters.wrote(entry.value, at: entry.offset) }
        end = run.end
    }

    /// A sync ended. One that began before a truncation says nothing about what is there now.
    package mutating func synced(_ mark: SyncMark) {
        guard mark.generation == generation else { return }
        precondition(mark.end <= end, "what is synced was written before")
        durableEnd = max(durableEnd, mark.end)
    }

    package mutating func truncate(to newEnd: Offset) {
        precondition(newEnd >= start, "what lies below the log start is in snapshots, not in doubt")
        precondition(newEnd <= end, "truncation only cuts")
        while epochs.count > 1, let last = epochs.last, last.offset >= newEnd {
            epochs.removeLast()
        }
        if start == .zero, let first = epochs.first, first.offset >= newEnd { epochs.removeAll() }
        voters.truncate(to: newEnd)
        end = newEnd
        durableEnd = min(durableEnd, newEnd)
        generation += 1
    }

    /// A snapshot was made of the own log, or found beside it.
    package mutating func addSnapshot(_ snapshot: Snapshot) {
        guard snapshot.id.offset > .zero else { return }
        guard !snapshots.contains(where: { $0.id == snapshot.id }) else { return }
        snapshots.append(snapshot)
        snapshots.sort { $0.id < $1.id }
    }

    /// The log was replaced by a snapshot received from the leader, or found at start to end above it.
    package mutating func restart(at snapshot: Snapshot, membership: SnapshotMembership) {
        addSnapshot(snapshot)
        start = snapshot.id.offset
        end = start
        durableEnd = start
        epochs = snapshot.id.offset > .zero ? [snapshot.id] : []
        voters.replaced(by: membership, endingAt: snapshot.id.offset)
        generation += 1
    }

    /// Snapshots below `start` and the log before it were deleted. `anchor` is the id of the oldest snapshot
    /// that is left.
    package mutating func advanceStart(to newStart: Offset, oldest anchor: OffsetAndEpoch) {
        precondition(newStart <= anchor.offset, "a snapshot covers what the log no longer holds")
        precondition(newStart >= start, "the log start never falls")
        start = newStart
        snapshots.removeAll { $0.id < anchor }
        precondition(snapshots.first?.id == anchor, "the oldest snapshot is one that is known")
        // The epoch that wrote the last record below the start stays: followers there are compared by it.
        while epochs.count > 1, epochs[1].offset < newStart { epochs.removeFirst() }
        voters.forget(below: newStart)
    }

    func assertInvariants() {
        precondition(start <= durableEnd, "the log start is durable")
        precondition(durableEnd <= end, "nothing is durable before it is written")
        assert(
            zip(epochs, epochs.dropFirst()).allSatisfy {
                $0.epoch < $1.epoch && $0.offset <= $1.offset
            })
    }
}

extension LogShape {
    /// Outcome of `compare`.
    package enum Comparison: Equatable, Sendable {
        /// The follower's log is a prefix: send records.
        case isPrefix
        /// It is not; this epoch, ending here, is the largest that both may share.
        case diverges(OffsetAndEpoch)
        /// The log no longer reaches back to where the follower is.
        case needsSnapshot(OffsetAndEpoch)
    }
}
