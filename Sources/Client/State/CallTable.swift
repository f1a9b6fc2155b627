internal import Bytes
package import Model

/// Who can answer a call.
package enum Destination: Hashable, Sendable {
    /// Any server.
    case any
    /// The controller; with brokers as servers the one that metadata names for it.
    case controller
    case node(BrokerID)
}

/// Single questions, each answered once: what the `Admin` asks.
///
/// A call whose connection breaks, or whose server is not known yet, is tried again after a pause until its
/// deadline. What a server answers is the caller's to judge.
struct CallTable: Sendable {
    private struct Call: Sendable {
        let id: CallID
        let request: OutgoingRequest
        let destination: Destination
        let deadline: Instant
        let limit: Duration
        var failures = 0
        var lastFailure: String?
        /// Nil while it is under way.
        var notBefore: Instant?
        /// Where it went.
        var peer: Peer?
    }

    private var calls: [Call] = []
    private let backoff: Backoff

    /// Calls that may wait or be under way; more are refused.
    static let callsMax = 10_000

    init(_ configuration: ClientConfiguration) {
        backoff = Backoff(
            first: configuration.retryBackoff, most: configuration.retryBackoffMax)
    }

    mutating func add(
        _ id: CallID, _ request: OutgoingRequest, to destination: Destination,
        within limit: Duration,
        now: Instant, effects: inout [ClientEffect]
    ) {
        guard calls.count < Self.callsMax else {
            effects.append(.failed(id, .tooMany(limit: Self.callsMax, of: "calls")))
            return
        }
        calls.append(
            Call(
                id: id, request: request, destination: destination, deadline: now + limit,
                limit: limit, notBefore: now))
    }

    /// Sends what can be sent, and fails what is overdue.
    mutating func advance(
        network: inout Network, metadata: inout MetadataCache, now: Instant,
        effects: inout [ClientEffect]
    ) {
        let overdue = calls.filter { now >= $0.deadline }
        calls.removeAll { now >= $0.deadline }
        for call in overdue {
            effects.append(
                .failed(call.id, timeout(of: call, network: network, metadata: metadata)))
        }
        if let refusal = metadata.refusal, !refusal.isRetriable {
            failWaiting(for: refusal, effects: &effects)
        }
        for index in calls.indices {
            guard let notBefore = calls[index].notBefore, now >= notBefore else { continue }
            guard
                let peer = peer(
                    for: calls[index].destination, network: &network, metadata: &metadata, now: now)
            else { continue }
            calls[index].notBefore = nil
            calls[index].peer = peer
            network.submit(
                calls[index].request, for: .call(calls[index].id), to: peer,
                deadline: calls[index].deadline, now: now)
        }
    }

    /// Fails calls that only metadata could place, and metadata is refused: these servers are not of the
    /// kind that is asked for.
    private mutating func failWaiting(for refusal: ClientError, effects: inout [ClientEffect]) {
        let stuck = calls.filter { $0.notBefore != nil && $0.destination != .any }
        calls.removeAll { $0.notBefore != nil && $0.destination != .any }
        for call in stuck { effects.append(.failed(call.id, refusal)) }
    }

    private func peer(
        for destination: Destination, network: inout Network, metadata: inout MetadataCache,
        now: Instant
    ) -> Peer? {
        switch destination {
        case .any: return network.anyPeer(now: now)
        case .node(let id):
            guard metadata.nodes.contains(where: { $0.id == id }) else {
                metadata.requestUpdate()
                return nil
            }
            return .node(id)
        case .controller:
            // Below metadata.version 3.7 controllers do not register, so none are named: any may be asked,
            // and says if it is not the one.
            let isNameless = metadata.isKnown && metadata.nodes.isEmpty
            if isNameless, network.configuration.endpointType == .controllers {
                return network.anyPeer(now: now)
            }
            let id = metadata.controllerID
            guard id != .none, metadata.nodes.contains(where: { $0.id == id }) else {
                metadata.requestUpdate()
                return nil
            }
            return .node(id)
        }
    }

    private func timeout(
        of call: Call, network: Network, metadata: MetadataCache
    ) -> ClientError {
        guard metadata.isKnown else {
            let servers = network.configuration.bootstrapServers.map(\.description)
            return .unreachable(
                servers: servers, limit: call.limit, cause: network.lastFailure)
        }
        return .timedOut(
            operation: "\(call.request.apiKey)", limit: call.limit,
            cause: call.lastFailure ?? metadata.refusal?.description ?? network.lastFailure)
    }

    mutating func answered(
        _ id: CallID, version: Int16, body: SharedBytes, effects: inout [ClientEffect]
    ) {
        guard let index = calls.firstIndex(where: { $0.id == id }) else { return }
        let call = calls.remove(at: index)
        var node = BrokerID.none
        if case .node(let id) = call.peer { node = id }
        effects.append(.answered(id, version: version, body: body, from: node))
    }

    mutating func failed(
        _ id: CallID, _ error: ClientError, now: Instant, random: inout PRNG,
        effects: inout [ClientEffect]
    ) {
        guard let index = calls.firstIndex(where: { $0.id == id }) else { return }
        guard error.isRetriable else {
            calls.remove(at: index)
            effects.append(.failed(id, error))
            return
        }
        calls[index].failures += 1
        calls[index].lastFailure = error.description
        calls[index].notBefore =
            now + backoff.pause(after: calls[index].failures, using: &random)
    }

    /// Fails everything.
    mutating func close(effects: inout [ClientEffect]) {
        for call in calls { effects.append(.failed(call.id, .closed)) }
        calls.removeAll()
    }

    /// When `advance` is due. A call that nobody can take yet waits for an event, or for the end of the
    /// pause of a server.
    func nextDeadline(network: Network, now: Instant) -> Instant {
        var next = Instant.distantFuture
        for call in calls {
            next = min(next, call.deadline)
            guard let notBefore = call.notBefore else { continue }
            let wake = notBefore > now ? notBefore : network.nextAttempt
            if wake > now { next = min(next, wake) }
        }
        return next
    }
}
