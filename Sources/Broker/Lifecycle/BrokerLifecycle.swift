internal import Bytes
internal import Configuration
internal import Controller
internal import Model
internal import Ports
internal import Replication
internal import Telemetry
internal import Wire
internal import WireMessages

/// The broker's membership of the cluster: it registers, sends heartbeats, is unfenced once it has caught
/// up, and leaves in an orderly way. Lives on the metadata loop.
///
///     starting ── registered ─▶ recovery ── unfenced ─▶ running ── leave() ─▶ pendingControlledShutdown
///        ▲                         │                        │                       │ may stop
///        └──── registration lost ──┴────────────────────────┘                       ▼ shuttingDown
///
/// Heartbeats go out at a fixed interval on a connection of their own, so that nothing slow stands before
/// them; an answered heartbeat extends the broker's lease. A broken connection is replaced at once: the
/// controller allows a short grace for that before it fences (design: failure detection).
final class BrokerLifecycle {
    /// Everything a registration tells about this broker.
    struct Registration {
        let brokerID: BrokerID
        let clusterID: String
        var incarnationID: UUID
        let endpoints: [Endpoint]
        let features: [(name: String, levels: ClosedRange<Int16>)]
        let rack: String?
        /// Failed ones too, as far as they are known: heartbeats say which failed.
        let directories: [DirectoryID]
        /// Under which the directories were used before; `.none` after an unclean stop.
        var previousEpoch = BrokerEpoch.none
    }

    /// A feature whose levels begin at 0 can be told since 4.
    static let registrationVersions: ClosedRange<Int16> = 4...4
    /// Offline directories can be told since 1.
    static let heartbeatVersions: ClosedRange<Int16> = 1...1
    /// Pause after the first refusal; each further one doubles it, up to `retryPauseMax`. A controller that was
    /// just elected is active within milliseconds.
    static let retryPause = Duration.milliseconds(2)
    static let retryPauseMax = Duration.milliseconds(50)

    private var registration: Registration
    private let node: Node
    private let loop: any Loop
    private let channel: ControllerChannel
    private(set) var epoch = BrokerEpoch.none
    /// What this broker has replayed, on every loop.
    var appliedOffset: () -> Offset = { .none }
    /// Directories that failed since the start.
    var offlineDirectories: [DirectoryID] = []
    /// The broker is registered under an epoch: to be noted before it may be unfenced (`registrationNoted`).
    var registered: ((BrokerEpoch) -> Void)?
    /// The controller counts on this broker.
    var unfenced: (() -> Void)?
    /// Nothing is led here any more; the process may stop.
    var mayStop: (() -> Void)?
    /// The broker cannot join, and says why.
    var failed: ((String) -> Void)?

    /// Refusals since the last request that was granted.
    private var refusals = 0
    /// Why the last attempt to register came to nothing: told when it is another than before.
    private var refusal: String?
    private var isHeartbeatInFlight = false
    /// There is news since the heartbeat under way was sent.
    private var mustRepeat = false
    private var hasServed = false
    /// The directories say under which epoch they are in use.
    private var isNoted = false
    private var isLeaving = false
    private var isStopped = false
    private var registrationDeadline: Instant?
    private var controllerID: BrokerID?
    private var lease: LeadershipLease {
        didSet { node.lease.set(lease) }
    }

    init(registration: Registration, node: Node) {
        self.registration = registration
        self.node = node
        loop = node.world.metadataLoop
        lease = LeadershipLease(node.configuration.leaseTerms)
        channel = ControllerChannel(
            clientID: "broker-\(registration.brokerID.rawValue)-heartbeat", loop: loop,
            transport: node.world.transport)
        channel.disconnected = { [weak self] reason in self?.connectionLost(reason) }
    }

    /// As whom this process registers, unless one before it did not live to hear the answer.
    var incarnationID: UUID { registration.incarnationID }

    /// - Parameters:
    ///   - previousEpoch: under which the directories were used before.
    ///   - incarnationID: as whom to register; noted in the directories by now.
    func start(previousEpoch: BrokerEpoch, as incarnationID: UUID) {
        registration.previousEpoch = previousEpoch
        registration.incarnationID = incarnationID
        registrationDeadline = loop.now + node.configuration.registrationTimeout
        register()
        tick()
    }

