internal import Bytes
internal import Configuration
internal import Model
internal import Ports
internal import Telemetry

/// `GET /metrics`, `/ready` and `/live` on `http.listener`, on one of the data loops.
///
/// As much of HTTP/1.1 as scrapers and probes need: a request line and headers up to `requestMax` bytes, no
/// body, one request a connection.
final class MetricsServer {
    static let requestMax = 8 << 10
    static let idleLimit = Duration.seconds(30)

    /// What answers are made of; called on the server's loop.
    struct Source: Sendable {
        /// Nil if the node is ready, else what it waits for.
        let unreadiness: @Sendable (Instant) -> String?
        let metrics: @Sendable (Instant) -> SharedBytes
    }

    /// Listens; throws if the address cannot be had.
    static func listen(
        host: String, port: UInt16, on loop: any Loop, transport: any Transport, source: Source
    ) throws(NetworkError) -> any Listener {
        try transport.listen(
            host: host, port: port,
            options: SocketOptions(framing: .none, idleLimit: idleLimit), loops: [loop]
        ) { _ in MetricsConnection(source) }
    }
}

/// One scrape or probe.
private final class MetricsConnection: ConnectionHandler {
    private let source: MetricsServer.Source
    private var request: [UInt8] = []
    private var isAnswered = false

    init(_ source: MetricsServer.Source) { self.source = source }

    func connected(_ connection: any Connection) {}
    func drained(_ connection: any Connection) {}
    func closed(_ connection: any Connection, _ reason: CloseReason) {}

    func received(_ frames: [SharedBytes], on connection: any Connection) {
        guard !isAnswered else { return }
        for frame in frames { request += frame.array }
        guard hasEnd || request.count > MetricsServer.requestMax else { return }
        isAnswered = true
        connection.send([.bytes(answer(at: connection.loop.now))])
        connection.close(discarding: false)
    }

    private var hasEnd: Bool {
        let tail = request.suffix(4)
        return tail.elementsEqual([13, 10, 13, 10]) || request.suffix(2).elementsEqual([10, 10])
            || String(decoding: request, as: UTF8.self).contains("\r\n\r\n")
    }

    private func answer(at now: Instant) -> SharedBytes {
        guard request.count <= MetricsServer.requestMax else {
            return Self.response("431 Request Header Fields Too Large", "too long\n")
        }
        let line = String(decoding: request.prefix { $0 != 13 && $0 != 10 }, as: UTF8.self)
        let words = line.split(separator: " ")
        guard words.count == 3, words[2].hasPrefix("HTTP/1.") else {
            return Self.response("400 Bad Request", "not an HTTP/1 request\n")
        }
        guard words[0] == "GET" || words[0] == "HEAD" else {
            return Self.response("405 Method Not Allowed", "only GET\n")
        }
        let isHead = words[0] == "HEAD"
        switch words[1].split(separator: "?").first ?? "" {
        case "/metrics":
            return Self.response(
                "200 OK", source.metrics(now), type: "text/plain; version=0.0.4", isHead: isHead)
        case "/ready":
            guard let cause = source.unreadiness(now) else {
                return Self.response("200 OK", "ready\n", isHead: isHead)
            }
            return Self.response("503 Service Unavailable", "\(cause)\n", isHead: isHead)
        case "/live":
            return Self.response("200 OK", "live\n", isHead: isHead)
        default:
            return Self.response(
                "404 Not Found", "there are /metrics, /ready and /live\n", isHead: isHead)
        }
    }

    private static func response(
        _ status: String, _ text: String, isHead: Bool = false
    ) -> SharedBytes {
        response(status, SharedBytes(utf8: text), type: "text/plain", isHead: isHead)
    }

    private static func response(
        _ status: String, _ body: SharedBytes, type: String, isHead: Bool
    ) -> SharedBytes {
        var writer = ByteWriter(capacity: body.count + 256)
        writer.utf8("HTTP/1.1 \(status)\r\nContent-Type: \(type); charset=utf-8\r\n")
        writer.utf8("Content-Length: \(body.count)\r\nConnection: close\r\n\r\n")
        if !isHead { writer.bytes(body) }
        return writer.finish()
    }
}

extension MetricsServer.Source {
    /// A node's answers.
    static func of(_ node: Node) -> MetricsServer.Source {
        MetricsServer.Source { now in
            guard node.configuration.isBroker else { return node.isOpen ? nil : "no leader yet" }
            return switch node.state {
            // While another controller begins, a lease ends for a moment.
            case .running where !node.lease.isHeld(at: now - .seconds(1)):
                "no controller answers: the quorum may have no leader"
            case .running: nil
            case .starting where node.logsLeft == .max: "looking for logs"
            case .starting where node.logsLeft > 0: "opening logs, \(node.logsLeft) left"
            case .notRunning, .starting: "not registered with a controller yet"
            case .recovery: "catching up with the metadata, or fenced"
            case .pendingControlledShutdown, .shuttingDown: "shutting down"
            }
        } metrics: { now in
            let own = [
                MetricSample(Catalogue.brokerState, [], Int64(node.state.rawValue)),
                MetricSample(Catalogue.clusterID, [node.clusterID], 1),
            ]
            let process = node.facts()?.samples ?? []
            return Exposition.render(node.metrics.snapshot(at: now) + own + process)
        }
    }
}
