package import Bytes
package import Model
internal import Wire
internal import WireMessages

/// A whole client without its sockets: connections, metadata, calls, and a producer or consumer on them.
///
/// Events of the world and wishes of the user come in through its methods. After any of them, or several,
/// `advance` lets every part do what has become possible, `takeEffects` hands out what is to be done, and
/// `nextDeadline` tells when to come back if nothing happens. It reads no clock and draws chance from a
/// seed, so the same events in the same order give the same effects.
package struct ClientCore {
    let configuration: ClientConfiguration
    var network: Network
    var metadata: MetadataCache
    var calls: CallTable
    var producer: ProducerCore?
    var consumer: ConsumerCore?
    var group: GroupCore?
    private var random: PRNG
    var effects: [ClientEffect] = []
    var callCount: UInt64 = 0
    var hadNews = false
    var isClosed = false
    /// The wall clock of this turn, for positions that are told by time.
    package var wallTime = Timestamp(0)

    /// - Parameter seed: where chance begins: pauses, partitions of records without a key.
    package init(
        _ configuration: ClientConfiguration, producer: ProducerConfiguration? = nil,
        consumer: ConsumerConfiguration? = nil, seed: UInt64
    ) {
        var random = PRNG(seed: seed)
        self.configuration = configuration
        network = Network(configuration, random: PRNG(seed: random.next()))
        metadata = MetadataCache(configuration)
        calls = CallTable(configuration)
        self.producer = producer.map {
            ProducerCore($0, client: configuration, random: PRNG(seed: random.next()))
        }
        self.consumer = consumer.map {
            ConsumerCore($0, client: configuration, random: PRNG(seed: random.next()))
        }
        if let consumer, let group = consumer.group {
            self.group = GroupCore(
                group, consumer: consumer, client: configuration,
                random: PRNG(seed: random.next()))
        }
        metadata.createsTopics = producer != nil || consumer?.createsTopics == true
        self.random = random
    }

    /// What is to be done, in order; each effect is handed out once.
    package mutating func takeEffects() -> [ClientEffect] {
        defer { effects.removeAll(keepingCapacity: true) }
        return effects
    }
}

// MARK: - The world's events

extension ClientCore {
    /// A connection stands.
    package mutating func connected(_ id: ConnectionID, now: Instant) {
        network.connected(id, now: now)
    }

    /// Frames came, in order, without their lengths.
    package mutating func received(_ frames: [SharedBytes], on id: ConnectionID, now: Instant) {
        for frame in frames { network.received(frame, on: id, now: now) }
    }

    /// A connection ended or did not come to be.
    package mutating func closed(_ id: ConnectionID, because reason: String, now: Instant) {
        network.closed(id, because: reason, now: now)
    }

    /// Does everything that can be done at `now`.
    package mutating func advance(to now: Instant) {
        guard !isClosed else { return }
        network.advance(to: now)
        // One part's answer is another's question: until nothing new comes. Each round needs an event, and
        // events come of requests that end, so the rounds end.
        repeat {
            handleEvents(now: now)
            calls.advance(
                network: &network, metadata: &metadata, now: now, effects: &effects)
            producer?.drain(
                network: &network, metadata: &metadata, now: now, effects: &effects)
            advanceGroup(now: now)
            consumer?.wallTime = wallTime
            consumer?.advance(network: &network, metadata: &metadata, now: now)
            refreshMetadata(now: now)
        } while !network.events.isEmpty
        effects += network.effects
        network.effects.removeAll(keepingCapacity: true)
        tellNews()
    }

    private mutating func tellNews() {
        let hasNews = consumer?.hasNews == true
        if hasNews, !hadNews { effects.append(.recordsReady) }
        hadNews = hasNews
    }

    /// When `advance` is due if no event comes first.
    package func nextDeadline(now: Instant) -> Instant {
        guard !isClosed else { return .distantFuture }
        var next = min(network.nextDeadline, calls.nextDeadline(network: network, now: now))
        next = min(next, producer?.nextDeadline(now: now) ?? .distantFuture)
        next = min(next, consumer?.nextDeadline(now: now) ?? .distantFuture)
        next = min(next, group?.nextDeadline(network, now: now) ?? .distantFuture)
        if needsMetadata {
            let wake = metadata.nextRefresh > now ? metadata.nextRefresh : network.nextAttempt
            if wake > now { next = min(next, wake) }
        }
        return next
    }

