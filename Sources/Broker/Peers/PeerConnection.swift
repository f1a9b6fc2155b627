internal import Bytes
internal import Model
internal import Ports
internal import Wire

/// Why a request to another node has no answer.
enum PeerError: Error, Equatable {
    case disconnected(CloseReason)
    case timedOut
    case undecodable(DecodeError)
    case unencodable(EncodeError)
    /// `inFlightMax` requests wait already.
    case tooManyRequests
}

/// This node's requests to one other node, over one connection that is made when first needed and made
/// anew after it broke. Lives on one loop.
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

    private enum State {
        case idle
        case connecting(any Connection)
        case open(any Connection)
    }
    private var state = State.idle
    private var waiting: [InFlight] = []
    private var nextCorrelationID: Int32 = 0

    private struct InFlight {
        let correlationID: Int32
        let frame: SharedBytes
        let timer: TimerID
        let finish: (Result<SharedBytes, PeerError>) -> Void
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

    /// Sends `request`; `completion` runs on this loop exactly once.
    func send<Request: RequestMessage>(
        _ request: Request, version: Int16, timeout: Duration,
        completion: @escaping (Result<Request.Response, PeerError>) -> Void
    ) {
        guard waiting.count < Self.inFlightMax else {
            completion(.failure(.tooManyRequests))
            return
        }
        let correlationID = nextCorrelationID
        nextCorrelationID &+= 1
        let frame: SharedBytes
        do throws(EncodeError) {
            frame = try encodeRequest(
                request, version: version, correlationID: correlationID, clientID: clientID)
        } catch {
            completion(.failure(.unencodable(error)))
            return
        }
        enqueue(frame, correlationID, timeout) { result in
            completion(
                result.flatMap { body in
                    do throws(DecodeError) {
                        return .success(
                            try decodeResponse(
                                Request.Response.self, version: version, from: body
                            ).message)
                    } catch {
                        return .failure(.undecodable(error))
                    }
                })
        }
    }

    private func enqueue(
        _ frame: SharedBytes, _ correlationID: Int32, _ timeout: Duration,
        _ finish: @escaping (Result<SharedBytes, PeerError>) -> Void
    ) {
        let timer = loop.arm(at: loop.now + timeout) { [weak self] in
            self?.timedOut(correlationID)
        }
        waiting.append(
            InFlight(correlationID: correlationID, frame: frame, timer: timer, finish: finish))
        switch state {
        case .idle:
            state = .connecting(
                transport.connect(host: host, port: port, options: options, on: loop, handler: self)
            )
        case .connecting:
            break
        case .open(let connection):
            connection.send([.bytes(frame)])
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
        switch state {
        case .idle: break
        case .connecting(let connection), .open(let connection): connection.close(discarding: true)
        }
        state = .idle
        failAll(error)
    }

    private func failAll(_ error: PeerError) {
        let failed = waiting
        waiting = []
        for request in failed {
            loop.disarm(request.timer)
            request.finish(.failure(error))
        }
    }

    private func owns(_ connection: any Connection) -> Bool {
        switch state {
        case .idle: false
        case .connecting(let own), .open(let own): own === connection
        }
    }
}

extension PeerConnection: ConnectionHandler {
    func connected(_ connection: any Connection) {
        guard owns(connection) else { return }
        state = .open(connection)
        connection.send(waiting.map { .bytes($0.frame) })
    }

    func received(_ frames: [SharedBytes], on connection: any Connection) {
        for frame in frames where owns(connection) {
            guard let request = waiting.first, frame.count >= 4,
                frame.integer(at: 0, as: Int32.self) == request.correlationID
            else {
                abandon(.undecodable(.invalidValue("correlationID")))
                return
            }
            waiting.removeFirst()
            loop.disarm(request.timer)
            request.finish(.success(frame))
        }
    }

    func drained(_ connection: any Connection) {}

    func closed(_ connection: any Connection, _ reason: CloseReason) {
        guard owns(connection) else { return }
        state = .idle
        failAll(.disconnected(reason))
        disconnected?(reason)
    }
}
