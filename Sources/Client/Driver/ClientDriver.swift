package import Bytes
package import Model
internal import Ports

/// Performs what a `ClientCore` wants done, on one loop, and tells it what happens there.
///
/// The core is advanced once per turn of the loop, however much happened in it: what was sent in a turn
/// leaves in one write, and records given one by one leave in the same request.
package final class ClientDriver {
    private var core: ClientCore
    package let runtime: ClientRuntime
    private let socketOptions: SocketOptions
    private var connections: [ConnectionID: Line] = [:]
    private var answers: [CallID: (Result<CallAnswer, ClientError>) -> Void] = [:]
    private var timer: (id: TimerID, deadline: Instant)?
    private var isAdvanceDue = false

    /// What became of records, one batch at a time.
    package var onDelivery: (Delivery) -> Void = { _ in }
    /// The producer's buffer has room again.
    package var onRoom: () -> Void = {}
    /// Everything that was there at the call of `flush` is done with.
    package var onFlushed: () -> Void = {}
    /// There is something to take, or a failure.
    package var onRecords: () -> Void = {}
    /// The partitions of the group moved.
    package var onRebalance: (RebalanceEvent) -> Void = { _ in }
    private var commits: [UInt64: (ClientError?) -> Void] = [:]
    private var offsetQuestions: [UInt64: (CommittedOffsets) -> Void] = [:]
    private var goodbyes: [() -> Void] = []
    private var wishCount: UInt64 = 0

    /// Made and used on `runtime.loop` only.
    package init(
        _ configuration: ClientConfiguration, producer: ProducerConfiguration? = nil,
        consumer: ConsumerConfiguration? = nil, runtime: ClientRuntime
    ) {
        self.runtime = runtime
        core = ClientCore(
            configuration, producer: producer, consumer: consumer, seed: runtime.entropy.next())
        socketOptions = SocketOptions(
            framing: .lengthPrefixed(limit: configuration.answerBytesMax),
            connectTimeout: configuration.connectTimeout)
    }

    private var now: Instant { runtime.loop.now }
}

/// The answer to a call.
package struct CallAnswer: Sendable {
    package let version: Int16
    package let body: SharedBytes
    /// Who answered, `.none` if that is not known.
    package let node: BrokerID
}

// MARK: - Wishes

extension ClientDriver {
    /// Asks one question.
    package func call(
        _ request: OutgoingRequest, to destination: Destination, within limit: Duration? = nil,
        then: @escaping (Result<CallAnswer, ClientError>) -> Void
    ) {
        let id = core.call(request, to: destination, within: limit, now: now)
        answers[id] = then
        advanceLater()
    }

    /// Gives a record to the producer.
    package func send(
        _ record: ProducerRecord, token: UInt64
    ) throws(ClientError) -> AppendOutcome {
        let outcome = try core.send(
            record, token: token, now: now, wallTime: runtime.loop.wallTime)
        advanceLater()
        return outcome
    }

    /// Hurries everything given to the producer so far; `onFlushed` follows.
    package func flush() {
        core.flush()
        advanceLater()
    }

    /// Reads these partitions and no others.
    package func assign(_ assignment: [(partition: TopicPartition, start: StartPosition)]) {
        core.assign(assignment)
        advanceLater()
    }

    /// Goes on elsewhere. False if the partition is not assigned.
    package func seek(_ partition: TopicPartition, to start: StartPosition) -> Bool {
        advanceLater()
        return core.seek(partition, to: start)
    }

    /// Stops or resumes fetching of a partition. False if it is not assigned.
    package func setPaused(_ partition: TopicPartition, _ isPaused: Bool) -> Bool {
        advanceLater()
        return core.setPaused(partition, isPaused)
    }

    /// The next offset to be handed out, nil if not known yet.
    package func position(of partition: TopicPartition) -> Offset? {
        core.position(of: partition)
    }

    /// What has been fetched, about `limit` bytes of it.
    package func take(atMost limit: Int = .max) throws(ClientError) -> [FetchedChunk] {
        advanceLater()
        return try core.take(atMost: limit)
    }

    /// Fails everything that is under way and closes all connections.
    package func close() {
        core.close(now: now)
        perform()
        if let timer { runtime.loop.disarm(timer.id) }
        timer = nil
    }
}

// MARK: - The group's wishes

/// Committed offsets by partition; those without one are absent.
package typealias CommittedOffsets = Result<[TopicPartition: CommittedOffset], ClientError>

extension ClientDriver {
    /// Becomes a member of the group with this subscription, or changes it.
    package func subscribe(_ subscription: Subscription) throws(ClientError) {
        try core.subscribe(subscription, now: now)
        advanceLater()
    }

    /// Commits, gives up everything and leaves.
    package func leave(then: @escaping () -> Void) {
        goodbyes.append(then)
        core.leave(now: now)
        advanceLater()
    }

