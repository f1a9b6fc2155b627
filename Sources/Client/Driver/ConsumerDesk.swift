internal import Model
internal import Ports

/// The consumer's half on the loop: who waits for records, and who listens to the group.
final class ConsumerDesk {
    typealias Completion = @Sendable (Result<[FetchedChunk], ClientError>) -> Void

    let driver: ClientDriver
    private let runtime: ClientRuntime
    private let closeLimit: Duration
    private var waiting: (limit: Int, timer: TimerID, completion: Completion)?
    private var listener = RebalanceListener()
    /// Asked to end: nothing is handed out any more.
    private var isClosed = false
    /// Has ended: committed, and left the group if it was reached in time.
    private var hasEnded = false
    private var endWaiters: [@Sendable () -> Void] = []

    init(
        _ configuration: ClientConfiguration, _ consumer: ConsumerConfiguration,
        runtime: ClientRuntime
    ) {
        self.runtime = runtime
        closeLimit = consumer.group?.closeTimeout ?? .zero
        driver = ClientDriver(configuration, consumer: consumer, runtime: runtime)
        driver.onRecords = { [unowned self] in recordsCame() }
        driver.onRebalance = { [unowned self] in listener.take($0) }
    }

    /// Answers with what there is, or as soon as there is something, or with nothing after `timeout`.
    func poll(atMost limit: Int, timeout: Duration, _ completion: @escaping Completion) {
        guard waiting == nil else {
            return completion(.failure(.tooMany(limit: 1, of: "polls of one consumer")))
        }
        driver.pollBegan()
        if let result = take(atMost: limit) {
            driver.pollEnded()
            return completion(result)
        }
        let timer = runtime.loop.arm(at: runtime.loop.now + timeout) { [weak self] in
            self?.answer(.success([]))
        }
        waiting = (limit, timer, completion)
    }

    private func take(atMost limit: Int) -> Result<[FetchedChunk], ClientError>? {
        do {
            let chunks = try driver.take(atMost: limit)
            return chunks.isEmpty ? nil : .success(chunks)
        } catch {
            return .failure(error)
        }
    }

    private func recordsCame() {
        guard let waiting, let result = take(atMost: waiting.limit) else { return }
        answer(result)
    }

    private func answer(_ result: Result<[FetchedChunk], ClientError>) {
        guard let waiting else { return }
        self.waiting = nil
        driver.pollEnded()
        runtime.loop.disarm(waiting.timer)
        waiting.completion(result)
    }

    /// The next event of the group, nil once the consumer is closed. Whoever asks has dealt with the one
    /// before.
    func nextEvent(_ completion: @escaping RebalanceListener.Completion) {
        // While it leaves, the group waits for the listener still.
        guard !hasEnded else { return completion(nil) }
        driver.setListening(true)
        if listener.hasHeard { driver.listenerIsDone() }
        listener.wait(completion)
    }

    /// Nobody listens any more: the group waits for nobody.
    func stopListening() {
        driver.setListening(false)
        driver.listenerIsDone()
    }

    /// Commits and leaves the group, if there is one and it can be reached in time; then ends.
    func close(_ completion: @escaping @Sendable () -> Void) {
        guard !isClosed, closeLimit > .zero else {
            finish()
            return completion()
        }
        isClosed = true
        answer(.failure(.closed))
        var isOpen = true
        let finishOnce = { [self] in
            guard isOpen else { return }
            isOpen = false
            finish()
            completion()
        }
        let timer = runtime.loop.arm(at: runtime.loop.now + closeLimit, finishOnce)
        driver.leave { [self] in
            runtime.loop.disarm(timer)
            finishOnce()
        }
    }

    /// Runs `completion` once a close that was asked for has ended.
    func waitUntilEnded(_ completion: @escaping @Sendable () -> Void) {
        if hasEnded { completion() } else { endWaiters.append(completion) }
    }

    private func finish() {
        isClosed = true
        hasEnded = true
        driver.close()
        listener.end()
        answer(.failure(.closed))
        let waiters = endWaiters
        endWaiters = []
        for waiter in waiters { waiter() }
    }
}

/// Events of a group on their way to the one who listens.
struct RebalanceListener {
    typealias Completion = @Sendable (RebalanceEvent?) -> Void

    private var events: [RebalanceEvent] = []
    private var waiting: Completion?
    /// Whether the last event has been handed out and nothing was asked for since.
    private(set) var hasHeard = false

    /// Events kept for a listener that is slow, or for one that is to come; the oldest go first.
    static let eventsMax = 1_000

    mutating func take(_ event: RebalanceEvent) {
        if let waiting {
            self.waiting = nil
            hasHeard = true
            return waiting(event)
        }
        if events.count == Self.eventsMax { events.removeFirst() }
        events.append(event)
    }

    mutating func wait(_ completion: @escaping Completion) {
        waiting?(nil)
        waiting = nil
        hasHeard = false
        guard !events.isEmpty else {
            waiting = completion
            return
        }
        hasHeard = true
        completion(events.removeFirst())
    }

    mutating func end() {
        waiting?(nil)
        waiting = nil
    }
}
