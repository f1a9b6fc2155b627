internal import Bytes
internal import Model
internal import Ports
internal import Telemetry
internal import Wire
internal import WireMessages

/// This node's requests to the active controller, wherever it is. Lives on the metadata loop.
///
/// A request waits until a controller is known, is sent once, and fails when the connection or the
/// leadership goes; whether it was acted on is then unknown, and the caller decides about repeating it.
final class ControllerChannel {
    /// Requests that may wait for a controller to be known.
    static let waitingMax = 1_000

    private let loop: any Loop
    private let transport: any Transport
    private let clientID: String
    /// The controller last heard of; nil while there is none.
    private(set) var controller: (id: BrokerID, endpoint: Endpoint)?
    private var connection: PeerConnection?
    private var waiting: [Waiting] = []
    /// Called when the connection to the controller broke.
    var disconnected: ((CloseReason) -> Void)?
    /// Called when the controller has told what it speaks.
    var negotiated: ((PeerVersions) -> Void)?

    private struct Waiting {
        let timer: TimerID
        let id: UInt64
        let start: () -> Void
        let fail: () -> Void
    }
    private var nextID: UInt64 = 0

    init(clientID: String, loop: any Loop, transport: any Transport) {
        self.clientID = clientID
        self.loop = loop
        self.transport = transport
    }

    /// The quorum has another leader, or none.
    func controllerChanged(to id: BrokerID?, _ endpoint: Endpoint?) {
        let next = id.flatMap { id in endpoint.map { (id: id, endpoint: $0) } }
        if let next, let controller, next.id == controller.id, next.endpoint == controller.endpoint
        {
            return
        }
        controller = next
        connection?.disconnected = nil
        connection?.close()
        connection = nil
        guard next != nil else { return }
        let ready = waiting
        waiting = []
        for request in ready {
            loop.disarm(request.timer)
            request.start()
        }
    }

    /// Sends `request` to the active controller, in the newest of `versions` that it offers; `completion` runs
    /// once, on this loop.
    func send<Request: RequestMessage>(
        _ request: Request, versions: ClosedRange<Int16>, timeout: Duration,
        completion: @escaping (Result<Request.Response, PeerError>) -> Void
    ) {
        guard let connection = current() else {
            wait(timeout) { [weak self] in
                self?.send(request, versions: versions, timeout: timeout, completion: completion)
            } fail: {
                completion(.failure(.timedOut))
            }
            return
        }
        connection.send(request, versions: versions, timeout: timeout, completion: completion)
    }

    private func wait(
        _ timeout: Duration, start: @escaping () -> Void, fail: @escaping () -> Void
    ) {
        guard waiting.count < Self.waitingMax else {
            fail()
            return
        }
        let id = nextID
        nextID += 1
        let timer = loop.arm(at: loop.now + timeout) { [weak self] in self?.expired(id) }
        waiting.append(Waiting(timer: timer, id: id, start: start, fail: fail))
    }

    private func expired(_ id: UInt64) {
        guard let position = waiting.firstIndex(where: { $0.id == id }) else { return }
        waiting.remove(at: position).fail()
    }

    private func current() -> PeerConnection? {
        if let connection { return connection }
        guard let controller else { return nil }
        let made = PeerConnection(
            host: controller.endpoint.host, port: controller.endpoint.port, clientID: clientID,
            loop: loop, transport: transport)
        made.disconnected = { [weak self] reason in self?.disconnected?(reason) }
        made.negotiated = { [weak self] versions in self?.negotiated?(versions) }
        connection = made
        return made
    }

    func close() {
        controllerChanged(to: nil, nil)
        let left = waiting
        waiting = []
        for request in left {
            loop.disarm(request.timer)
            request.fail()
        }
    }
}
