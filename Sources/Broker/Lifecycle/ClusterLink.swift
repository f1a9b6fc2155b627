internal import Bytes
internal import Configuration
internal import Controller
internal import InternalRecords
internal import Metadata
internal import Model
internal import Ports
internal import Raft
internal import Telemetry

/// The node's part in the cluster: quorum, controller, membership, and everything it asks the active
/// controller for. Lives on the metadata loop and owns all that lives there.
final class ClusterLink {
    let node: Node
    let loop: any Loop
    let shards: [LoopBound<Shard>]
    private let storage: BrokerStorage
    let quorum: RaftDriver
    let publisher: MetadataPublisher
    let snapshots: SnapshotKeeper
    /// Present in the role controller.
    let controller: ControllerDriver?
    /// Present in the role broker.
    let lifecycle: BrokerLifecycle?
    /// For everything but heartbeats.
    let channel: ControllerChannel
    let isrChanges: ISRChanges
    let producerIDs: ProducerIDs
    let directoryAssignments: DirectoryAssignments
    let topicCreation: TopicCreation
    let forwarder: Forwarder
    private let enrollment: ControllerEnrollment?
    /// Directories that do not say yet what they should of the registration, and what is to be done then.
    private var unnoted: Set<DirectoryID> = []
    private var whenNoted: (() -> Void)?
    private var noteNumber = 0
    private var isLeaving = false
    private var kraftVersionTold: Int16 = 0
    /// Called when the checkpoint files must be written soon.
    var checkpointsWanted: (() -> Void)?
    /// The node cannot go on.
    var failed: ((String) -> Void)?
    /// The broker serves.
    var serving: (() -> Void)?

    init(
        node: Node, shards: [LoopBound<Shard>], quorum: RaftDriver, controller: ControllerDriver?,
        registration: BrokerLifecycle.Registration?, storage: BrokerStorage
    ) {
        self.storage = storage
        self.node = node
        self.shards = shards
        self.quorum = quorum
        self.controller = controller
        loop = node.world.metadataLoop
        let publisher = MetadataPublisher(node: node, shards: shards)
        self.publisher = publisher
        let interval = node.configuration.snapshotInterval
        snapshots = SnapshotKeeper(
            loop: node.world.metadataLoop, store: quorum,
            bytesMax: Int64(node.configuration.snapshotAfterBytes),
            interval: interval > .zero ? interval : nil, image: { publisher.snapshotImage })
        lifecycle = registration.map { BrokerLifecycle(registration: $0, node: node) }
        lifecycle?.offlineDirectories = storage.directories.filter(\.isOffline).map(\.id)
        let channel = ControllerChannel(
            clientID: "broker-\(node.configuration.nodeID.rawValue)", loop: loop,
            transport: node.world.transport)
        self.channel = channel
        isrChanges = ISRChanges(node: node, channel: channel, shards: shards)
        producerIDs = ProducerIDs(node: node, channel: channel)
        directoryAssignments = DirectoryAssignments(node: node, channel: channel)
        topicCreation = TopicCreation(node: node, channel: channel)
        forwarder = Forwarder(node: node, channel: channel)
        enrollment = controller.map { _ in
            ControllerEnrollment(node: node, channel: channel) { publisher.image }
        }
    }

    func start() {
        quorum.listener = self
        quorum.failed = { [weak self] in self?.failed?($0) }
        channel.negotiated = { [weak self] versions in
            for shard in self?.shards ?? [] { shard.post { $0.controllerVersions = versions } }
        }
        publisher.appliedMore = { [weak self] in self?.lifecycle?.appliedMore() }
        if let lifecycle { join(lifecycle) }
        quorum.start()
        snapshots.start()
    }

    /// All logs are open: the broker may join, once it is noted as whom.
    func logsLoaded(after run: PreviousRun) {
        guard !isLeaving, let lifecycle else { return }
        let incarnationID = run.attempt ?? lifecycle.incarnationID
        note(RegistrationNote(run.epoch, attempt: incarnationID)) { [weak self] in
            guard self?.isLeaving == false else { return }
            lifecycle.start(previousEpoch: run.epoch, as: incarnationID)
        }
    }

