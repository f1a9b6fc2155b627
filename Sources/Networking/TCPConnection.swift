internal import Bytes
internal import Glibc
internal import Model
internal import Platform
internal import Ports

/// A TCP connection on its loop.
///
/// Legal transitions: connecting → open → finishing → closed, and from each to closed.
/// - *connecting*: names are resolved and addresses tried; what is sent waits in the queue.
/// - *open*: frames come and go.
/// - *finishing*: `close` was asked; the queue still leaves, nothing is read.
/// - *closed*: the descriptor is gone and the handler has been told, or will be at the end of this turn.
///
/// The descriptor is watched edge-triggered for both directions, once: `isReadable` and
/// `isWritable` remember what epoll has said until a call of the kernel says otherwise. Reading
/// goes on until the kernel has no more or the turn's share is used up; writing happens at the end
/// of the turn, so that all answers of a turn leave in one call.
final class TCPConnection: Connection, EventSource, @unchecked Sendable {
    // SAFETY: used on its loop only; `Sendable` so that work of other threads can carry it back
    // there.

    /// How long `close` waits for the queue to leave.
    static let lingerLimit = Duration.seconds(30)
    /// Waits that are set to more than this last for so long, which is ever: no sum with the time overflows.
    static let waitMax = Duration.hours(24 * 3650)

    enum Phase {
        case connecting(ConnectAttempt)
        case open
        case finishing
        case closed
    }

    let network: LoopNetwork
    let services: NetworkServices
    let options: SocketOptions
    var peer: String
    var handler: (any ConnectionHandler)?

    var phase: Phase
    var socket: OwnedDescriptor?
    var watch: Watch?

    var reader: FrameReader
    var isReadable = false
    var isReadingWanted = true
    /// An error or the peer's end waits behind what can be read, so a short read is not the last
    /// one.
    var mustReadToEnd = false
    /// The peer will send nothing more.
    var peerHasEnded = false
    var isReadingAgain = false

    var queue = SendQueue()
    var isWritable = false
    var isFlushPlanned = false
    var isWaitingForDisk = false
    var isCorked = false
    /// The queue outlasted a flush, so the handler is told when it is empty.
    var hadToQueue = false

    private var lastActivity = Instant.zero
    private var idleTimer: TimerID?
    private var lingerTimer: TimerID?

    init(
        _ network: LoopNetwork, services: NetworkServices, options: SocketOptions, peer: String,
        phase: Phase
    ) {
        self.network = network
        self.services = services
        self.options = options
        self.peer = peer
        self.phase = phase
        reader = FrameReader(options.framing)
    }

    var loop: any Loop { network.loop }
    var unsentByteCount: Int { queue.byteCount }

    var isOpen: Bool { if case .open = phase { true } else { false } }
    var isClosed: Bool { if case .closed = phase { true } else { false } }
    var isFinishing: Bool { if case .finishing = phase { true } else { false } }

    // MARK: Beginning

    /// Begins to live on an accepted socket.
    func begin(on accepted: consuming OwnedDescriptor, handler: any ConnectionHandler) {
        guard !isClosed else { return tellClosed(handler, .closedLocally) }
        self.handler = handler
        socket = consume accepted
        isWritable = true
        guard startWatching() else { return }
        startIdleTimer()
        if !queue.isEmpty || isFinishing { planFlush() }
    }

    /// False if that failed and ended the connection.
    func startWatching() -> Bool {
        guard let raw = socket?.raw else { return false }
        do throws(Errno) {
            watch = try network.loop.watch(raw, self)
            return true
        } catch {
            finish(failure(error, "watch"))
            return false
        }
    }

    // MARK: Events

    func ready(_ readiness: Readiness) {
        if case .connecting(let attempt) = phase {
            return attemptEnded(attempt, readiness)
        }
        if readiness.has(.writable) {
            isWritable = true
            if !queue.isEmpty { flush() }
        }
        if readiness.has(.ending) { mustReadToEnd = true }
        if readiness.has(.broken), !isOpen || !isReadingWanted {
            // Nobody will read the error, and nothing can be sent any more.
            return finish(brokenReason())
        }
        if readiness.has(.readable) || mustReadToEnd {
            isReadable = true
            readAll()
        }
    }

    private func brokenReason() -> CloseReason {
        if isFinishing { return .closedLocally }
        let code = socket?.pendingError ?? 0
        return failure(Errno(code == 0 ? ECONNRESET : code), "receive")
    }

    func failure(_ errno: Errno, _ operation: String) -> CloseReason {
        .failed(NetworkError(errno, operation: operation, address: peer))
    }

    // MARK: Idleness

    /// Something moved.
    func noteActivity() { lastActivity = network.loop.now }

    func startIdleTimer() {
        noteActivity()
        guard let limit = options.idleLimit.map({ min($0, Self.waitMax) }) else { return }
        idleTimer = network.loop.arm(at: lastActivity + limit) { [weak self] in
            self?.idleTimerFired(limit)
        }
    }

    private func idleTimerFired(_ limit: Duration) {
        idleTimer = nil
        guard !isClosed else { return }
        let deadline = lastActivity + limit
        guard deadline > network.loop.now else { return finish(.idle) }
        idleTimer = network.loop.arm(at: deadline) { [weak self] in self?.idleTimerFired(limit) }
    }

    // MARK: The end

    func close(discarding: Bool) {
        switch phase {
        case .closed: return
        case .connecting: finish(.closedLocally)
        case .open, .finishing:
            if discarding || queue.isEmpty { return finish(.closedLocally) }
            guard isOpen else { return }
            phase = .finishing
            lingerTimer = network.loop.arm(at: network.loop.now + Self.lingerLimit) { [weak self] in
                self?.finish(.closedLocally)
            }
            planFlush()
        }
    }

    /// Ends the connection: everything is let go of at once, the handler learns of it later in this
    /// turn.
    func finish(_ reason: CloseReason) {
        guard !isClosed else { return }
        if case .connecting(let attempt) = phase { attempt.end(on: network.loop) }
        phase = .closed
        letGo()
        guard let handler else { return }
        self.handler = nil
        tellClosed(handler, reason)
    }

    private func tellClosed(_ handler: any ConnectionHandler, _ reason: CloseReason) {
        network.loop.atEndOfTurn { handler.closed(self, reason) }
    }

    private func letGo() {
        for timer in [idleTimer, lingerTimer] { if let timer { network.loop.disarm(timer) } }
        idleTimer = nil
        lingerTimer = nil
        dropSocket()
        queue.discardAll()
        reader = FrameReader(options.framing)
    }

    /// Closes the descriptor, if there is one.
    func dropSocket() {
        if let watch { network.loop.unwatch(watch) }
        watch = nil
        socket = nil
        isCorked = false
    }

    func loopStopped() {
        // The loop has forgotten the watch and its timers.
        phase = .closed
        watch = nil
        socket = nil
        queue.discardAll()
        handler = nil
    }
}
