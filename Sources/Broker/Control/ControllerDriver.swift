internal import Controller
internal import InternalRecords
internal import Metadata
internal import Model
internal import Ports
internal import Telemetry

/// Gives the controller's mind the log, the clock and its callers. Lives on the metadata loop.
///
/// A request is decided at once, its records are appended, and the answer waits until they are committed. An
/// answer without records waits for what it was read from. When leadership is lost, everybody who waits is
/// told NOT_CONTROLLER: whether the change survives is then for the next leader's log to say.
final class ControllerDriver {
    /// How long an answer waits for the quorum if the request does not say.
    static let patience = Duration.seconds(30)
    /// Deadlines acted upon before other events of the loop get their turn.
    static let roundsMax = 100
    /// Until a deadline that could not be acted upon, as the log took nothing, is tried again.
    static let retryPause = Duration.milliseconds(50)

    let loop: any Loop
    private let log: Log
    private let metrics: ControllerMetrics
    private let bootstrap: [MetadataRecord]
    /// Set before the first event.
    weak var records: (any RecordLog)?
    private var controller: Controller
    private var term: Term?
    private var parked = ParkedAnswers()
    private var deadlineTimer: (id: TimerID, at: Instant)?
    private var parkedTimer: (id: TimerID, at: Instant)?

    /// - Parameter bootstrap: what a new cluster's log begins with, as formatting laid it down.
    init(
        _ settings: ControllerSettings, bootstrap: [MetadataRecord], loop: any Loop,
        logging: Logging, metrics: Metrics, seed: UInt64
    ) {
        self.bootstrap = bootstrap
        self.loop = loop
        log = logging.log("controller")
        self.metrics = ControllerMetrics(metrics, loop: loop)
        controller = Controller(settings, seed: seed)
    }

    /// Whether this node decides for the cluster.
    var isActive: Bool { controller.isActive }

    /// The committed image, for whoever answers from the controller's side.
    var image: MetadataImage { controller.committedImage }
}

// MARK: - The quorum

extension ControllerDriver {
    /// A snapshot replaces everything told before.
    func snapshotLoaded(_ records: [MetadataRecord], endingAt position: MetadataPosition) {
        controller.reset()
        committed(records, endingAt: position)
    }

    /// A batch was committed; control batches come without records.
    func committed(_ records: [MetadataRecord], endingAt position: MetadataPosition) {
        do throws(ReplayError) {
            try controller.committed(records, endingAt: position)
        } catch {
            // Going on would mean to decide about another cluster than the one the log describes.
            log.error(
                "metadataReplayFailed", ["offset": position.lastOffset.rawValue, "cause": error])
            preconditionFailure("metadata at \(position.lastOffset.rawValue): \(error)")
        }
        metrics.committed(records, controller)
        for answer in parked.committed(through: position.lastOffset) { answer(nil) }
    }

    /// The quorum has another leader or term.
    func leadershipChanged(to leader: BrokerID?, in term: Term) {
        metrics.leadershipChanged(to: leader)
        guard controller.isActive, term != self.term || leader != controller.settings.nodeID else {
            return
        }
        resign(because: "the quorum has another leader")
    }

    /// This node leads, and everything before its term was told.
    ///
    /// - Parameter predecessor: the leader before, if the connection to it broke without goodbye.
    func leadershipActive(in term: Term, lost predecessor: LostLeader? = nil) {
        guard !controller.isActive else { return }
        self.term = term
        let first = controller.becomeActive(term: term, now: loop.now, bootstrap: bootstrap)
        log.info("controllerActive", ["term": term.rawValue, "firstRecords": first.count])
        metrics.activityChanged(controller)
        guard append(first) else {
            resign(because: "the log took nothing")
            return
        }
        if let predecessor {
            log.info("predecessorLost", ["broker": predecessor.id.rawValue])
            controller.predecessorLost(predecessor.id, since: predecessor.since, now: loop.now)
        }
        scheduleDeadline()
    }

    private func resign(because cause: String) {
        log.info("controllerResigned", ["term": term?.rawValue ?? -1, "cause": cause])
        controller.resign()
        term = nil
        metrics.activityChanged(controller)
        if let deadlineTimer { loop.disarm(deadlineTimer.id) }
        deadlineTimer = nil
        for answer in parked.removeAll() { answer(Self.notController) }
    }

    static let notController = ControllerError(
        .notController, "The active controller is another one")

    /// Appends and accepts. False if the log took nothing, or leadership was lost over it.
    private func append(_ list: [MetadataRecord]) -> Bool {
        guard !list.isEmpty else { return true }
        let versions = controller.image.recordVersions
        let list = list.map(versions.told)
        guard let term, let last = records?.append(list, versions: versions, in: term) else {
            return false
        }
        guard controller.isActive, self.term == term else { return false }
        controller.accept(
            list,
            endingAt: MetadataPosition(lastOffset: last, term: term, timestamp: loop.wallTime),
            now: loop.now)
        return true
    }
}

// MARK: - Requests

extension ControllerDriver {
    typealias Decision<Value: Sendable> =
        (inout Controller, Instant) throws(ControllerError) -> ControllerResult<Value>

