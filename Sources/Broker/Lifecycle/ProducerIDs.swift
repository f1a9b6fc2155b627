internal import Configuration
internal import Model
internal import Ports
internal import WireMessages

/// Hands out producer ids from blocks that the controller gives to this broker (KIP-98, 1,000 each), and
/// asks for the next block before one is used up. Lives on the metadata loop.
final class ProducerIDs {
    /// Producers that may wait for a block.
    static let waitingMax = 10_000
    /// A new block is fetched when so few ids are left.
    static let low = 100

    private let node: Node
    private let channel: ControllerChannel
    var brokerEpoch = BrokerEpoch.none
    private var block: Range<Int64> = 0..<0
    private var next: Range<Int64>?
    private var waiting: [(ErrorCode, ProducerID) -> Void] = []
    private var isInFlight = false

    init(node: Node, channel: ControllerChannel) {
        self.node = node
        self.channel = channel
    }

    /// Calls `completion` with an id that nobody else has, or with an error to retry.
    func take(_ completion: @escaping (ErrorCode, ProducerID) -> Void) {
        if block.isEmpty, let following = next {
            block = following
            next = nil
        }
        if block.isEmpty {
            guard waiting.count < Self.waitingMax else {
                completion(.coordinatorLoadInProgress, .none)
                return
            }
            waiting.append(completion)
        } else {
            let id = block.lowerBound
            block = id + 1..<block.upperBound
            completion(.none, ProducerID(id))
        }
        if next == nil, block.count < Self.low { fetch() }
    }

    private func fetch() {
        guard !isInFlight else { return }
        isInFlight = true
        var request = AllocateProducerIdsRequest()
        request.brokerID = node.configuration.nodeID.rawValue
        request.brokerEpoch = brokerEpoch.rawValue
        channel.send(request, versions: 0...0, timeout: .seconds(5)) { [weak self] in
            self?.answered($0)
        }
    }

    private func answered(_ result: Result<AllocateProducerIdsResponse, PeerError>) {
        isInFlight = false
        guard case .success(let response) = result, response.errorCode == .none,
            response.producerIDLen > 0
        else {
            // Retriable for the client, which knows its own patience.
            let failed = waiting
            waiting = []
            for completion in failed { completion(.coordinatorLoadInProgress, .none) }
            return
        }
        next = response.producerIDStart..<response.producerIDStart + Int64(response.producerIDLen)
        let served = waiting
        waiting = []
        for completion in served { take(completion) }
    }
}
