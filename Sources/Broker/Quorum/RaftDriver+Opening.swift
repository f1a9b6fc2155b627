internal import Bytes
internal import LogStorage
internal import Metadata
internal import Model
internal import Raft
internal import Records

/// What lies on the disk at the start, put together for the mind.
extension RaftDriver {
    /// What the mind must know of the log and the newest snapshot on disk.
    static func open(
        _ store: MetadataStore, _ configured: VoterSet
    ) throws(MetadataStoreError) -> (shape: LogShape, snapshot: MetadataSnapshot?) {
        var shape = LogShape(configuredVoters: configured)
        var newest: MetadataSnapshot?
        let ids = try store.snapshots()
        try restore(&shape, from: store, ids, newest: &newest)
        do throws(MetadataBatchError) {
            try scan(store, from: shape.end) { (run: AppendedRun) throws(MetadataBatchError) in
                guard shape.accepts(run, in: Term(.max)) else { throw .malformed(run.base) }
                shape.append(run)
            }
        } catch {
            throw .damaged(path: store.directory, cause: "\(error)")
        }
        shape.synced(shape.syncMark)
        let level = shape.voters.kraftVersion
        if let newness = FormatCheck.newness(of: FeatureName.kraftVersion, at: level)
            ?? FormatCheck.newness(of: newest?.records ?? [])
        {
            throw .tooNew(path: store.directory, newness: newness)
        }
        return (shape, newest)
    }

    /// Puts the log's beginning together with the snapshots beside it. A log from 0 on whose first voters are
    /// known is read whole; any other begins at the oldest snapshot that lies in it, or, if it ends below the
    /// newest, is of no use beside it.
    private static func restore(
        _ shape: inout LogShape, from store: MetadataStore, _ ids: [OffsetAndEpoch],
        newest: inout MetadataSnapshot?
    ) throws(MetadataStoreError) {
        let log = store.log
        var isWhole = log.logStartOffset == .zero && !shape.voters.voters.voters.isEmpty
        if let formatted = ids.first, formatted.offset == .zero {
            let laidDown = try store.load(formatted)
            shape.restart(at: laidDown.file, membership: laidDown.membership)
            isWhole = log.logStartOffset == .zero
        }
        let made = ids.filter { $0.offset > .zero }
        guard log.logStartOffset <= made.last?.offset ?? .zero else {
            throw .damaged(
                path: store.directory,
                cause:
                    "the log begins at \(log.logStartOffset.rawValue) and no snapshot reaches up to it"
            )
        }
        guard let last = made.last else { return }
        let loaded = try store.load(last)
        newest = loaded
        let reaching = made.first { $0.offset >= log.logStartOffset }
        let oldest = reaching == last ? loaded : try store.load(reaching ?? last)
        do throws(LogError) {
            if last.offset > log.logEndOffset {
                shape.restart(at: loaded.file, membership: loaded.membership)
                try log.truncateFully(andStartAt: last.offset, now: loaded.timestamp)
            } else if !isWhole {
                shape.restart(at: oldest.file, membership: oldest.membership)
                try log.advanceLogStart(to: oldest.id.offset)
            }
        } catch {
            throw .log(error)
        }
        for id in made where id.offset >= shape.start {
            shape.addSnapshot(.init(id: id, bytes: try store.size(of: id)))
        }
    }

    private static func scan(
        _ store: MetadataStore, from start: Offset,
        _ body: (AppendedRun) throws(MetadataBatchError) -> Void
    ) throws(MetadataBatchError) {
        var next = start
        while next < store.log.logEndOffset {
            let batches = try read(store, from: next, upTo: store.log.logEndOffset)
                .filter { $0.header.baseOffset >= next }
            guard let run = try MetadataBatches.run(of: batches), run.base == next else {
                throw .malformed(next)
            }
            try body(run)
            next = run.end
        }
    }

    static func read(
        _ store: MetadataStore, from start: Offset, upTo end: Offset
    ) throws(MetadataBatchError) -> [RecordBatchView] {
        let bytes: SharedBytes
        do throws(LogError) {
            let slice = try store.log.read(
                from: start, upTo: end, maxBytes: MetadataBatches.batchBytesMax, minOneBatch: true)
            bytes = try slice.load()
        } catch {
            throw .unreadable(start, error)
        }
        return try MetadataBatches.split(bytes)
    }
}