    /// Decides, and completes once the decision is committed.
    ///
    /// - Parameters:
    ///   - patience: how long the caller waits for that.
    ///   - late: the response when that time is over, made of the decided one and the error; without it the
    ///     whole fails with the error.
    func decide<Value>(
        patience: Duration = patience, late: ((Value, ControllerError) -> Value)? = nil,
        _ decision: Decision<Value>,
        completion: @escaping (Result<Value, ControllerError>) -> Void
    ) {
        guard controller.isActive else {
            completion(.failure(Self.notController))
            return
        }
        guard !parked.isFull else {
            completion(.failure(ControllerError(.requestTimedOut, "The controller is overloaded")))
            return
        }
        let began = loop.now
        metrics.operationBegan()
        do throws(ControllerError) {
            let result = try decision(&controller, began)
            guard append(result.records) else {
                completion(.failure(Self.notController))
                return
            }
            metrics.decided(result.records, controller)
            scheduleDeadline()
            let response = result.response
            complete(after: patience) { error in
                guard let error else { return completion(.success(response)) }
                guard let late, error.code == .requestTimedOut else {
                    return completion(.failure(error))
                }
                completion(.success(late(response, error)))
            }
        } catch {
            completion(.failure(error))
        }
    }

    /// The offset at which the next decision's first record will stand.
    var nextOffset: Offset { records?.logEndOffset ?? .zero }

    /// What the quorum says of itself; nothing while it is not there.
    var quorumMembership: QuorumMembership {
        records?.quorumMembership ?? QuorumMembership(kraftVersion: 0, voters: [])
    }

    /// Has the quorum write a higher level of `kraft.version`, and completes once that is committed.
    func raiseKRaftVersion(
        to level: Int16, patience: Duration, completion: @escaping (ControllerError?) -> Void
    ) {
        guard controller.isActive, let records else { return completion(Self.notController) }
        guard !parked.isFull else {
            return completion(
                ControllerError(.requestTimedOut, "The controller is overloaded"))
        }
        switch records.raiseKRaftVersion(to: level) {
        case .failure(let error): completion(error)
        case .success(let offset): park(until: offset, patience: patience, completion)
        }
    }

    private func complete(
        after patience: Duration, _ answer: @escaping (ControllerError?) -> Void
    ) {
        guard let offset = controller.lastPendingOffset else {
            answer(nil)
            return
        }
        park(until: offset, patience: patience, answer)
    }

    private func park(
        until offset: Offset, patience: Duration, _ answer: @escaping (ControllerError?) -> Void
    ) {
        let deadline = loop.now + min(patience, Self.patience)
        parked.park(until: offset, deadline: deadline, answer)
        scheduleExpiry(at: deadline)
    }

    private func scheduleExpiry(at deadline: Instant) {
        if let parkedTimer {
            guard deadline < parkedTimer.at else { return }
            loop.disarm(parkedTimer.id)
        }
        let id = loop.arm(at: deadline) { [weak self] in self?.expire() }
        parkedTimer = (id, deadline)
    }

    private func expire() {
        parkedTimer = nil
        for answer in parked.expired(at: loop.now) {
            metrics.operationTimedOut()
            answer(ControllerError(.requestTimedOut, "The quorum has not committed it in time"))
        }
        if let next = parked.nextDeadline { scheduleExpiry(at: next) }
    }
}

// MARK: - Time

extension ControllerDriver {
    /// The connection on which the broker's last heartbeat came ended.
    ///
    /// - Parameter wasClosed: by the broker's side, in order.
    func connectionLost(by broker: BrokerID, wasClosed: Bool) {
        guard controller.isActive else { return }
        log.info(
            "heartbeatConnectionLost", ["broker": broker.rawValue, "wasClosed": "\(wasClosed)"])
        controller.connectionLost(by: broker, wasClosed: wasClosed, now: loop.now)
        scheduleDeadline()
    }

    /// Deadlines mostly move away, with each heartbeat: a timer that fires early is armed again then.
    private func scheduleDeadline() {
        guard let next = controller.nextDeadline else { return }
        if let deadlineTimer {
            guard next < deadlineTimer.at else { return }
            loop.disarm(deadlineTimer.id)
        }
        arm(at: next)
    }

    private func arm(at next: Instant) {
        let id = loop.arm(at: next) { [weak self] in self?.deadlineReached() }
        deadlineTimer = (id, next)
    }

    private func deadlineReached() {
        deadlineTimer = nil
        for _ in 0..<Self.roundsMax {
            guard let due = controller.nextDeadline, due <= loop.now else { break }
            let result = controller.deadlineReached(now: loop.now)
            guard append(result.records) else {
                guard controller.isActive else { return }
                arm(at: loop.now + Self.retryPause)
                return
            }
            metrics.decided(result.records, controller)
            report(result.response)
        }
        scheduleDeadline()
    }

    private func report(_ occasion: Controller.Occasion) {
        switch occasion {
        case .nothing, .noOp: break
        case .fenced(let broker):
            metrics.heartbeatTimedOut()
            log.warn("brokerFenced", ["broker": broker.rawValue, "cause": "silence"])
        case .balanced(let elections): log.info("leadersBalanced", ["elections": elections])
        case .electedUncleanly(let elections):
            log.warn("uncleanElections", ["elections": elections])
        }
    }
}
