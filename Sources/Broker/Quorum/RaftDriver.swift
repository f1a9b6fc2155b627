internal import Bytes
internal import InternalRecords
internal import LogStorage
internal import Metadata
internal import Model
internal import Ports
internal import Raft
internal import Records
internal import Telemetry
internal import Wire

/// Performs what the quorum's mind decides: disk, network and time. Lives on the metadata loop.
///
/// The mind's rule is that effects are performed in order, each completed before the next, and that it hears
/// of no event while one is left. So events and effects queue here: an event is given to the mind only when
/// nothing is left to perform. Writing `quorum-state` takes the disk's time; meanwhile events wait
/// (`eventsMax` of them, then connections stop being read).
///
/// Appends are written at once and synced together: one sync at a time, begun at the end of a turn, so that
/// everything written while one runs shares the next.
final class RaftDriver {
    /// Events that may wait for an effect; beyond it requests are refused as if this node were down.
    static let eventsMax = 10_000

    typealias Event = (inout Raft, Instant, inout [Raft.Effect]) -> Void

    let node: Node
    let loop: any Loop
    let store: MetadataStore
    let flusher: any Flusher
    var raft: Raft
    weak var listener: (any QuorumListener)?
    /// The node cannot go on: its metadata directory failed.
    var failed: ((String) -> Void)?

    private var effects: [Raft.Effect] = []
    private var effectsDone = 0
    private var urgent: [Event] = []
    private var events: [Event] = []
    /// An effect is being performed elsewhere: `resume` comes.
    private var isSuspended = false
    private var isRunning = false
    private var timer: (id: TimerID, at: Instant)?
    private var isSyncing = false
    private var isSyncArmed = false
    private var isStopped = false

    var peers: [Raft.Peer: PeerConnection] = [:]
    var replies: [Raft.RequestToken: (Raft.Response, SharedBytes) -> Void] = [:]
    private var nextToken: UInt64 = 0

    /// Everything below was told to the listener.
    private(set) var toldEnd: Offset = .zero
    private var activeTerm: Term?
    private var handedOver: (() -> Void)?
    let metrics: QuorumMetrics

    init(
        node: Node, store: MetadataStore, flusher: any Flusher, configuration: Raft.Configuration,
        seed: UInt64
    ) throws(MetadataStoreError) {
        self.node = node
        self.store = store
        self.flusher = flusher
        loop = node.world.metadataLoop
        metrics = QuorumMetrics(node.metrics)
        let found = try Self.read(store, configuration.staticVoters)
        raft = Raft(
            configuration: configuration, stored: try store.storedElection(), log: found.shape,
            now: loop.now, seed: seed)
        toldEnd = found.snapshot.map { $0.file.id.offset } ?? .zero
        loadedAtStart = found.snapshot
    }

    private var loadedAtStart: MetadataStore.Snapshot?

    /// What the mind must know of the log and the newest snapshot on disk.
    private static func read(
        _ store: MetadataStore, _ configured: VoterSet
    ) throws(MetadataStoreError) -> (shape: LogShape, snapshot: MetadataStore.Snapshot?) {
        var shape = LogShape(configuredVoters: configured)
        var newest: MetadataStore.Snapshot?
        let ids: [OffsetAndEpoch]
        do throws(FileError) {
            ids = try store.snapshots()
        } catch {
            throw .file(error)
        }
        if let last = ids.last {
            let snapshot = try store.load(last)
            shape.restart(at: snapshot.file, membership: snapshot.membership)
            if last.offset > .zero { newest = snapshot }
            // A log that the snapshot left behind is of no use.
            if store.log.logEndOffset < last.offset || store.log.logStartOffset > last.offset {
                do throws(LogError) {
                    try store.log.truncateFully(andStartAt: last.offset, now: .none)
                } catch {
                    throw .log(error)
                }
            }
        }
        do throws(MetadataBatchError) {
            try scan(store, from: shape.end) { (run: AppendedRun) in shape.append(run) }
        } catch {
            throw .damaged(path: store.directory, cause: "\(error)")
        }
        shape.synced(shape.syncMark)
        return (shape, newest)
    }

