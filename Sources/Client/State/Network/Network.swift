internal import Bytes
internal import Model
internal import Wire

/// All connections of a client: which request goes where, in what version, and what came of it.
///
/// It owns no socket. What must be done to the world is appended to `effects`, what happened to requests
/// to `events`; whoever drives it takes both. Links are kept in the order they were made, so that nothing
/// depends on the order of a dictionary.
struct Network: Sendable {
    let configuration: ClientConfiguration
    var links: [Link] = []
    var indexByPeer: [Peer: Int] = [:]
    private var indexByConnection: [ConnectionID: Int] = [:]
    private var connectionCount: UInt64 = 0
    var random: PRNG
    private let reconnect: Backoff

    var effects: [ClientEffect] = []
    var events: [NetworkEvent] = []

    init(_ configuration: ClientConfiguration, random: PRNG) {
        self.configuration = configuration
        self.random = random
        reconnect = Backoff(
            first: configuration.reconnectBackoff, most: configuration.reconnectBackoffMax)
        for (index, address) in configuration.bootstrapServers.enumerated() {
            add(Link(peer: .bootstrap(index), address: address))
        }
    }
}

// MARK: - Requests

extension Network {
    /// Sends `request` to `peer` as soon as its connection stands, opening one if need be. What comes of
    /// it is told as an event; if it cannot even leave by `deadline`, as a failure.
    mutating func submit(
        _ request: OutgoingRequest, for purpose: RequestPurpose, to peer: Peer, deadline: Instant,
        now: Instant
    ) {
        guard let index = indexByPeer[peer] else {
            let gone = ClientError.disconnected(peer: "\(peer)", cause: "no such node")
            events.append(.failed(purpose, gone, wasSent: false))
            return
        }
        guard links[index].load < configuration.requestsPerServerMax else {
            let full = ClientError.tooMany(
                limit: configuration.requestsPerServerMax, of: "requests to one server")
            events.append(.failed(purpose, full, wasSent: false))
            return
        }
        let waiting = Link.Waiting(purpose: purpose, request: request, deadline: deadline)
        links[index].waiting.append(waiting)
        serve(index, now: now)
    }

    /// Opens the connection to `peer` if there is none, now or after its pause.
    mutating func wantConnection(to peer: Peer, now: Instant) {
        guard let index = indexByPeer[peer], links[index].connection == nil else { return }
        links[index].isWanted = true
        serve(index, now: now)
    }

    /// Does for a link what can be done now: opens it, or sends what waits.
    private mutating func serve(_ index: Int, now: Instant) {
        switch links[index].state {
        case .idle(let notBefore):
            if now >= notBefore, links[index].wantsConnection { open(index, now: now) }
        case .connecting, .negotiating:
            break
        case .ready(let connection):
            sendWaiting(index, on: connection, now: now)
        }
    }

    private mutating func open(_ index: Int, now: Instant) {
        connectionCount += 1
        let id = ConnectionID(rawValue: connectionCount)
        links[index].state = .connecting(id)
        links[index].isWanted = false
        links[index].slowAfter = now + configuration.patience
        links[index].hasHandedBack = false
        indexByConnection[id] = index
        effects.append(.connect(id, links[index].address))
    }

    private mutating func sendWaiting(_ index: Int, on connection: ConnectionID, now: Instant) {
        let waiting = links[index].waiting
        links[index].waiting.removeAll(keepingCapacity: true)
        for item in waiting { send(item, on: connection, link: index, now: now) }
    }

    private mutating func send(
        _ item: Link.Waiting, on connection: ConnectionID, link index: Int, now: Instant
    ) {
        let key = item.request.apiKey
        guard let version = links[index].versions.best(for: item.request) else {
            let error = ClientError.unsupportedVersion(
                api: key.description, peer: links[index].address.description)
            events.append(.failed(item.purpose, error, wasSent: false))
            return
        }
        do {
            let correlation = links[index].takeCorrelationID()
            let frame = try item.request.frame(
                version: version, correlationID: correlation, clientID: configuration.clientID)
            effects.append(.send(connection, frame))
            guard item.request.expectsAnswer else {
                events.append(.sent(item.purpose))
                return
            }
            links[index].inFlight.append(
                Link.InFlight(
                    purpose: item.purpose, apiKey: key, version: version,
                    correlationID: correlation, sentAt: now,
                    deadline: now + (item.request.answerLimit ?? configuration.requestTimeout)))
        } catch {
            let reason = ClientError.notExpressible(api: key.description, reason: "\(error)")
            events.append(.failed(item.purpose, reason, wasSent: false))
        }
    }
}

// MARK: - Events of the world

extension Network {
    mutating func connected(_ id: ConnectionID, now: Instant) {
        guard let index = indexByConnection[id] else { return }
        links[index].state = .negotiating(id)
        askForVersions(index, version: ApiVersionsQuestion.newest, on: id, now: now)
    }

