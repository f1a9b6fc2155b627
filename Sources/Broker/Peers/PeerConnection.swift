internal import Bytes
internal import Model
internal import Ports
internal import Wire
internal import WireMessages

/// Why a request to another node has no answer.
enum PeerError: Error, Equatable {
    case disconnected(CloseReason)
    case timedOut
    case undecodable(DecodeError)
    case unencodable(EncodeError)
    /// The other node offers none of the versions that this one can use.
    case unsupportedVersion(ApiKey)
    /// `inFlightMax` requests wait already.
    case tooManyRequests
}

/// This node's requests to one other node, over one connection that is made when first needed and made
/// anew after it broke. Lives on one loop.
///
/// The first question on each connection is which versions the other side speaks: it may be of another build,
/// and may have become one since the last connection. Requests wait for that answer and go out in the newest
/// version both sides have.
///
/// Requests are answered in order. When the connection ends, every request in flight fails with
/// `.disconnected`; whether the peer acted on it is unknown, so callers retry only what may be repeated.
final class PeerConnection {
    /// Requests that may wait for an answer at once.
    static let inFlightMax = 1_000

    let host: String
    let port: UInt16
    private let loop: any Loop
    private let transport: any Transport
    private let clientID: String
    private let options: SocketOptions
    /// Called when an established connection, or an attempt, ends.
    var disconnected: ((CloseReason) -> Void)?
    /// Called when a connection has told what the other side speaks.
    var negotiated: ((PeerVersions) -> Void)?

    private enum State {
        case idle
        case connecting(any Connection)
        /// Asked in this version what the other side speaks.
        case asking(any Connection, correlationID: Int32, version: Int16)
        case open(any Connection, PeerVersions)
    }
    private var state = State.idle
    private var waiting: [InFlight] = []
    private var nextCorrelationID: Int32 = 0

    private struct InFlight {
        let correlationID: Int32
        let key: ApiKey
        let versions: ClosedRange<Int16>
        let timer: TimerID
        let encode: (Int16) throws(EncodeError) -> SharedBytes
        let finish: (Result<SharedBytes, PeerError>, Int16) -> Void
        /// In which version it was sent; nil while it waits.
        var sentIn: Int16?
    }

    init(
        host: String, port: UInt16, clientID: String, loop: any Loop, transport: any Transport,
        frameLimit: Int = 128 << 20
    ) {
        self.host = host
        self.port = port
        self.clientID = clientID
        self.loop = loop
        self.transport = transport
        options = SocketOptions(
            framing: .lengthPrefixed(limit: frameLimit), connectTimeout: .seconds(2))
    }

    var isOpen: Bool {
        if case .open = state { true } else { false }
    }

    /// Sends `request` in the newest of `versions` that the other side offers; `completion` runs on this loop
    /// exactly once.
    func send<Request: RequestMessage>(
        _ request: Request, versions: ClosedRange<Int16>, timeout: Duration,
        completion: @escaping (Result<Request.Response, PeerError>) -> Void
    ) {
        guard waiting.count < Self.inFlightMax else {
            completion(.failure(.tooManyRequests))
            return
        }
        let correlationID = takeCorrelationID()
        let timer = loop.arm(at: loop.now + timeout) { [weak self] in
            self?.timedOut(correlationID)
        }
        let clientID = clientID
        waiting.append(
            InFlight(
                correlationID: correlationID, key: Request.apiKey, versions: versions, timer: timer
            ) { (version) throws(EncodeError) in
                try encodeRequest(
                    request, version: version, correlationID: correlationID, clientID: clientID)
            } finish: { result, version in
                completion(result.flatMap { Self.decode($0, version) })
            })
        switch state {
        case .idle:
            state = .connecting(
                transport.connect(host: host, port: port, options: options, on: loop, handler: self)
            )
        case .connecting, .asking: break
        case .open(let connection, let offered): sendWaiting(on: connection, offered)
        }
    }

    private static func decode<Response: ResponseMessage>(
        _ frame: SharedBytes, _ version: Int16
    ) -> Result<Response, PeerError> {
        do throws(DecodeError) {
            return .success(
                try decodeResponse(Response.self, version: version, from: frame).message)
        } catch {
            return .failure(.undecodable(error))
        }
    }

    private func takeCorrelationID() -> Int32 {
        defer { nextCorrelationID &+= 1 }
        return nextCorrelationID
    }

