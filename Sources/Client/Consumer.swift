public import Model
internal import Ports

/// Reads records of partitions it is told to read.
///
///     let consumer = Consumer(configuration, runtime: runtime)
///     await consumer.assign([(TopicPartition("orders", 0), .reset(.earliest))])
///     for try await record in consumer.records { … }
///
/// May be used from any task, but only one at a time waits for records.
public final class Consumer: Sendable {
    private let desk: LoopBound<ConsumerDesk>

    public init(
        _ configuration: ClientConfiguration,
        consumer: ConsumerConfiguration = ConsumerConfiguration(), runtime: ClientRuntime
    ) {
        desk = LoopBound(
            ConsumerDesk(configuration, consumer, runtime: runtime), on: runtime.loop)
    }

    /// Reads these partitions and no others.
    public func assign(_ assignment: [(partition: TopicPartition, start: StartPosition)]) async {
        await onLoop { $0.driver.assign(assignment) }
    }

    /// Goes on elsewhere. False if the partition is not assigned.
    @discardableResult
    public func seek(_ partition: TopicPartition, to start: StartPosition) async -> Bool {
        await onLoop { $0.driver.seek(partition, to: start) }
    }

    /// Stops fetching of a partition; what was fetched is still handed out. False if it is not assigned.
    @discardableResult
    public func pause(_ partition: TopicPartition) async -> Bool {
        await onLoop { $0.driver.setPaused(partition, true) }
    }

    /// Fetches a paused partition again. False if it is not assigned.
    @discardableResult
    public func resume(_ partition: TopicPartition) async -> Bool {
        await onLoop { $0.driver.setPaused(partition, false) }
    }

    /// The offset of the next record that will be handed out, nil while it is not known.
    public func position(of partition: TopicPartition) async -> Offset? {
        await onLoop { $0.driver.position(of: partition) }
    }

    /// The next records of any partition, in the order of their partition; none if `timeout` passes
    /// without.
    public func poll(timeout: Duration) async throws(ClientError) -> [ConsumerRecord] {
        var records: [ConsumerRecord] = []
        for chunk in try await pollChunks(timeout: timeout) {
            try chunk.forEachRecord { records.append($0) }
        }
        return records
    }

    /// The same without taking batches apart.
    package func pollChunks(
        atMost limit: Int = 1 << 20, timeout: Duration
    ) async throws(ClientError) -> [FetchedChunk] {
        let result = await withCheckedContinuation { continuation in
            desk.post { desk in
                desk.poll(atMost: limit, timeout: timeout) { continuation.resume(returning: $0) }
            }
        }
        return try result.get()
    }

    /// Ends. A poll that waits fails.
    public func close() async { await onLoop { $0.close() } }

    private func onLoop<R: Sendable>(
        _ body: @escaping @Sendable (ConsumerDesk) -> R
    ) async -> R {
        await withCheckedContinuation { continuation in
            desk.post { continuation.resume(returning: body($0)) }
        }
    }
}

extension Consumer {
    /// The records as they come, without end.
    public var records: Records { Records(consumer: self) }

    /// An endless sequence of records; it ends by a failure, `closed` being one.
    public struct Records: AsyncSequence, Sendable {
        public typealias Element = ConsumerRecord
        public typealias Failure = ClientError
        fileprivate let consumer: Consumer

        public func makeAsyncIterator() -> Iterator { Iterator(consumer: consumer) }

        public struct Iterator: AsyncIteratorProtocol {
            fileprivate let consumer: Consumer
            private var ready: [ConsumerRecord] = []
            private var index = 0
            /// How long one poll waits; there is always another.
            private static let pollLength = Duration.seconds(60)

            fileprivate init(consumer: Consumer) { self.consumer = consumer }

            public mutating func next() async throws(ClientError) -> ConsumerRecord? {
                try await next(isolation: nil)
            }

            public mutating func next(
                isolation: isolated (any Actor)?
            ) async throws(ClientError) -> ConsumerRecord? {
                while index == ready.count {
                    ready = try await consumer.poll(timeout: Self.pollLength)
                    index = 0
                }
                defer { index += 1 }
                return ready[index]
            }
        }
    }
}
