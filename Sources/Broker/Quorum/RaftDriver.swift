internal import Bytes
internal import Configuration
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
    private(set) var isSuspended = false
    private(set) var isRunning = false
    private var timer: (id: TimerID, at: Instant)?
    private var isSyncing = false
    private var isSyncArmed = false
    private(set) var isStopped = false
    private var isTelling = false

    var peers: [Raft.Peer: PeerConnection] = [:]
    var leaderContact = LeaderContact()
    var replies: [Raft.RequestToken: (Raft.Response, SharedBytes) -> Void] = [:]
    private var nextToken: UInt64 = 0

    /// Everything below was told to the listener.
    private(set) var toldEnd: Offset = .zero
    private var activeTerm: Term?
    /// Which snapshots are kept.
    var retention: SnapshotRetention
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
        let settings = node.configuration.settings
        let bytesMax = settings.int("metadata.max.retention.bytes")
        retention = SnapshotRetention(
            bytesMax: bytesMax < 0 ? nil : Int64(bytesMax),
            age: settings.limit("metadata.max.retention.ms"))
        let found = try Self.open(store, configuration.staticVoters)
        raft = Raft(
            configuration: configuration, stored: try store.storedElection(), log: found.shape,
            now: loop.now, seed: seed)
        toldEnd = found.snapshot?.id.offset ?? .zero
        loadedAtStart = found.snapshot
    }

    private var loadedAtStart: MetadataSnapshot?

    // MARK: Running

    func start() {
        if let snapshot = loadedAtStart {
            loadedAtStart = nil
            toldSnapshot(snapshot)
        }
        handle { raft, now, effects in raft.start(now: now, &effects) }
    }

    /// Gives the mind an event, now or when what is left to do is done.
    func handle(_ event: @escaping Event) {
        events.append(event)
        run()
    }

    /// An event that the effect being performed caused, or an append of the application's: the mind hears of it
    /// before anything else happens.
    func handleFirst(_ event: @escaping Event) {
        urgent.append(event)
        run()
    }

    var isOverloaded: Bool { events.count >= Self.eventsMax }

    private func run() {
        guard !isRunning, !isSuspended, !isStopped else { return }
        isRunning = true
        while !isSuspended, !isStopped, performNext() {}
        isRunning = false
        // Nothing is left to perform: from here on the listener may come back with an append.
        if !isSuspended { settle() }
    }

    /// Takes one step; false if nothing is left.
    private func performNext() -> Bool {
        if !urgent.isEmpty {
            let event = urgent.removeFirst()
            event(&raft, loop.now, &effects)
        } else if effectsDone < effects.count {
            effectsDone += 1
            perform(effects[effectsDone - 1])
        } else {
            effects.removeAll(keepingCapacity: true)
            effectsDone = 0
            guard !events.isEmpty else { return false }
            let event = events.removeFirst()
            event(&raft, loop.now, &effects)
        }
        return true
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
        tellCommitted()
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
        flusher.sync([ticket], on: loop) { failure in
            bound.take().synced(ticket, mark, failure, began: began)
        }
    }

    private func synced(
        _ ticket: FlushTicket, _ mark: SyncMark, _ failure: FileError?, began: Instant
    ) {
        isSyncing = false
        if let failure {
            fail("\(failure)")
            return
        }
        metrics.committed(loop.now - began, at: loop.now)
        store.log.flushCompleted(ticket)
        // From outside: an effect may be waiting for the disk, and must be done before the mind hears of this.
        events.insert({ raft, now, effects in raft.synced(mark, now: now, &effects) }, at: 0)
        run()
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

    /// Reads what has been committed and tells it, only when nothing is left to perform: the listener may
    /// append at once, which may commit more.
    private func tellCommitted() {
        guard !isTelling else { return }
        isTelling = true
        defer { isTelling = false }
        while let end = raft.highWatermark, toldEnd < end, !isStopped, !isSuspended {
            do throws(MetadataBatchError) {
                let batches = try Self.read(store, from: toldEnd, upTo: end)
                    .filter { $0.header.baseOffset >= toldEnd }
                var told: [CommittedBatch] = []
                for batch in batches { told.append(try MetadataBatches.decode(batch)) }
                guard let last = told.last else { throw .malformed(toldEnd) }
                if let newness = told.lazy.compactMap({ FormatCheck.newness(of: $0.records) }).first
                {
                    return fail("the metadata is that of newer software: \(newness)")
                }
                toldEnd = last.position.lastOffset.next
                listener?.committed(told)
            } catch {
                fail("committed records at \(toldEnd.rawValue) cannot be read: \(error)")
            }
        }
    }

    func toldSnapshot(_ snapshot: MetadataSnapshot) {
        toldEnd = snapshot.id.offset
        listener?.snapshotLoaded(snapshot.records, endingAt: snapshot.position)
    }

    private func tellIfActive() {
        guard raft.isLeader, raft.hasCommittedInTerm else {
            activeTerm = nil
            return
        }
        guard !isTelling, activeTerm != raft.term, let start = raft.epochStart, toldEnd > start
        else { return }
        activeTerm = raft.term
        listener?.leadershipActive(in: raft.term, lost: leaderContact.takeLost())
    }

    func makeToken() -> Raft.RequestToken {
        nextToken += 1
        return Raft.RequestToken(nextToken)
    }
}