    /// Sends what waits for the versions; what cannot be sent fails and is gone.
    private func sendWaiting(on connection: any Connection, _ offered: PeerVersions) {
        var frames: [OutgoingPiece] = []
        var refused: [(request: InFlight, error: PeerError)] = []
        var sent: [InFlight] = []
        // What was sent before stands in front.
        let first = (waiting.lastIndex { $0.sentIn != nil } ?? -1) + 1
        for var request in waiting[first...] {
            switch Self.frame(of: request, offered) {
            case .success(let (frame, version)):
                request.sentIn = version
                frames.append(.bytes(frame))
                sent.append(request)
            case .failure(let error):
                refused.append((request, error))
            }
        }
        waiting.replaceSubrange(first..., with: sent)
        if !frames.isEmpty { connection.send(frames) }
        for (request, error) in refused {
            loop.disarm(request.timer)
            request.finish(.failure(error), request.versions.lowerBound)
        }
    }

    private static func frame(
        of request: InFlight, _ offered: PeerVersions
    ) -> Result<(SharedBytes, Int16), PeerError> {
        guard let version = offered.best(of: request.versions, for: request.key) else {
            return .failure(.unsupportedVersion(request.key))
        }
        do throws(EncodeError) {
            return .success((try request.encode(version), version))
        } catch {
            return .failure(.unencodable(error))
        }
    }

    private func timedOut(_ correlationID: Int32) {
        guard waiting.contains(where: { $0.correlationID == correlationID }) else { return }
        // Answers come in order: one that does not come blocks all behind it, so the connection goes.
        abandon(.timedOut)
    }

    /// Fails what is in flight and forgets the connection.
    func close() { abandon(.disconnected(.closedLocally)) }

    private func abandon(_ error: PeerError) {
        current?.close(discarding: true)
        state = .idle
        failAll(error)
    }

    private func failAll(_ error: PeerError) {
        let failed = waiting
        waiting = []
        for request in failed {
            loop.disarm(request.timer)
            request.finish(.failure(error), request.versions.lowerBound)
        }
    }

    private var current: (any Connection)? {
        switch state {
        case .idle: nil
        case .connecting(let own), .asking(let own, _, _), .open(let own, _): own
        }
    }

    private func owns(_ connection: any Connection) -> Bool { current === connection }
}

extension PeerConnection: ConnectionHandler {
    func connected(_ connection: any Connection) {
        guard owns(connection) else { return }
        ask(connection, PeerVersions.newestQuestion)
    }

    private func ask(_ connection: any Connection, _ version: Int16) {
        let correlationID = takeCorrelationID()
        state = .asking(connection, correlationID: correlationID, version: version)
        connection.send([
            .bytes(
                PeerVersions.question(
                    version, correlationID: correlationID, clientID: clientID))
        ])
    }

    func received(_ frames: [SharedBytes], on connection: any Connection) {
        for frame in frames where owns(connection) {
            guard frame.count >= 4 else {
                abandon(.undecodable(.invalidValue("correlationID")))
                return
            }
            let correlationID = frame.integer(at: 0, as: Int32.self)
            if case .asking(_, let asked, let version) = state, correlationID == asked {
                answered(PeerVersions.read(frame, to: version), on: connection)
            } else {
                finish(frame, correlationID)
            }
        }
    }

    private func answered(_ answer: PeerVersions.Answer, on connection: any Connection) {
        switch answer {
        case .versions(let offered):
            state = .open(connection, offered)
            negotiated?(offered)
            sendWaiting(on: connection, offered)
        case .askAgain(let version): ask(connection, version)
        case .unusable(let error): abandon(.undecodable(error))
        }
    }

    private func finish(_ frame: SharedBytes, _ correlationID: Int32) {
        guard let request = waiting.first, request.correlationID == correlationID,
            let version = request.sentIn
        else {
            abandon(.undecodable(.invalidValue("correlationID")))
            return
        }
        waiting.removeFirst()
        loop.disarm(request.timer)
        request.finish(.success(frame), version)
    }

    func drained(_ connection: any Connection) {}

    func closed(_ connection: any Connection, _ reason: CloseReason) {
        guard owns(connection) else { return }
        state = .idle
        failAll(.disconnected(reason))
        disconnected?(reason)
    }
}
