internal import Model
internal import Ports

/// The producer's half on the loop: who waits for which record, and who for room.
final class ProducerDesk {
    private let driver: ClientDriver
    private let runtime: ClientRuntime
    private let blockMax: Duration
    private var completions: [UInt64: Producer.Completion] = [:]
    private var nextToken: UInt64 = 0
    /// Records for which the buffer had no room, in order. As many as callers wait for them.
    private var blocked: [(given: Producer.Given, deadline: Instant)] = []
    private var blockTimer: TimerID?
    private var flushes: [@Sendable () -> Void] = []
    private var lastFailure: ClientError?

    init(
        _ configuration: ClientConfiguration, _ producer: ProducerConfiguration,
        runtime: ClientRuntime
    ) {
        self.runtime = runtime
        blockMax = producer.blockMax
        driver = ClientDriver(configuration, producer: producer, runtime: runtime)
        driver.onDelivery = { [unowned self] in delivered($0) }
        driver.onRoom = { [unowned self] in admitBlocked() }
        driver.onFlushed = { [unowned self] in flushed() }
    }

    func take(_ given: [Producer.Given]) {
        for item in given {
            // Nobody overtakes a record that waits.
            guard blocked.isEmpty, admit(item) else {
                blocked.append((item, runtime.loop.now + blockMax))
                continue
            }
        }
        armBlockTimer()
    }

    /// False if there is no room.
    private func admit(_ item: Producer.Given) -> Bool {
        let token = nextToken
        do {
            guard try driver.send(item.record, token: token) == .taken else { return false }
            nextToken += 1
            completions[token] = item.completion
        } catch {
            item.completion(.failure(error))
        }
        item.whenTaken?()
        return true
    }

    private func admitBlocked() {
        var admitted = 0
        for item in blocked {
            guard admit(item.given) else { break }
            admitted += 1
        }
        blocked.removeFirst(admitted)
        flushed(onlyIfIdle: true)
    }

    // MARK: Time

    private func armBlockTimer() {
        guard blockTimer == nil, let first = blocked.first else { return }
        blockTimer = runtime.loop.arm(at: first.deadline) { [weak self] in
            self?.blockTimer = nil
            self?.expireBlocked()
        }
    }

    private func expireBlocked() {
        let now = runtime.loop.now
        let expired = blocked.prefix { now >= $0.deadline }
        blocked.removeFirst(expired.count)
        for item in expired {
            item.given.completion(.failure(.bufferExhausted(limit: blockMax)))
            item.given.whenTaken?()
        }
        armBlockTimer()
        flushed(onlyIfIdle: true)
    }

    // MARK: Ends

    private func delivered(_ delivery: Delivery) {
        for (index, token) in delivery.tokens.enumerated() {
            guard let completion = completions.removeValue(forKey: token) else { continue }
            switch delivery.outcome {
            case .written(let base, let appendTime):
                let offset = base == .none ? base : base + Int64(index)
                completion(
                    .success(
                        RecordMetadata(
                            partition: delivery.partition, offset: offset,
                            appendTime: appendTime)))
            case .failed(let error):
                completion(.failure(error))
            }
        }
    }

    func flush(_ completion: @escaping @Sendable () -> Void) {
        flushes.append(completion)
        driver.flush()
    }

    /// Records that wait for room were given before the flush too: it ends when they are gone as well.
    private func flushed(onlyIfIdle: Bool = false) {
        guard !flushes.isEmpty else { return }
        guard blocked.isEmpty, completions.isEmpty || !onlyIfIdle else {
            if !onlyIfIdle { driver.flush() }
            return
        }
        let done = flushes
        flushes = []
        for completion in done { completion() }
    }

    func close() {
        driver.close()
        for item in blocked {
            item.given.completion(.failure(.closed))
            item.given.whenTaken?()
        }
        blocked = []
        if let blockTimer { runtime.loop.disarm(blockTimer) }
        blockTimer = nil
        flushed(onlyIfIdle: true)
    }
}
