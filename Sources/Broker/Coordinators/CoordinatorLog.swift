internal import Replication
internal import Bytes
internal import Compression
internal import Groups
internal import LogStorage
internal import Model
internal import Ports
internal import Records
internal import Wire

/// The log of a coordinator's partition, for one leadership of it: read from the start, appended to, and watched
/// until what was appended is committed. Lives on the partition's loop.
final class CoordinatorLog {
    /// Bytes read in one turn of the loop while the log is loaded.
    static let stepBytes = 512 << 10

    /// Why the log cannot be loaded.
    enum LoadError: Error {
        case log(LogError)
        case batch(RecordBatchError)
        case record(Offset, DecodeError)
        /// The leadership has ended meanwhile: nobody needs it any more.
        case overtaken
    }

    private unowned let partition: Partition
    let epoch: LeaderEpoch

    init(_ partition: Partition, epoch: LeaderEpoch) {
        self.partition = partition
        self.epoch = epoch
    }

    private var loop: any Loop { partition.shard.loop }

    /// Whether this is still the leadership it was made for.
    var isCurrent: Bool { !partition.isOffline && partition.leader?.leaderEpoch == epoch }

    /// Runs what takes long away from the loop. False if too much waits already.
    func inBackground(_ body: @escaping @Sendable () -> Void) -> Bool {
        let node = partition.shard.node
        return node.coordinatorWork.perform(
            for: partition.key.partition, node.world.fileSystem, in: partition.directory.path,
            body)
    }

    var highWatermark: Offset { partition.highWatermark }

    // MARK: Loading

    /// What was read: how much, and where it ends.
    struct Loaded {
        let bytes: Int
        let end: Offset
    }

    /// Something in the log.
    enum Entry {
        /// A record, and whose transaction it is a part of.
        case record(Record, in: ProducerID?)
        /// A transaction's end.
        case end(ProducerID, isCommit: Bool)
    }

    /// Reads what is in the log now, a step each turn. It may not be committed yet.
    func load(
        each: @escaping (Entry) throws(DecodeError) -> Void,
        done: @escaping (Result<Loaded, LoadError>) -> Void
    ) {
        step(
            from: partition.log.logStartOffset, to: partition.log.logEndOffset, bytes: 0, each,
            done)
    }

    private func step(
        from: Offset, to end: Offset, bytes: Int,
        _ each: @escaping (Entry) throws(DecodeError) -> Void,
        _ done: @escaping (Result<Loaded, LoadError>) -> Void
    ) {
        guard isCurrent else {
            done(.failure(.overtaken))
            return
        }
        do throws(LoadError) {
            let (next, count) = try read(from: from, to: end, each)
            guard let next, next < end else {
                done(.success(Loaded(bytes: bytes + count, end: end)))
                return
            }
            let again = LoopBound((self, each, done), on: loop)
            loop.post {
                let (log, each, done) = again.take()
                log.step(from: next, to: end, bytes: bytes + count, each, done)
            }
        } catch {
            done(.failure(error))
        }
    }

    /// Reads some batches. Nil for the next offset when there is nothing more.
    private func read(
        from: Offset, to end: Offset, _ each: (Entry) throws(DecodeError) -> Void
    ) throws(LoadError) -> (Offset?, Int) {
        let bytes: SharedBytes
        do throws(LogError) {
            bytes = try partition.log.read(
                from: from, upTo: end, maxBytes: Self.stepBytes, minOneBatch: true
            ).load()
        } catch {
            throw .log(error)
        }
        var batches = RecordBatchSequence(bytes)
        var next: Offset?
        while let batch = try Self.next(&batches) {
            next = batch.lastOffset.next
            try read(batch, from: from, each)
        }
        return (next, bytes.count)
    }

    private func read(
        _ batch: RecordBatchView, from: Offset, _ each: (Entry) throws(DecodeError) -> Void
    ) throws(LoadError) {
        let producer = batch.header.isTransactional ? batch.header.producerID : nil
        func tell(_ entry: Entry, at offset: Offset) throws(LoadError) {
            do throws(DecodeError) { try each(entry) } catch { throw .record(offset, error) }
        }
        guard !batch.header.isControl else {
            if let producer, let marker = try Self.marker(in: batch) {
                try tell(.end(producer, isCommit: marker.isCommit), at: batch.header.baseOffset)
            }
            return
        }
        var cursor: RecordCursor
        do { cursor = try batch.records() } catch { throw .batch(error) }
        while let record = try Self.next(&cursor) {
            guard record.offset >= from else { continue }
            try tell(.record(record, in: producer), at: record.offset)
        }
    }

    private static func marker(
        in batch: RecordBatchView
    ) throws(LoadError) -> EndTransactionMarker? {
        do throws(RecordBatchError) { return try batch.endTransactionMarker() } catch {
            throw .batch(error)
        }
    }

    private static func next(
        _ batches: inout RecordBatchSequence
    ) throws(LoadError) -> RecordBatchView? {
        do throws(RecordBatchError) { return try batches.next() } catch { throw .batch(error) }
    }

    private static func next(_ cursor: inout RecordCursor) throws(LoadError) -> Record? {
        do throws(RecordBatchError) { return try cursor.next() } catch { throw .batch(error) }
    }

    // MARK: Appending

    /// Appends one batch, as a part of the transaction of `producer` if there is one; answers the offset that must be
    /// committed before anybody is told of it.
    func append(
        _ records: [(key: SharedBytes, value: SharedBytes?)], by producer: OffsetProducer?
    ) -> Result<Offset, CoordinatorError> {
        precondition(!records.isEmpty, "a write has records")
        guard isCurrent else { return .failure(CoordinatorError(.notCoordinator)) }
        var options = RecordBatchBuilder.Options()
        if let producer {
            options.isTransactional = true
            options.producerID = producer.id
            options.producerEpoch = producer.epoch
            // As Kafka writes it; nobody looks at a coordinator's numbers.
            options.baseSequence = 0
        }
        var builder = RecordBatchBuilder(options)
        for record in records {
            builder.append(timestamp: loop.wallTime, key: record.key, value: record.value)
        }
        let batch: SharedBytes
        do throws(CompressionError) {
            batch = try builder.finish()
        } catch {
            preconditionFailure("nothing was packed")
        }
        let part = ProducePart(
            index: 0, key: partition.key, records: batch, isCoordinators: true)
        switch partition.append(part, acknowledgement: .all, version: 13) {
        case .appended(_, let required): return .success(required)
        case .refused(let outcome): return .failure(CoordinatorError(ofAppend: outcome.error))
        }
    }
}

/// What a client of a coordinator is told of a write that did not happen.
struct CoordinatorError: Error, Equatable {
    let code: ErrorCode

    init(_ code: ErrorCode) { self.code = code }

    /// The log's error in the words of a coordinator.
    init(ofAppend error: ErrorCode) {
        switch error {
        case .notEnoughReplicas, .notEnoughReplicasAfterAppend, .requestTimedOut,
            .unknownTopicOrPartition:
            code = .coordinatorNotAvailable
        case .notLeaderOrFollower, .kafkaStorageError: code = .notCoordinator
        case .messageTooLarge, .recordListTooLarge: code = .unknownServerError
        default: code = error
        }
    }
}