    // MARK: Metadata

    private var needsMetadata: Bool { producer != nil || consumer != nil || callCount > 0 }

    private mutating func refreshMetadata(now: Instant) {
        guard needsMetadata, metadata.isRefreshDue(now: now) else { return }
        guard let peer = network.anyPeer(now: now) else { return }
        network.submit(
            metadata.ask(now: now), for: .metadata, to: peer,
            deadline: now + configuration.requestTimeout, now: now)
    }

    private mutating func metadataAnswered(version: Int16, body: SharedBytes, now: Instant) {
        var reader = ByteReader(body)
        do {
            switch configuration.endpointType {
            case .brokers:
                let answer = try MetadataResponse(from: &reader, version: version)
                guard metadata.received(answer, now: now, random: &random) else {
                    network.rebootstrap(now: now)
                    return
                }
            case .controllers:
                let answer = try DescribeClusterResponse(from: &reader, version: version)
                metadata.received(answer, now: now, random: &random)
            }
        } catch {
            metadata.askFailed(now: now, random: &random)
            return
        }
        network.update(nodes: metadata.nodes, now: now)
        group?.layoutChanged(metadata)
        producer?.metadataChanged(metadata, now: now, effects: &effects)
    }

    // MARK: Outcomes of requests

    private mutating func handleEvents(now: Instant) {
        let events = network.events
        network.events.removeAll(keepingCapacity: true)
        for event in events {
            switch event {
            case .answered(let purpose, let version, let body):
                answered(purpose, version: version, body: body, now: now)
            case .sent(let purpose):
                if case .produce(let id) = purpose { producer?.sent(id, effects: &effects) }
            case .failed(let purpose, let error, _):
                failed(purpose, error, now: now)
            case .lost(let peer):
                metadata.requestUpdate()
                if peer == .coordinator, network.hasLostCoordinator {
                    group?.coordinatorLost(&network, now: now)
                }
            case .ready:
                break
            }
        }
    }

    private mutating func answered(
        _ purpose: RequestPurpose, version: Int16, body: SharedBytes, now: Instant
    ) {
        switch purpose {
        case .metadata:
            metadataAnswered(version: version, body: body, now: now)
        case .call(let id):
            calls.answered(id, version: version, body: body, effects: &effects)
        case .initProducerID:
            var reader = ByteReader(body)
            do {
                let answer = try InitProducerIdResponse(from: &reader, version: version)
                producer?.identityAnswered(answer, now: now)
            } catch {
                producer?.identityFailed(now: now)
            }
        case .produce(let id):
            producer?.answered(
                id, version: version, body: body, network: &network, metadata: &metadata,
                now: now, effects: &effects)
        case .fetch(let node):
            consumer?.fetchAnswered(
                by: node, version: version, body: body, network: &network, metadata: &metadata,
                now: now)
        case .listOffsets(let node):
            consumer?.offsetsAnswered(
                by: node, version: version, body: body, metadata: &metadata, now: now)
        case .group(let question, let membership):
            groupAnswered(question, membership: membership, version: version, body: body, now: now)
        }
    }

    private mutating func failed(_ purpose: RequestPurpose, _ error: ClientError, now: Instant) {
        switch purpose {
        case .metadata:
            metadata.askFailed(now: now, random: &random)
        case .call(let id):
            calls.failed(id, error, now: now, random: &random, effects: &effects)
        case .initProducerID:
            producer?.identityFailed(now: now)
        case .produce(let id):
            producer?.requestFailed(
                id, error, metadata: &metadata, now: now, effects: &effects)
        case .fetch(let node):
            consumer?.fetchFailed(at: node, error, metadata: &metadata, now: now)
        case .listOffsets(let node):
            consumer?.offsetsFailed(at: node, error, metadata: &metadata, now: now)
        case .group(let question, let membership):
            groupFailed(question, membership: membership, error, now: now)
        }
    }
}