    /// Commits these, or what was handed out.
    package func commit(
        _ offsets: [TopicPartition: CommittedOffset]?, within limit: Duration,
        then: ((ClientError?) -> Void)?
    ) {
        var wish: UInt64?
        if let then {
            wishCount += 1
            commits[wishCount] = then
            wish = wishCount
        }
        core.commit(offsets, wish: wish, within: limit, now: now)
        advanceLater()
    }

    /// Looks committed offsets up.
    package func committed(
        _ partitions: [TopicPartition], within limit: Duration,
        then: @escaping (CommittedOffsets) -> Void
    ) {
        wishCount += 1
        offsetQuestions[wishCount] = then
        core.committed(partitions, wish: wishCount, within: limit, now: now)
        advanceLater()
    }

    /// The application waits for records, and is done with those it had.
    package func pollBegan() {
        core.pollBegan(now: now)
        advanceLater()
    }

    /// The application works.
    package func pollEnded() {
        core.pollEnded(now: now)
        advanceLater()
    }

    /// Whether giving partitions up waits for `listenerIsDone`.
    package func setListening(_ isListening: Bool) { core.setListening(isListening) }

    /// Whoever listens has dealt with the last event.
    package func listenerIsDone() {
        core.listenerIsDone()
        advanceLater()
    }

    /// What is assigned, ascending.
    package var assignment: [TopicPartition] { core.assignment }

    /// This member's id and its generation or epoch; nil without a group.
    package var membership: (memberID: String, epoch: Int32)? { core.membership }
}

// MARK: - Turns

extension ClientDriver {
    private func advanceLater() {
        guard !isAdvanceDue else { return }
        isAdvanceDue = true
        runtime.loop.atEndOfTurn { [self] in
            isAdvanceDue = false
            core.wallTime = runtime.loop.wallTime
            core.advance(to: now)
            perform()
            rearm()
        }
    }

    private func perform() {
        for effect in core.takeEffects() {
            switch effect {
            case .connect(let id, let address): connect(id, address)
            case .send(let id, let frame):
                connections[id]?.connection?.send([.bytes(frame)])
            case .close(let id):
                connections.removeValue(forKey: id)?.connection?.close(discarding: true)
            case .answered(let id, let version, let body, let node):
                let answer = CallAnswer(version: version, body: body, node: node)
                answers.removeValue(forKey: id)?(.success(answer))
            case .failed(let id, let error):
                answers.removeValue(forKey: id)?(.failure(error))
            case .delivered(let delivery): onDelivery(delivery)
            case .bufferHasRoom: onRoom()
            case .flushed: onFlushed()
            case .recordsReady: onRecords()
            case .rebalanced(let event): onRebalance(event)
            case .committed(let wish, let error): commits.removeValue(forKey: wish)?(error)
            case .committedOffsets(let wish, let result):
                offsetQuestions.removeValue(forKey: wish)?(result)
            case .left:
                let waiting = goodbyes
                goodbyes = []
                for goodbye in waiting { goodbye() }
            }
        }
    }

    private func rearm() {
        let deadline = core.nextDeadline(now: now)
        if let timer {
            guard timer.deadline != deadline else { return }
            runtime.loop.disarm(timer.id)
            self.timer = nil
        }
        guard deadline != .distantFuture else { return }
        let id = runtime.loop.arm(at: deadline) { [weak self] in
            self?.timer = nil
            self?.advanceLater()
        }
        timer = (id, deadline)
    }

    private func connect(_ id: ConnectionID, _ address: ServerAddress) {
        let line = Line(id, driver: self)
        connections[id] = line
        line.connection = runtime.transport.connect(
            host: address.host, port: address.port, options: socketOptions, on: runtime.loop,
            handler: line)
    }
}

// MARK: - Connections

extension ClientDriver {
    /// One connection: it passes on what happens there under the core's name for it.
    private final class Line: ConnectionHandler {
        let id: ConnectionID
        weak var driver: ClientDriver?
        var connection: (any Connection)?

        init(_ id: ConnectionID, driver: ClientDriver) {
            self.id = id
            self.driver = driver
        }

        func connected(_ connection: any Connection) { driver?.connected(id) }

        func received(_ frames: [SharedBytes], on connection: any Connection) {
            driver?.received(frames, on: id)
        }

        func drained(_ connection: any Connection) {}

        func closed(_ connection: any Connection, _ reason: CloseReason) {
            driver?.closed(id, reason)
        }
    }

    fileprivate func connected(_ id: ConnectionID) {
        core.connected(id, now: now)
        advanceLater()
    }

    fileprivate func received(_ frames: [SharedBytes], on id: ConnectionID) {
        core.received(frames, on: id, now: now)
        advanceLater()
    }

    fileprivate func closed(_ id: ConnectionID, _ reason: CloseReason) {
        connections[id] = nil
        core.closed(id, because: reason.words, now: now)
        advanceLater()
    }
}

extension CloseReason {
    /// For messages.
    fileprivate var words: String {
        switch self {
        case .closedByPeer: "the server closed it"
        case .failed(let error): error.reason
        case .closedLocally: "closed here"
        case .invalidFrame(let length): "an answer of \(length) bytes, more than is allowed"
        case .idle: "idle for too long"
        }
    }
}
