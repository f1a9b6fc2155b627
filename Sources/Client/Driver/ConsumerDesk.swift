internal import Model
internal import Ports

/// The consumer's half on the loop: who waits for records.
final class ConsumerDesk {
    typealias Completion = @Sendable (Result<[FetchedChunk], ClientError>) -> Void

    let driver: ClientDriver
    private let runtime: ClientRuntime
    private var waiting: (limit: Int, timer: TimerID, completion: Completion)?

    init(
        _ configuration: ClientConfiguration, _ consumer: ConsumerConfiguration,
        runtime: ClientRuntime
    ) {
        self.runtime = runtime
        driver = ClientDriver(configuration, consumer: consumer, runtime: runtime)
        driver.onRecords = { [unowned self] in recordsCame() }
    }

    /// Answers with what there is, or as soon as there is something, or with nothing after `timeout`.
    func poll(atMost limit: Int, timeout: Duration, _ completion: @escaping Completion) {
        guard waiting == nil else {
            return completion(.failure(.tooMany(limit: 1, of: "polls of one consumer")))
        }
        if let result = take(atMost: limit) { return completion(result) }
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
        runtime.loop.disarm(waiting.timer)
        waiting.completion(result)
    }

    func close() {
        driver.close()
        answer(.failure(.closed))
    }
}