    private mutating func askForVersions(
        _ index: Int, version: Int16, on id: ConnectionID, now: Instant
    ) {
        let correlation = links[index].takeCorrelationID()
        let frame = ApiVersionsQuestion.frame(
            version: version, correlationID: correlation, clientID: configuration.clientID)
        effects.append(.send(id, frame))
        links[index].inFlight.append(
            Link.InFlight(
                purpose: nil, apiKey: .apiVersions, version: version, correlationID: correlation,
                sentAt: now,
                deadline: now + min(configuration.greetingTimeout, configuration.requestTimeout)))
    }

    /// A frame came, without its length.
    mutating func received(_ frame: SharedBytes, on id: ConnectionID, now: Instant) {
        guard let index = indexByConnection[id] else { return }
        guard let request = links[index].inFlight.first else {
            drop(index, because: "an answer nobody asked for", now: now)
            return
        }
        var reader = ByteReader(frame)
        do {
            let correlation = try ResponsePrelude.read(
                &reader, apiKey: request.apiKey, version: request.version)
            guard correlation == request.correlationID else {
                drop(index, because: "answers out of order", now: now)
                return
            }
        } catch {
            drop(index, because: "malformed answer: \(error)", now: now)
            return
        }
        links[index].inFlight.removeFirst()
        guard let purpose = request.purpose else {
            versionsAnswered(
                index, version: request.version, frame.suffix(from: reader.position),
                on: id, now: now)
            return
        }
        events.append(
            .answered(
                purpose, version: request.version, body: frame.suffix(from: reader.position)))
    }

    private mutating func versionsAnswered(
        _ index: Int, version: Int16, _ body: SharedBytes, on id: ConnectionID, now: Instant
    ) {
        switch ApiVersionsQuestion.read(body, version: version) {
        case .versions(let versions):
            links[index].versions = versions
            links[index].state = .ready(id)
            links[index].failures = 0
            links[index].lastFailure = nil
            events.append(.ready(links[index].peer))
            sendWaiting(index, on: id, now: now)
        case .askAgain(let lower):
            askForVersions(index, version: lower, on: id, now: now)
        case .unusable(let reason):
            drop(index, because: reason, now: now)
        }
    }

    /// The connection ended, or did not come to be.
    mutating func closed(_ id: ConnectionID, because reason: String, now: Instant) {
        guard let index = indexByConnection.removeValue(forKey: id) else { return }
        fail(index, because: reason, now: now)
    }

    /// Ends a connection from this side; the transport's own `closed` for it will find nothing.
    mutating func drop(_ index: Int, because reason: String, now: Instant) {
        guard let id = links[index].connection else { return }
        indexByConnection[id] = nil
        effects.append(.close(id))
        fail(index, because: reason, now: now)
    }

    private mutating func fail(_ index: Int, because reason: String, now: Instant) {
        let error = ClientError.disconnected(
            peer: links[index].address.description, cause: reason)
        links[index].failures += 1
        links[index].lastFailure = reason
        let pause = reconnect.pause(after: links[index].failures, using: &random)
        links[index].state = .idle(notBefore: now + pause)
        let lost = links[index].inFlight
        let unsent = links[index].waiting
        links[index].inFlight.removeAll()
        links[index].waiting.removeAll()
        for request in lost {
            guard let purpose = request.purpose else { continue }
            events.append(.failed(purpose, error, wasSent: true))
        }
        for request in unsent { events.append(.failed(request.purpose, error, wasSent: false)) }
        events.append(.lost(links[index].peer))
    }

    /// Gives up what is overdue.
    mutating func advance(to now: Instant) {
        for index in links.indices where now >= links[index].nextDeadline {
            if let oldest = links[index].inFlight.first, now >= oldest.deadline {
                drop(index, because: "no answer to \(oldest.apiKey) in time", now: now)
                continue
            }
            let isSlow = links[index].isHandBackDue(now)
            let overdue = links[index].waiting.filter { isSlow || now >= $0.deadline }
            links[index].waiting.removeAll { isSlow || now >= $0.deadline }
            if isSlow { links[index].hasHandedBack = true }
            for request in overdue {
                let address = links[index].address.description
                let cause = links[index].lastFailure ?? "not connected in time"
                events.append(
                    .failed(
                        request.purpose, .disconnected(peer: address, cause: cause),
                        wasSent: false))
            }
            serve(index, now: now)
        }
    }

    /// When `advance` is due.
    var nextDeadline: Instant {
        links.reduce(.distantFuture) { min($0, $1.nextDeadline) }
    }

    /// Closes everything; what was under way fails.
    mutating func close(now: Instant) {
        for index in links.indices { drop(index, because: "the client is closed", now: now) }
    }
}
