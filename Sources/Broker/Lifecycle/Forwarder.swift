internal import Bytes
internal import Configuration
internal import InternalRecords
internal import Model
internal import Ports
internal import Telemetry
internal import Wire
internal import WireMessages

/// Hands clients' admin requests to the active controller inside an Envelope (KIP-590) and its answers back.
/// Lives on the metadata loop.
///
/// Like Kafka's brokers it asks again when the controller changed or the connection broke, so a request may
/// be carried out twice; the second time is answered with an error such as TOPIC_ALREADY_EXISTS.
final class Forwarder {
    /// Requests under way at once; more are refused by closing their connection.
    static let inFlightMax = 1_000
    static let retryPause = Duration.milliseconds(50)

    private let node: Node
    private let loop: any Loop
    private let channel: ControllerChannel
    private var inFlight = 0

    init(node: Node, channel: ControllerChannel) {
        self.node = node
        self.channel = channel
        loop = node.world.metadataLoop
    }

    func forward(_ exchange: Exchange) {
        guard inFlight < Self.inFlightMax else {
            node.log.write(.warn, "forwardRefused", peer: "clients", ["inFlight": inFlight])
            exchange.closeConnection()
            return
        }
        inFlight += 1
        let patience = Duration.milliseconds(node.configuration.settings.int("request.timeout.ms"))
        attempt(exchange, until: loop.now + patience)
    }

    private func attempt(_ exchange: Exchange, until deadline: Instant) {
        let left = deadline - loop.now
        guard left > .zero else {
            finish(exchange) { $0.closeConnection() }
            return
        }
        var request = EnvelopeRequest()
        request.requestData = exchange.frame
        request.requestPrincipal = Self.anonymous
        request.clientHostAddress = exchange.peerAddress
        channel.send(request, versions: 0...0, timeout: left) { [weak self] result in
            self?.answered(result, exchange, deadline)
        }
    }

    private func answered(
        _ result: Result<EnvelopeResponse, PeerError>, _ exchange: Exchange, _ deadline: Instant
    ) {
        switch result {
        case .success(let response) where response.errorCode == .none:
            guard let data = response.responseData else {
                finish(exchange) { $0.closeConnection() }
                return
            }
            var frame = ByteWriter(capacity: data.count + 4)
            frame.int32(Int32(data.count))
            frame.bytes(data)
            let bytes = frame.finish()
            finish(exchange) { $0.respond(pieces: [.bytes(bytes)]) }
        case .success(let response) where response.errorCode == .notController:
            retry(exchange, deadline)
        case .success(let response):
            node.log.write(
                .warn, "forwardFailed", peer: "controller", ["cause": response.errorCode])
            finish(exchange) { $0.closeConnection() }
        case .failure:
            retry(exchange, deadline)
        }
    }

    private func retry(_ exchange: Exchange, _ deadline: Instant) {
        loop.arm(at: loop.now + Self.retryPause) { [weak self] in
            self?.attempt(exchange, until: deadline)
        }
    }

    private func finish(_ exchange: Exchange, _ answer: (Exchange) -> Void) {
        inFlight -= 1
        answer(exchange)
    }

    /// Who asks: everybody is anonymous on a plaintext listener. With Kafka's leading version.
    static let anonymous: SharedBytes = {
        var writer = ByteWriter()
        var data = DefaultPrincipalData()
        data.type = "User"
        data.name = "ANONYMOUS"
        writer.int16(0)
        do throws(EncodeError) {
            try data.encode(to: &writer, version: 0)
        } catch {
            preconditionFailure("a constant fits its schema: \(error)")
        }
        return writer.finish()
    }()
}
