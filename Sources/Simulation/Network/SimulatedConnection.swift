internal import Bytes
internal import Model
internal import Ports

/// One end of a connection.
///
/// Legal transitions: connecting → open → finishing → closed, and from each to closed, as of a socket. What
/// is sent in a turn leaves at its end; at most `windowBytes` are on their way or unread by the peer, the rest
/// waits here. Packets of a direction arrive in order: they stand in `inTransit`, and an arrival takes the
/// first of them.
final class SimulatedConnection: Connection, @unchecked Sendable {
    // SAFETY: a simulated world lives on one thread.

    /// What the kernels of both ends hold for one direction.
    static let windowBytes = 1 << 20
    /// Bytes of one packet.
    static let packetBytes = 256 << 10

    enum Phase { case connecting, open, finishing, closed }

    enum Packet {
        case established
        case data(SharedBytes)
        case end
        case reset
    }

    let network: SimulatedNetwork
    let process: SimulatedProcess
    let options: SocketOptions
    let remoteHost: String
    let peer: String
    private let home: SimulatedLoop
    private(set) var number: UInt64 = 0
    /// The port that was connected to.
    private var port: UInt16 = 0
    private var isAccepted = false
    var handler: (any ConnectionHandler)?
    private(set) var remote: SimulatedConnection?
    private(set) var phase: Phase

    // Outgoing.
    private var queue: [SharedBytes] = []
    private(set) var unsentByteCount = 0
    private var hadToQueue = false
    private var isFlushPlanned = false
    private var inFlight = 0
    private var inTransit: [Packet] = []
    private var lastArrival = Instant.zero
    private var isFarewellLost = false
    /// Arrivals that a cut link has held up.
    private var heldUp = 0

    // Incoming.
    private var inbox: [SharedBytes] = []
    private var peerHasEnded = false
    private var isReading = true
    private var isReadPlanned = false
    private var cutter: FrameCutter
    private var lastActivity = Instant.zero

    init(
        _ network: SimulatedNetwork, _ process: SimulatedProcess, on home: SimulatedLoop,
        options: SocketOptions, remoteHost: String, peer: String, handler: (any ConnectionHandler)?
    ) {
        self.network = network
        self.process = process
        self.home = home
        self.options = options
        self.remoteHost = remoteHost
        self.peer = peer
        self.handler = handler
        phase = .connecting
        cutter = FrameCutter(options.framing)
        number = network.register(self)
        process.opened(self)
    }

    private var time: VirtualTime { network.time }
    var loop: any Loop { home }
    var isClosed: Bool { phase == .closed }
    /// Closed, with nothing left to be told to the peer.
    var isDone: Bool { isClosed && inTransit.isEmpty }

    func isBetween(_ a: String, _ b: String) -> Bool {
        (process.host == a && remoteHost == b) || (process.host == b && remoteHost == a)
    }

    // MARK: Beginning

    func beginConnecting(to address: SimulatedNetwork.Address, until deadline: Instant) {
        port = address.port
        guard network.isKnown(address.host) else {
            return failLater(.unresolvable, "Name or service not known")
        }
        time.schedule(at: deadline) { [self] in
            guard phase == .connecting else { return }
            failLater(.timedOut, "Connection timed out")
        }
        knock(at: address, again: .seconds(1))
    }

    private func knock(at address: SimulatedNetwork.Address, again pause: Duration) {
        time.schedule(after: time.lag + network.packetDelay()) { [self] in
            guard phase == .connecting, process.isAlive else { return }
            let isReached =
                network.isRunning(remoteHost)
                && !network.isCut(from: process.host, to: remoteHost)
                && !network.isCut(from: remoteHost, to: process.host)
            guard isReached else {
                time.schedule(after: pause) { self.knock(at: address, again: pause * 2) }
                return
            }
            guard let listener = network.listener(at: address) else {
                time.schedule(after: network.packetDelay()) { [self] in
                    guard phase == .connecting else { return }
                    failLater(.refused, "Connection refused")
                }
                return
            }
            let other = listener.take(
                from: self, peer: "\(process.host):\(network.takePort())")
            remote = other
            other.transmit(.established)
            if network.isDoubled() { listener.takeGhost(of: self) }
        }
    }

    /// The other end of an attempt that arrived a second time: nobody at the client knows of it, so its kernel
    /// refuses what comes.
    func acceptedGhost() {
        phase = .open
        time.schedule(after: network.packetDelay() + network.packetDelay()) { [self] in
            guard process.isAlive, !isClosed else { return }
            finishLater(.failed(error(.reset, "Connection reset by peer")))
        }
    }

    /// The other end of a connection that a listener takes.
    func accepted(from client: SimulatedConnection) {
        remote = client
        port = client.port
        isAccepted = true
        phase = .open
    }