    private func join(_ lifecycle: BrokerLifecycle) {
        lifecycle.appliedOffset = { [weak self] in self?.publisher.appliedOffset ?? .none }
        lifecycle.registered = { [weak self] epoch in self?.registered(epoch) }
        lifecycle.unfenced = { [weak self] in self?.serving?() }
        lifecycle.failed = { [weak self] in self?.failed?($0) }
    }

    private func registered(_ epoch: BrokerEpoch) {
        isrChanges.brokerEpoch = epoch
        note(RegistrationNote(epoch)) { [weak self] in self?.lifecycle?.registrationNoted(epoch) }
        producerIDs.brokerEpoch = epoch
        directoryAssignments.brokerEpoch = epoch
        publisher.registered(at: epoch)
        for shard in shards {
            shard.post { shard in
                shard.brokerEpoch = epoch
                for fetcher in shard.fetchersInOrder { fetcher.pumpSoon() }
            }
        }
    }

    /// Notes in every directory under which registration it is in use, then calls `done`: a restart that finds it in
    /// all of them has all that was promised under it, however the process ended.
    private func note(_ note: RegistrationNote, then done: @escaping () -> Void) {
        let fileSystem = node.world.fileSystem
        let all = storage.directories
        let online = all.filter { !$0.isOffline }
        noteNumber += 1
        let number = noteNumber
        unnoted = Set(online.map(\.id))
        whenNoted = done
        let me = LoopBound(self, on: loop)
        for handle in online {
            let file = RegistrationFile(in: handle.path, on: fileSystem)
            handle.flusher.perform {
                var failure: FileError?
                do throws(FileError) {
                    try file.replace(with: note, all)
                } catch {
                    failure = error
                }
                let cause = failure
                me.post { link in
                    if let cause { link.notNoted(in: handle, cause) }
                    if link.noteNumber == number { link.noted(handle.id) }
                }
            }
        }
        if online.isEmpty { noted(.lost) }
    }

    private func noted(_ directory: DirectoryID) {
        unnoted.remove(directory)
        guard unnoted.isEmpty, let done = whenNoted else { return }
        whenNoted = nil
        done()
    }

    /// A directory that says something else than is so must not be found by a restart and believed.
    private func notNoted(in handle: LogDirectoryHandle, _ cause: FileError) {
        guard handle.fail() else { return }
        node.log.error("logDirectoryFailed", ["directory": handle.path, "cause": cause])
        for shard in shards { shard.post { $0.goOffline(handle.id) } }
        directoryFailed(handle.id)
    }

    /// Takes the notes back before the controller hears that this broker goes: should it be killed on the way,
    /// nobody must take its end for an orderly one.
    private func forgetRegistration(then leave: @escaping () -> Void) {
        var missing = 1
        let forgotten = {
            missing -= 1
            if missing == 0 { leave() }
        }
        let bound = LoopBound(forgotten, on: loop)
        let fileSystem = node.world.fileSystem
        for handle in storage.directories where !handle.isOffline {
            missing += 1
            let file = RegistrationFile(in: handle.path, on: fileSystem)
            handle.flusher.perform { [log = node.log] in
                do throws(FileError) {
                    try file.remove()
                } catch {
                    log.warn(
                        "registrationNotForgotten", ["directory": handle.path, "cause": error])
                }
                bound.post { $0() }
            }
        }
        forgotten()
    }

    func directoryFailed(_ id: DirectoryID) {
        lifecycle?.directoryFailed(id)
        noted(id)
    }