    private static func scan(
        _ store: MetadataStore, from start: Offset, _ body: (AppendedRun) -> Void
    ) throws(MetadataBatchError) {
        var next = start
        while next < store.log.logEndOffset {
            let batches = try read(store, from: next, upTo: store.log.logEndOffset)
                .filter { $0.header.baseOffset >= next }
            guard let run = try MetadataBatches.run(of: batches) else {
                throw .malformed(next)
            }
            body(run)
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

    // MARK: Running

    func start() {
        if let snapshot = loadedAtStart {
            listener?.snapshotLoaded(
                snapshot.records,
                endingAt: MetadataPosition(
                    lastOffset: snapshot.file.id.offset - 1,
                    term: Term(snapshot.file.id.epoch.rawValue), timestamp: snapshot.timestamp))
            loadedAtStart = nil
        }
        handle { raft, now, effects in raft.start(now: now, &effects) }
    }

    /// Gives the mind an event, now or when what is left to do is done.
    func handle(_ event: @escaping Event) {
        events.append(event)
        run()
    }

    /// An event that an effect caused: it goes before those from outside.
    func handleFirst(_ event: @escaping Event) {
        urgent.append(event)
        run()
    }

    var isOverloaded: Bool { events.count >= Self.eventsMax }

    private func run() {
        guard !isRunning, !isSuspended, !isStopped else { return }
        isRunning = true
        defer { isRunning = false }
        while !isSuspended, !isStopped {
            if effectsDone < effects.count {
                let effect = effects[effectsDone]
                effectsDone += 1
                perform(effect)
                continue
            }
            effects.removeAll(keepingCapacity: true)
            effectsDone = 0
            guard let event = nextEvent() else { break }
            event(&raft, loop.now, &effects)
        }
        guard !isSuspended else { return }
        settle()
    }

    private func nextEvent() -> Event? {
        if !urgent.isEmpty { return urgent.removeFirst() }
        return events.isEmpty ? nil : events.removeFirst()
    }

    /// Holds everything back until `resume`, while an effect is performed off the loop.
    func suspend() { isSuspended = true }

    func resume() {
        isSuspended = false
        run()
    }

    private func settle() {
        scheduleDeadline()
        if !raft.log.isDurable { scheduleSync() }
        tellIfActive()
        metrics.note(raft)
        if let body = handedOver, raft.hasHandedOver {
            handedOver = nil
            body()
        }
    }

    /// Runs `body` once nobody needs this replica any more, after `Raft.shutDown`.
    func whenHandedOver(_ body: @escaping () -> Void) {
        handedOver = body
        run()
    }

    private func scheduleDeadline() {
        let next = raft.nextDeadline(after: loop.now)
        if let timer {
            guard timer.at != next else { return }
            loop.disarm(timer.id)
            self.timer = nil
        }
        guard next < .distantFuture else { return }
        let id = loop.arm(at: next) { [weak self] in
            self?.timer = nil
            self?.handle { raft, now, effects in raft.deadlineReached(now: now, &effects) }
        }
        timer = (id, next)
    }

    // MARK: Syncing

    private func scheduleSync() {
        guard !isSyncing, !isSyncArmed else { return }
        isSyncArmed = true
        loop.atEndOfTurn { [weak self] in self?.sync() }
    }

    private func sync() {
        isSyncArmed = false
        guard !isSyncing, !isStopped, let ticket = store.log.prepareFlush() else { return }
        isSyncing = true
        let mark = raft.log.syncMark
        let bound = LoopBound(self, on: loop)
        let began = loop.now
        flusher.sync([ticket], on: loop, fileSystem: store.fileSystem) { failure in
            bound.take().synced(ticket, mark, failure, began: began)
        }
    }

    private func synced(_ ticket: FlushTicket, _ mark: SyncMark, _ failure: FileError?, began: Instant) {
        isSyncing = false
        if let failure {
            fail("\(failure)")
            return
        }
        metrics.committed(loop.now - began, at: loop.now)
        store.log.flushCompleted(ticket)
        handleFirst { raft, now, effects in raft.synced(mark, now: now, &effects) }
    }

    /// The metadata directory cannot be trusted: the node must stop.
    func fail(_ cause: String) {
        guard !isStopped else { return }
        isStopped = true
        node.log.error("metadataDirectoryFailed", ["directory": store.directory, "cause": cause])
        failed?("the metadata directory \(store.directory) failed: \(cause)")
    }

    func stop() {
        isStopped = true
        for peer in peers.values { peer.close() }
        peers = [:]
    }

    // MARK: Telling

    /// Reads what has been committed and tells it.
    func tell(upTo highWatermark: Offset) {
        while toldEnd < highWatermark, !isStopped {
            do throws(MetadataBatchError) {
                let batches = try Self.read(store, from: toldEnd, upTo: highWatermark)
                    .filter { $0.header.baseOffset >= toldEnd }
                var told: [CommittedBatch] = []
                for batch in batches { told.append(try MetadataBatches.decode(batch)) }
                guard let last = told.last else { throw .malformed(toldEnd) }
                toldEnd = last.position.lastOffset.next
                listener?.committed(told)
            } catch {
                fail("committed records at \(toldEnd.rawValue) cannot be read: \(error)")
            }
        }
    }

    func toldSnapshot(_ snapshot: MetadataStore.Snapshot) {
        toldEnd = snapshot.file.id.offset
        listener?.snapshotLoaded(
            snapshot.records,
            endingAt: MetadataPosition(
                lastOffset: toldEnd - 1, term: Term(snapshot.file.id.epoch.rawValue),
                timestamp: snapshot.timestamp))
    }

    private func tellIfActive() {
        guard raft.isLeader, raft.hasCommittedInTerm else {
            activeTerm = nil
            return
        }
        guard activeTerm != raft.term, let start = raft.epochStart, toldEnd > start else { return }
        activeTerm = raft.term
        listener?.leadershipActive(in: raft.term)
    }

    // MARK: The application's side

    /// Why records were not appended.
    enum ProposeError: Error {
        case notLeader
        case overloaded
        case unencodable(EncodeError)
        case log(LogError)
    }

    /// Appends records as the leader of `term` and answers the offset of the last. They are told by
    /// `committed` once a majority holds them.
    func propose(_ records: [MetadataRecord], in term: Term) throws(ProposeError) -> Offset {
        guard !isSuspended, !isStopped, raft.isLeader, raft.term == term else { throw .notLeader }
        let batches: [SharedBytes]
        do throws(EncodeError) {
            batches = try MetadataBatches.encode(
                records, from: store.log.logEndOffset, term: term, timestamp: loop.wallTime)
        } catch {
            throw .unencodable(error)
        }
        do throws(LogError) {
            let run = try write(batches)
            handleFirst { raft, now, effects in raft.appended(run, now: now, &effects) }
            return run.end - 1
        } catch {
            fail("\(error)")
            throw .log(error)
        }
    }

    /// Writes prepared batches at the log's end.
    func write(_ batches: [SharedBytes]) throws(LogError) -> AppendedRun {
        var views: [RecordBatchView] = []
        for bytes in batches {
            _ = try store.log.append(replicated: bytes, now: loop.wallTime)
            do throws(RecordBatchError) {
                views.append(try RecordBatchView(bytes))
            } catch {
                throw .corruptBatch(error)
            }
        }
        do throws(MetadataBatchError) {
            guard let run = try MetadataBatches.run(of: views) else {
                preconditionFailure("an append brings something")
            }
            return run
        } catch {
            preconditionFailure("batches made here can be read: \(error)")
        }
    }

    /// Offset that the next record gets.
    var logEndOffset: Offset { store.log.logEndOffset }

    func makeToken() -> Raft.RequestToken {
        nextToken += 1
        return Raft.RequestToken(nextToken)
    }
}

extension RaftDriver: RecordLog {
    func append(_ records: [MetadataRecord], in term: Term) -> Offset? {
        do throws(ProposeError) {
            return try propose(records, in: term)
        } catch {
            node.log.info("recordsNotAppended", ["cause": "\(error)"])
            return nil
        }
    }
}