    /// The process has looked at an accepted connection; nil: it does not want it.
    func begin(_ handler: (any ConnectionHandler)?) {
        guard !isClosed else {
            handler.map { tellClosed($0, .failed(error(.reset, "Connection reset by peer"))) }
            return
        }
        guard let handler else { return close(discarding: true) }
        self.handler = handler
        startIdleTimer()
        readLater()
        if !queue.isEmpty || peerHasEnded { planFlush() }
    }

    // MARK: Sending

    func send(_ pieces: [OutgoingPiece]) {
        guard phase == .connecting || phase == .open else { return }
        for piece in pieces {
            switch piece {
            case .bytes(let bytes):
                // A copy: the sender may reuse what it has sent, and the receiver stamps what it gets.
                queue.append(bytes.detached())
            case .file(let file, let offset, let count, _):
                do throws(FileError) {
                    let bytes = try file.read(at: offset, count: count)
                    guard bytes.count == count else {
                        return finish(
                            .failed(error(.failed, "\(file.path) ended before the piece")))
                    }
                    queue.append(bytes)
                } catch {
                    return finish(.failed(self.error(.failed, "\(error)")))
                }
            }
            unsentByteCount += piece.count
        }
        if phase == .open { planFlush() }
    }

    private func planFlush() {
        guard !isFlushPlanned else { return }
        isFlushPlanned = true
        if home.isCurrent {
            home.atEndOfTurn { self.flush() }
        } else {
            home.deliver { self.flush() }
        }
    }

    private func flush() {
        isFlushPlanned = false
        guard phase == .open || phase == .finishing else { return }
        while !queue.isEmpty, inFlight < Self.windowBytes {
            if queue.count == 1, let only = queue.first, only.count <= Self.packetBytes {
                queue.removeAll(keepingCapacity: true)
                unsentByteCount -= only.count
                inFlight += only.count
                transmit(.data(only))
                break
            }
            var packet = ByteWriter(capacity: Self.packetBytes)
            while let first = queue.first, packet.count < Self.packetBytes {
                let part = min(first.count, Self.packetBytes - packet.count)
                packet.bytes(first[0..<part])
                if part == first.count {
                    queue.removeFirst()
                } else {
                    queue[0] = first.suffix(from: part)
                }
            }
            unsentByteCount -= packet.count
            inFlight += packet.count
            transmit(.data(packet.finish()))
        }
        if peerHasEnded, inbox.isEmpty { return finish(.closedByPeer) }
        guard queue.isEmpty else {
            hadToQueue = true
            return
        }
        if phase == .finishing { return finish(.closedLocally) }
        if hadToQueue {
            hadToQueue = false
            handler?.drained(self)
        }
    }

    private func transmit(_ packet: Packet) {
        if case .data = packet { lastActivity = time.now }
        inTransit.append(packet)
        lastArrival = max(
            lastArrival + .nanoseconds(1),
            time.now + time.lag + network.packetDelay(from: process.host, to: remoteHost))
        time.schedule(at: lastArrival) { self.arrive() }
    }

    /// The first packet on its way reaches the other end, if it can.
    private func arrive() {
        guard !inTransit.isEmpty else { return }
        guard network.isRunning(process.host) else { return }
        guard !network.isCut(from: process.host, to: remoteHost),
            network.isRunning(remoteHost)
        else {
            heldUp += 1
            if heldUp == 1 { giveUpLater() }
            return
        }
        let packet = inTransit.removeFirst()
        guard let remote, !remote.isClosed else { return bounce() }
        remote.take(packet)
    }

    /// There is no such connection at the other end: its kernel says so.
    private func bounce() {
        guard !isClosed, !network.isCut(from: remoteHost, to: process.host) else { return }
        time.schedule(after: network.packetDelay()) {
            self.finishLater(.failed(self.error(.reset, "Connection reset by peer")))
        }
    }

    private func giveUpLater() {
        time.schedule(after: SimulatedNetwork.giveUp) { [self] in
            guard heldUp > 0, !isClosed else { return }
            finishLater(.failed(error(.timedOut, "Connection timed out")))
        }
    }

    /// A link between the two hosts works again.
    func linkHealed() {
        guard heldUp > 0 else { return }
        let count = heldUp
        heldUp = 0
        guard time.draw(0...2) > 0 else {
            inTransit = [.reset]
            time.schedule(after: network.packetDelay()) { self.arrive() }
            finishLater(.failed(error(.reset, "Connection reset by peer")))
            return
        }
        for _ in 0..<count {
            lastArrival = max(lastArrival + .nanoseconds(1), time.now + network.packetDelay())
            time.schedule(at: lastArrival) { self.arrive() }
        }
    }

    /// This end is gone and the other was not told.
    func vanish() {
        guard phase == .open || phase == .finishing, process.isAlive else { return }
        inTransit = []
        isFarewellLost = true
        finishLater(.failed(error(.reset, "Connection reset by peer")))
    }