    /// Hands over what this node leads, then calls `done`. Asked again, it goes on as it began.
    func leave(_ done: @escaping () -> Void) {
        guard !isLeaving else { return }
        isLeaving = true
        var isDone = false
        let finish = { [weak self] in
            guard !isDone else { return }
            isDone = true
            self?.handOver(done)
        }
        guard let lifecycle, node.configuration.settings.flag("controlled.shutdown.enable") else {
            finish()
            return
        }
        lifecycle.mayStop = finish
        lifecycle.failed = { _ in finish() }
        forgetRegistration { lifecycle.leave() }
        // A controller that cannot be reached must not keep a node from stopping.
        loop.arm(at: loop.now + Self.leaveMax, finish)
        giveUpWithoutController(since: loop.now, finish)
    }

    /// When the others stop too, there soon is no controller to hand anything to.
    private func giveUpWithoutController(since: Instant, _ finish: @escaping () -> Void) {
        guard loop.now - since < Self.controllerAbsenceMax else {
            finish()
            return
        }
        let isKnown = channel.controller != nil
        loop.arm(at: loop.now + .milliseconds(100)) { [weak self] in
            guard let self else { return }
            self.giveUpWithoutController(since: isKnown ? self.loop.now : since, finish)
        }
    }

    /// How long a controlled shutdown may take before the node stops anyway.
    static let leaveMax = Duration.seconds(10)
    /// How long a leaving node looks for a controller.
    static let controllerAbsenceMax = Duration.seconds(1)
    /// How long the quorum's leader waits for the others to hear that it goes.
    static let handOverMax = Duration.milliseconds(500)

    private func handOver(_ done: @escaping () -> Void) {
        lifecycle?.stop()
        enrollment?.stop()
        quorum.handle { raft, now, effects in raft.shutDown(now: now, &effects) }
        var isDone = false
        let finish = { [weak self] in
            guard !isDone else { return }
            isDone = true
            self?.channel.close()
            self?.snapshots.stop()
            self?.quorum.stop()
            done()
        }
        quorum.whenHandedOver(finish)
        loop.arm(at: loop.now + Self.handOverMax, finish)
    }
}

extension MetadataRecord {
    fileprivate var isFeatureLevel: Bool {
        if case .featureLevel = self { true } else { false }
    }
}

extension ClusterLink: QuorumListener {
    func snapshotLoaded(_ records: [MetadataRecord], endingAt position: MetadataPosition) {
        publisher.loaded(records, endingAt: position)
        controller?.snapshotLoaded(records, endingAt: position)
        quorumMayHaveChanged()
    }

    /// The loops tell clients the level of `kraft.version`, which is in no record of theirs.
    private func quorumMayHaveChanged() {
        let level = quorum.raft.log.voters.kraftVersion
        guard level != kraftVersionTold else { return }
        kraftVersionTold = level
        for shard in shards { shard.post { $0.kraftVersion = level } }
    }

    func committed(_ batches: [CommittedBatch]) {
        for batch in batches { publisher.committed(batch.records, endingAt: batch.position) }
        for batch in batches {
            controller?.committed(batch.records, endingAt: batch.position)
        }
        if batches.contains(where: { $0.records.contains(where: \.isFeatureLevel) }) {
            // A higher metadata.version may have room for what this controller could not tell before.
            enrollment?.enroll()
        }
        quorumMayHaveChanged()
    }

    func leadershipChanged(_ leadership: LeaderAndTerm, address: QuorumAddress?) {
        controller?.leadershipChanged(to: leadership.leader, in: leadership.term)
        let listener = node.configuration.controllerListenerNames.first ?? ""
        let endpoint = address.map {
            Endpoint(listener: listener, host: $0.host, port: $0.port)
        }
        channel.controllerChanged(to: leadership.leader, endpoint)
        lifecycle?.controllerChanged(to: leadership.leader, endpoint)
        if leadership.leader != nil { enrollment?.enroll() }
        // A broker is open when it is registered; a controller alone, while it knows whom to follow.
        if !node.configuration.isBroker { node.isOpen = leadership.leader != nil }
        let leader = leadership.leader
        for shard in shards { shard.post { $0.controllerID = leader } }
    }

    func leadershipActive(in term: Term, lost predecessor: LostLeader?) {
        controller?.leadershipActive(in: term, lost: predecessor)
    }
}
