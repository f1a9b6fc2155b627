import Bytes
import Model
import Raft

/// A mind with a toy disk: the smallest driver there can be.
struct ToyNode {
    let id: BrokerID
    var configuration: Raft.Configuration
    var disk = ToyDisk()
    /// Nil while the node is down.
    var mind: Raft?
    /// Effects not performed yet.
    var pending: [Raft.Effect] = []
    /// Syncs that run.
    var syncs: [SyncMark] = []
    /// Slices received of a snapshot.
    var download: [UInt8] = []
    /// Highest watermark told since the start.
    var highWatermark = 0
    /// The voters laid down by formatting; nil with static voters.
    var formatted: VoterSet?

    /// The mind's view of the disk at start.
    func shape() -> LogShape {
        var log = LogShape(configuredVoters: configuration.staticVoters)
        if let formatted {
            log.restart(
                at: .init(id: OffsetAndEpoch(offset: .zero, epoch: .zero), bytes: 1),
                membership: SnapshotMembership(voters: formatted, kraftVersion: 1))
        }
        if let id = disk.oldestSnapshot, disk.start > 0 {
            log.restart(
                at: .init(id: id, bytes: Int64(disk.snapshots[id]?.count ?? 0)),
                membership: Self.membership(disk.entries.prefix(disk.start)))
        }
        if disk.entries.count > disk.start {
            log.append(run(from: disk.start, to: disk.entries.count))
            log.synced(log.syncMark)
        }
        for id in disk.snapshots.keys.sorted() {
            log.addSnapshot(.init(id: id, bytes: Int64(disk.snapshots[id]?.count ?? 0)))
        }
        return log
    }

    func run(from base: Int, to end: Int) -> AppendedRun {
        var epochs: [OffsetAndEpoch] = []
        var voters: [VoterHistory.Entry<VoterSet>] = []
        var versions: [VoterHistory.Entry<Int16>] = []
        for at in base..<end {
            let entry = disk.entries[at]
            let offset = Offset(Int64(at))
            if epochs.last?.epoch.rawValue != entry.term {
                epochs.append(OffsetAndEpoch(offset: offset, epoch: LeaderEpoch(entry.term)))
            }
            switch entry.kind {
            case .voters:
                voters.append(.init(offset: offset, value: ToyEntry.voters(entry.value)))
            case .kraftVersion: versions.append(.init(offset: offset, value: 1))
            case .data, .leaderChange: break
            }
        }
        return AppendedRun(
            base: Offset(Int64(base)), end: Offset(Int64(end)), epochs: epochs, voterSets: voters,
            kraftVersions: versions)
    }

    /// What a snapshot of these entries says of the voters.
    static func membership(_ entries: some Sequence<ToyEntry>) -> SnapshotMembership {
        let set = entries.reversed().first { $0.kind == .voters }
        let level = entries.reversed().first { $0.kind == .kraftVersion }
        return SnapshotMembership(
            voters: set.map { ToyEntry.voters($0.value) },
            kraftVersion: level.map { Int16($0.value) })
    }

    mutating func start(now: Instant, seed: UInt64) {
        syncs = []
        download = []
        highWatermark = 0
        disk.durable = disk.entries.count
        var effects: [Raft.Effect] = []
        var fresh = Raft(
            configuration: configuration, stored: disk.election, log: shape(), now: now,
            seed: seed)
        fresh.start(now: now, &effects)
        mind = fresh
        pending = effects
    }

    /// Loses what was not synced: all of it, or a part from its end.
    mutating func crash(keeping unsynced: Int) {
        mind = nil
        pending = []
        syncs = []
        let kept = min(disk.entries.count, disk.durable + unsynced)
        disk.entries.removeSubrange(kept...)
    }

    mutating func tell(_ event: (inout Raft, inout [Raft.Effect]) -> Void) {
        guard var mind else { return }
        self.mind = nil
        event(&mind, &pending)
        self.mind = mind
    }

    mutating func append(_ entries: [ToyEntry], now: Instant) {
        let base = disk.entries.count
        disk.entries += entries
        let run = run(from: base, to: disk.entries.count)
        tell { $0.appended(run, now: now, &$1) }
        requestSync()
    }

    mutating func requestSync() {
        guard let mind else { return }
        syncs.append(mind.log.syncMark)
    }

    mutating func finishSync(now: Instant) {
        guard !syncs.isEmpty, let mind else { return }
        let mark = syncs.removeFirst()
        if mark.generation == mind.log.generation {
            disk.durable = max(disk.durable, Int(mark.end.rawValue))
        }
        tell { $0.synced(mark, now: now, &$1) }
    }
}