    func controllerChanged(to id: BrokerID?, _ endpoint: Endpoint?) {
        channel.controllerChanged(to: id, endpoint)
        if id != controllerID { lease.controllerChanged(at: loop.now) }
        controllerID = id
        // The new controller gives Martlet brokers half a second to be heard.
        if id != nil, epoch != .none { heartbeat() }
    }

    // MARK: Registration

    private func register() {
        guard !isStopped else { return }
        var request = BrokerRegistrationRequest()
        request.brokerID = registration.brokerID.rawValue
        request.clusterID = registration.clusterID
        request.incarnationID = registration.incarnationID
        request.listeners = registration.endpoints.map {
            var listener = BrokerRegistrationRequest.Listener()
            listener.name = $0.listener
            listener.host = $0.host
            listener.port = $0.port
            listener.securityProtocol = $0.securityProtocol.rawValue
            return listener
        }
        request.features = registration.features.map {
            var feature = BrokerRegistrationRequest.Feature()
            feature.name = $0.name
            feature.minSupportedVersion = $0.levels.lowerBound
            feature.maxSupportedVersion = $0.levels.upperBound
            return feature
        }
        request.rack = registration.rack
        request.logDirs = registration.directories.map(\.uuid)
        request.previousBrokerEpoch = registration.previousEpoch.rawValue
        channel.send(
            request, versions: Self.registrationVersions, timeout: .seconds(5)
        ) { [weak self] in self?.registrationAnswered($0) }
    }

    private func registrationAnswered(_ result: Result<BrokerRegistrationResponse, PeerError>) {
        guard !isStopped else { return }
        switch result {
        case .success(let response) where response.errorCode == .none:
            refusals = 0
            refusal = nil
            epoch = BrokerEpoch(response.brokerEpoch)
            isNoted = false
            registrationDeadline = nil
            if node.state == .starting { node.state = .recovery }
            node.log.info(
                "brokerRegistered",
                ["broker": registration.brokerID.rawValue, "epoch": epoch.rawValue])
            registered?(epoch)
        case .success(let response):
            registrationRefused(
                response.errorCode.name, isFinal: response.errorCode.isFinalForBroker)
        case .failure(let error):
            registrationRefused("\(error)", isFinal: false)
        }
    }

    private func registrationRefused(_ cause: String, isFinal: Bool) {
        if isFinal {
            failed?("the controller refuses this broker: \(cause)")
            return
        }
        if let registrationDeadline, loop.now >= registrationDeadline {
            failed?(
                "not registered within initial.broker.registration.timeout.ms, last cause: \(cause); "
                    + "check that a majority of the controllers runs and can be reached")
            return
        }
        if cause != refusal { node.log.info("registrationNotTaken", ["cause": cause]) }
        refusal = cause
        loop.arm(at: loop.now + nextPause()) { [weak self] in self?.register() }
    }

    private func nextPause() -> Duration {
        let pause = min(Self.retryPause * (1 << min(refusals, 5)), Self.retryPauseMax)
        refusals += 1
        return pause
    }

    /// The directories say that they are in use under `epoch`. From here on the broker may promise something.
    func registrationNoted(_ epoch: BrokerEpoch) {
        guard epoch == self.epoch else { return }
        isNoted = true
        heartbeat()
    }

    // MARK: Heartbeats

    private func tick() {
        guard !isStopped else { return }
        loop.arm(at: loop.now + node.configuration.heartbeatInterval) { [weak self] in
            self?.heartbeat()
            self?.tick()
        }
    }

    private func heartbeat() {
        guard epoch != .none, isNoted, !isStopped else { return }
        guard !isHeartbeatInFlight else {
            mustRepeat = true
            return
        }
        isHeartbeatInFlight = true
        mustRepeat = false
        var request = BrokerHeartbeatRequest()
        request.brokerID = registration.brokerID.rawValue
        request.brokerEpoch = epoch.rawValue
        request.currentMetadataOffset = appliedOffset().rawValue
        request.wantShutDown = isLeaving
        request.offlineLogDirs = offlineDirectories.filter { $0 != .lost }.map(\.uuid)
        let sentAt = loop.now
        channel.send(
            request, versions: Self.heartbeatVersions, timeout: node.configuration.brokerSession
        ) { [weak self] in self?.heartbeatAnswered($0, sentAt: sentAt) }
    }

