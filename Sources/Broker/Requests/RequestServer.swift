internal import Bytes
internal import Model
internal import Ports
internal import Telemetry
internal import Wire

/// A request that cannot even be answered: the connection is closed.
enum RequestError: Error, Equatable {
    case malformedHeader(DecodeError)
    case malformedBody(ApiKey, DecodeError)
    case unknownAPI(Int16)
    /// The listener does not serve the API, or not in that version.
    case notServed(ApiKey, version: Int16)
}

/// Takes requests apart and hands them to their handlers. One per listener and loop.
final class RequestServer {
    let listener: ListenerContext
    let shard: Shard
    let metrics: NetworkMetrics
    private let table: APITable
    /// What requests are charged to; nil where they are not, because they make room for others.
    let budget: RequestBudget?

    init(listener: ListenerContext, shard: Shard, table: APITable) {
        self.listener = listener
        self.shard = shard
        self.table = table
        metrics = shard.metrics.network
        budget = listener.kind == .broker ? shard.node.requestBudget : nil
    }

    /// Begins the request in `frame`. Throws what must close the connection.
    func begin(
        _ frame: SharedBytes, from connection: ClientConnection, origin: Exchange.Origin
    ) throws(RequestError) {
        let header: RequestHeader
        let body: SharedBytes
        do throws(DecodeError) {
            var reader = ByteReader(frame)
            header = try RequestHeader(request: &reader)
            body = frame.suffix(from: reader.position)
        } catch {
            throw .malformedHeader(error)
        }
        try dispatch(
            Exchange(
                header: header, body: body, frame: frame, listener: listener,
                peer: connection.peer, receivedAt: shard.loop.now, origin: origin,
                budget: budget),
            connection: connection)
    }

    /// Runs the handler of an exchange's API.
    func dispatch(_ exchange: Exchange, connection: ClientConnection?) throws(RequestError) {
        let header = exchange.header
        guard let entry = table.entry(header.apiKey, on: listener.kind) else {
            // ApiVersions is answered in every version, so only other APIs come here.
            throw .notServed(header.apiKey, version: header.requestApiVersion)
        }
        guard entry.versions.contains(header.requestApiVersion) || header.apiKey == .apiVersions
        else {
            throw .notServed(header.apiKey, version: header.requestApiVersion)
        }
        metrics.requestBegun(header.apiKey, version: header.requestApiVersion)
        do throws(DecodeError) {
            try entry.handle(RequestScope(exchange: exchange, shard: shard, connection: connection))
        } catch {
            throw .malformedBody(header.apiKey, error)
        }
    }

    func refused(_ error: RequestError, peer: String) {
        metrics.requestRefused()
        shard.node.log.write(
            .warn, "requestRefused", peer: PeerAddress.host(of: peer),
            ["peer": peer, "listener": listener.name, "cause": error.explanation])
    }

    func connectionClosed(_ connection: ClientConnection, _ reason: CloseReason) {
        shard.node.connections.release(PeerAddress.host(of: connection.peer))
        if let broker = connection.heartbeatOf {
            let wasClosed = reason == .closedByPeer
            shard.cluster?.run { $0.controller?.connectionLost(by: broker, wasClosed: wasClosed) }
        }
        switch reason {
        case .invalidFrame(let length):
            metrics.requestRefused()
            shard.node.log.write(
                .warn, "invalidFrame", peer: PeerAddress.host(of: connection.peer),
                [
                    "peer": connection.peer, "listener": listener.name, "length": length,
                    "cause": InvalidFrame.guess(length),
                ])
        case .closedByPeer, .failed, .closedLocally, .idle:
            break
        }
    }
}

/// What a handler may use while it begins a request: on the connection's loop.
struct RequestScope {
    let exchange: Exchange
    let shard: Shard
    /// Nil for a request that came inside an Envelope.
    let connection: ClientConnection?

    /// Decodes the whole body as `Request`.
    func request<Request: RequestMessage>(
        _ type: Request.Type = Request.self
    ) throws(DecodeError) -> Request {
        var reader = ByteReader(exchange.body)
        let request = try Request(from: &reader, version: exchange.version)
        return request
    }
}

/// What kind of peer sends a length like that, for the log line.
enum InvalidFrame {
    static func guess(_ length: Int64) -> String {
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) }
        if bytes[0] == 0x16, bytes[1] == 0x03 {
            return "a TLS hello; this listener is PLAINTEXT, check the client's security.protocol"
        }
        if ["GET ", "POST", "HEAD", "PUT "].contains(String(decoding: bytes, as: UTF8.self)) {
            return "an HTTP request; metrics are served on http.listener"
        }
        if length < 0 { return "a negative length: the peer does not speak Kafka's protocol" }
        return "longer than socket.request.max.bytes"
    }
}

extension RequestError {
    /// One line for an operator.
    var explanation: String {
        switch self {
        case .malformedHeader(let error): "malformed request header: \(error)"
        case .malformedBody(let api, let error): "malformed \(api) request: \(error)"
        case .unknownAPI(let key): "unknown API key \(key)"
        case .notServed(let api, let version): "\(api) v\(version) is not served here"
        }
    }
}
