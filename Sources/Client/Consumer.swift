public import Model
internal import Ports

/// Reads records: of partitions it is told to read, or, as a member of a group, of those it is assigned.
///
///     let consumer = Consumer(configuration, runtime: runtime)
///     await consumer.assign([(TopicPartition("orders", 0), .reset(.earliest))])
///     for try await record in consumer.records { … }
///
///     settings.group = GroupConfiguration(id: "billing")
///     let member = Consumer(configuration, consumer: settings, runtime: runtime)
///     try await member.subscribe(.topics(["orders"]))
///     for try await record in member.records { … }
///
/// Asking for the next records says that those before are done with: that is what is committed by itself, and
/// before it no partition is given to another member. May be used from any task, but only one at a time waits
/// for records.
public final class Consumer: Sendable {
    fileprivate let desk: LoopBound<ConsumerDesk>

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

    /// Commits and leaves the group, if it is a member of one, and ends. A poll that waits fails.
    public func close() async {
        await withCheckedContinuation { continuation in
            desk.post { $0.close { continuation.resume() } }
        }
    }

    /// Waits for the end of a close that was asked for elsewhere.
    package func waitUntilClosed() async {
        await withCheckedContinuation { continuation in
            desk.post { $0.waitUntilEnded { continuation.resume() } }
        }
    }

    fileprivate func onLoop<R: Sendable>(
        _ body: @escaping @Sendable (ConsumerDesk) -> R
    ) async -> R {
        await withCheckedContinuation { continuation in
            desk.post { continuation.resume(returning: body($0)) }
        }
    }
}

// MARK: - Groups

extension Consumer {
    /// How long an operation of the group may take.
    public static let operationLimit = Duration.seconds(60)

    /// Becomes a member of the group with this subscription, or changes it.
    ///
    /// - Throws: `noGroup`, `invalidPattern`, `closed`. What the group itself refuses is thrown by `poll`.
    public func subscribe(_ subscription: Subscription) async throws(ClientError) {
        let failure = await onLoop { desk -> ClientError? in
            do throws(ClientError) {
                try desk.driver.subscribe(subscription)
                return nil
            } catch { return error }
        }
        if let failure { throw failure }
    }

    /// Commits, gives up all partitions and leaves the group. The consumer may subscribe again.
    public func unsubscribe() async {
        await withCheckedContinuation { continuation in
            desk.post { $0.driver.leave { continuation.resume() } }
        }
    }

    /// What this consumer reads, ascending.
    public var assignment: [TopicPartition] { get async { await onLoop { $0.driver.assignment } } }

    /// This member's id and its generation or member epoch; nil without a group.
    public var membership: (memberID: String, epoch: Int32)? {
        get async { await onLoop { $0.driver.membership } }
    }

    /// Commits these offsets, or everything that was handed out.
    ///
    /// - Throws: `refused` if the group has gone on without this member, `timedOut`.
    public func commit(
        _ offsets: [TopicPartition: CommittedOffset]? = nil, within limit: Duration = operationLimit
    ) async throws(ClientError) {
        let failure = await withCheckedContinuation { continuation in
            desk.post { desk in
                desk.driver.commit(offsets, within: limit) { continuation.resume(returning: $0) }
            }
        }
        if let failure { throw failure }
    }

    /// The same without waiting; a failure comes as an event of `rebalances`.
    public func commitLater(_ offsets: [TopicPartition: CommittedOffset]? = nil) {
        desk.post { $0.driver.commit(offsets, within: Self.operationLimit, then: nil) }
    }

    /// What the group has committed in these partitions; those without are absent.
    public func committed(
        _ partitions: [TopicPartition], within limit: Duration = operationLimit
    ) async throws(ClientError) -> [TopicPartition: CommittedOffset] {
        let result = await withCheckedContinuation { continuation in
            desk.post { desk in
                desk.driver.committed(partitions, within: limit) {
                    continuation.resume(returning: $0)
                }
            }
        }
        return try result.get()
    }

    /// What happens to this member's partitions. For one listener at a time; asking for the next event says
    /// that the one before has been dealt with. Partitions to be revoked are given up only then, and assigned
    /// ones read only then, so the listener may commit or seek first.
    public var rebalances: Rebalances { Rebalances(consumer: self) }

    /// Ends when the consumer is closed.
    public struct Rebalances: AsyncSequence, Sendable {
        public typealias Element = RebalanceEvent
        public typealias Failure = Never
        fileprivate let consumer: Consumer

        public func makeAsyncIterator() -> Iterator { Iterator(consumer: consumer) }

        /// Gone, it waits for nobody any more.
        public final class Iterator: AsyncIteratorProtocol, Sendable {
            private let consumer: Consumer

            fileprivate init(consumer: Consumer) { self.consumer = consumer }

            public func next() async -> RebalanceEvent? {
                let desk = consumer.desk
                return await withCheckedContinuation { continuation in
                    desk.post { $0.nextEvent { continuation.resume(returning: $0) } }
                }
            }

            public func next(isolation: isolated (any Actor)?) async -> RebalanceEvent? {
                await next()
            }

            deinit { consumer.desk.post { $0.stopListening() } }
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