    /// The other host was started anew and does not know this connection.
    func peerForgot() {
        guard phase == .open || phase == .finishing, remote?.process.isAlive != true else { return }
        time.schedule(after: network.packetDelay() + .milliseconds(time.draw(0...200))) {
            self.finishLater(.failed(self.error(.reset, "Connection reset by peer")))
        }
    }

    // MARK: Receiving

    private func take(_ packet: Packet) {
        guard process.isAlive, phase != .closed else { return }
        switch packet {
        case .established:
            home.deliver {
                guard self.phase == .connecting else { return }
                self.phase = .open
                self.startIdleTimer()
                self.handler?.connected(self)
                if !self.queue.isEmpty { self.planFlush() }
                self.readLater()
            }
        case .data(let bytes):
            time.trace.note(
                .arrival, number, UInt64(bytes.count), UInt64(bytes.crc32c(0..<bytes.count)),
                at: time.now)
            lastActivity = time.now
            inbox.append(bytes)
            readLater()
        case .end:
            peerHasEnded = true
            readLater()
        case .reset:
            finishLater(.failed(error(.reset, "Connection reset by peer")))
        }
    }

    func setReading(_ isReading: Bool) {
        guard self.isReading != isReading else { return }
        self.isReading = isReading
        if isReading { readLater() }
    }

    private func readLater() {
        guard !isReadPlanned else { return }
        isReadPlanned = true
        home.deliver {
            self.isReadPlanned = false
            self.read()
        }
    }

    private func read() {
        guard handler != nil else { return }
        while phase == .open, isReading, !inbox.isEmpty {
            let bytes = inbox.removeFirst()
            remote?.acknowledged(bytes.count)
            do throws(FrameCutter.InvalidLength) {
                let frames = try cutter.take(bytes)
                for frame in frames { tell(frame) }
                if !frames.isEmpty { handler?.received(frames, on: self) }
            } catch {
                return finish(.invalidFrame(length: error.length))
            }
        }
        if peerHasEnded, inbox.isEmpty, phase == .open { planFlush() }
    }

    private func tell(_ frame: SharedBytes) {
        guard let tap = network.tap else { return }
        if isAccepted {
            guard let remote else { return }
            tap.requestArrived(frame, at: port, connection: remote.number)
        } else {
            tap.answerArrived(frame, from: remoteHost, port: port, connection: number)
        }
    }

    private func acknowledged(_ count: Int) {
        inFlight -= count
        guard !queue.isEmpty, phase == .open || phase == .finishing else { return }
        time.schedule(after: network.packetDelay()) { self.planFlushFromOutside() }
    }

    private func planFlushFromOutside() {
        guard process.isAlive, !isClosed else { return }
        planFlush()
    }

    // MARK: Idleness

    private func startIdleTimer() {
        lastActivity = time.now
        guard let limit = options.idleLimit else { return }
        watchIdleness(limit)
    }

    private func watchIdleness(_ limit: Duration) {
        time.schedule(at: lastActivity + limit) { [self] in
            guard process.isAlive, !isClosed else { return }
            guard lastActivity + limit > time.now else { return finishLater(.idle) }
            watchIdleness(limit)
        }
    }

    // MARK: The end

    func close(discarding: Bool) {
        switch phase {
        case .closed: return
        case .connecting: finish(.closedLocally)
        case .open, .finishing:
            if discarding || queue.isEmpty { return finish(.closedLocally) }
            phase = .finishing
            planFlush()
        }
    }

    private func error(_ kind: NetworkError.Kind, _ reason: String) -> NetworkError {
        NetworkError(kind, operation: "connection", address: peer, reason: reason)
    }

    private func failLater(_ kind: NetworkError.Kind, _ reason: String) {
        finishLater(.failed(error(kind, reason)))
    }

    private func finishLater(_ reason: CloseReason) {
        home.deliver { self.finish(reason) }
    }

    /// Lets go of everything; the peer and, later in this turn, the handler learn of it. On the loop.
    private func finish(_ reason: CloseReason) {
        guard !isClosed else { return }
        let wasOpen = phase == .open || phase == .finishing
        phase = .closed
        process.closed(self)
        queue = []
        unsentByteCount = 0
        if wasOpen, !isFarewellLost { transmit(inbox.isEmpty ? .end : .reset) }
        inbox = []
        guard let handler else { return }
        self.handler = nil
        tellClosed(handler, reason)
    }

    private func tellClosed(_ handler: any ConnectionHandler, _ reason: CloseReason) {
        home.atEndOfTurn { handler.closed(self, reason) }
    }

    /// Nothing is left to be told to the peer, which may still tell something to this end.
    func forgotten() { remote = nil }

    /// The kernel closes what a process leaves behind; a host without power says nothing.
    func processEnded() {
        guard !isClosed else { return }
        let wasOpen = phase == .open || phase == .finishing
        phase = .closed
        queue = []
        handler = nil
        if wasOpen, network.isRunning(process.host) { transmit(inbox.isEmpty ? .end : .reset) }
        if !network.isRunning(process.host) { inTransit = [] }
        inbox = []
    }
}
