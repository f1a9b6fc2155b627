internal import Model
internal import Ports
internal import Synchronization

/// Writes records: gathers them into batches, sends those to their partitions' leaders and sends them again
/// after a failure, without loss, duplicates or reordering as long as it is idempotent (the default).
///
///     let producer = Producer(configuration, runtime: runtime)
///     let place = try await producer.send(ProducerRecord(topic: "orders", value: bytes))
///
/// May be used from any task. Records that one task gives to it one after the other are written in that
/// order.
public final class Producer: Sendable {
    /// What a record's fate is told to.
    typealias Completion = @Sendable (Result<RecordMetadata, ClientError>) -> Void

    /// A record on its way to the loop.
    struct Given: Sendable {
        let record: ProducerRecord
        /// Run once it is in the buffer, or has failed.
        var whenTaken: (@Sendable () -> Void)?
        let completion: Completion
    }

    private let runtime: ClientRuntime
    private let desk: LoopBound<ProducerDesk>
    /// Records given since the loop last looked: many come in one letter.
    private let inbox = Mutex<[Given]>([])

    public init(
        _ configuration: ClientConfiguration,
        producer: ProducerConfiguration = ProducerConfiguration(), runtime: ClientRuntime
    ) {
        self.runtime = runtime
        let desk = ProducerDesk(configuration, producer, runtime: runtime)
        self.desk = LoopBound(desk, on: runtime.loop)
    }

    /// Writes a record and waits until it counts as written (`acks`).
    public func send(_ record: ProducerRecord) async throws(ClientError) -> RecordMetadata {
        let result = await withCheckedContinuation { continuation in
            let given = Given(
                record: record, whenTaken: nil,
                completion: { continuation.resume(returning: $0) })
            give([given])
        }
        return try result.get()
    }

    /// Gives records to the producer and waits only until it has taken them all into its buffer: the way to
    /// write fast. `onDelivery` is told what became of each, by its index; it runs on the client's loop and
    /// must not block.
    public func enqueue(
        _ records: [ProducerRecord],
        onDelivery: @escaping @Sendable (Int, Result<RecordMetadata, ClientError>) -> Void
    ) async {
        guard !records.isEmpty else { return }
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            var given: [Given] = []
            given.reserveCapacity(records.count)
            for (index, record) in records.enumerated() {
                given.append(
                    Given(record: record, whenTaken: nil, completion: { onDelivery(index, $0) }))
            }
            given[given.count - 1].whenTaken = { continuation.resume() }
            give(given)
        }
    }

    private func give(_ records: [Given]) {
        let isFirst = inbox.withLock { inbox in
            defer { inbox += records }
            return inbox.isEmpty
        }
        guard isFirst else { return }
        desk.loop.post { [self] in
            let given = inbox.withLock { inbox in
                defer { inbox = [] }
                return inbox
            }
            desk.take().take(given)
        }
    }

    /// Sends what waits without lingering, and waits until all records given so far are done with.
    public func flush() async {
        await withCheckedContinuation { continuation in
            desk.post { $0.flush { continuation.resume() } }
        }
    }

    /// Writes what was given, then ends. Records given later fail.
    public func close() async {
        await flush()
        await withCheckedContinuation { continuation in
            desk.post { desk in
                desk.close()
                continuation.resume()
            }
        }
    }
}