    private func heartbeatAnswered(
        _ result: Result<BrokerHeartbeatResponse, PeerError>, sentAt: Instant
    ) {
        isHeartbeatInFlight = false
        guard !isStopped, case .success(let response) = result else { return }
        switch response.errorCode {
        case .none:
            refusals = 0
            if response.isFenced { lease.lost() } else { lease.heartbeatAnswered(sentAt: sentAt) }
            obey(response)
            if mustRepeat { heartbeat() }
        case .staleBrokerEpoch, .brokerIdNotRegistered:
            node.log.warn("registrationLost", ["cause": response.errorCode])
            lease.lost()
            epoch = .none
            register()
        default:
            if response.errorCode == .notController { lease.controllerChanged(at: loop.now) }
            // A controller that is not active yet will not wait for the next tick to fence the silent.
            loop.arm(at: loop.now + nextPause()) { [weak self] in self?.heartbeat() }
            node.log.write(
                .info, "heartbeatRefused", peer: "controller", ["cause": response.errorCode])
        }
    }

    private func obey(_ response: BrokerHeartbeatResponse) {
        if response.shouldShutDown, isLeaving {
            node.state = .shuttingDown
            mayStop?()
            return
        }
        if !response.isFenced, node.state == .recovery {
            node.state = .running
            if !hasServed { unfenced?() }
            hasServed = true
        } else if response.isFenced, node.state == .running {
            node.log.warn("brokerFenced", ["epoch": epoch.rawValue])
            node.state = .recovery
        }
    }

    /// The controller's grace is short: be heard again on a new connection at once.
    private func connectionLost(_ reason: CloseReason) {
        isHeartbeatInFlight = false
        lease.connectionLost(at: loop.now)
        if case .failed(let error) = reason, error.kind == .refused { lease.controllerGone() }
        guard !isStopped else { return }
        loop.arm(at: loop.now + .milliseconds(20)) { [weak self] in self?.heartbeat() }
    }

    /// A directory failed: the controller moves its leaders.
    func directoryFailed(_ id: DirectoryID) {
        guard !offlineDirectories.contains(id) else { return }
        offlineDirectories.append(id)
        heartbeat()
    }

    /// Shards have replayed more metadata: the controller may be waiting for it.
    func appliedMore() {
        if epoch != .none, appliedOffset().rawValue >= epoch.rawValue { node.isOpen = true }
        guard node.state == .recovery || isLeaving else { return }
        heartbeat()
    }

    // MARK: Leaving

    /// Begins a controlled shutdown: leaderships move first, then `mayStop` is called.
    func leave() {
        isLeaving = true
        guard epoch != .none, node.state == .running || node.state == .recovery else {
            mayStop?()
            return
        }
        node.state = .pendingControlledShutdown
        heartbeat()
    }

    func stop() {
        isStopped = true
        channel.disconnected = nil
        channel.close()
    }
}

extension NodeConfiguration {
    /// What a lease of this broker is made of.
    var leaseTerms: LeadershipLease.Terms {
        // Without no-op records a deposed controller finds out by its own check of the quorum only.
        let check = quorumFetchTimeout * 3 / 2
        return LeadershipLease.Terms(
            longest: min(brokerSession, ControllerSettings.leaseMax),
            quorumFetchTimeout: quorumFetchTimeout,
            idleMax: noOpInterval > .zero ? min(noOpInterval, check) : check,
            heartbeatInterval: heartbeatInterval,
            connectionGrace: ControllerSettings.connectionGrace,
            activationGrace: ControllerSettings.activationGrace)
    }
}

extension ErrorCode {
    /// Answers to a registration that will not change by asking again.
    fileprivate var isFinalForBroker: Bool {
        self == .inconsistentClusterId || self == .invalidRegistration
            || self == .unsupportedVersion || self == .invalidRequest
    }
}
