import Bytes
import LogStorage
import Model
import Ports
import ProducerState
import Records
import TestSupport

/// A batch of `values.count` records, as a producer or a leader would send it.
func makeBatch(
    _ values: [Int], size: Int = 10, at base: Offset = .zero, epoch: LeaderEpoch = .none,
    time: Int64 = 1000, transactional: Bool = false, producer: ProducerID = .none,
    producerEpoch: Int16 = -1, sequence: Int32 = -1
) -> RecordBatchView {
    var options = RecordBatchBuilder.Options()
    options.baseOffset = base
    options.partitionLeaderEpoch = epoch
    options.isTransactional = transactional
    options.producerID = producer
    options.producerEpoch = producerEpoch
    options.baseSequence = sequence
    var builder = RecordBatchBuilder(options)
    for (index, value) in values.enumerated() {
        let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: value), count: size)
        builder.append(
            timestamp: Timestamp(time + Int64(index)), key: nil, value: SharedBytes(bytes))
    }
    return try! RecordBatchView(try! builder.finish())
}

/// A log in memory with what its owner would keep beside it: the checkpoints.
struct TestLog {
    static let directory = "/data/orders-0"
    static let partition = TopicPartition("orders", 0)
    static let topicID = TopicID(UUID(high: 7, low: 9))

    let system: MemoryFileSystem
    var log: PartitionLog
    var configuration: LogConfiguration
    /// The checkpoint files.
    var saved = LogHistory()

    init(seed: UInt64 = 1, _ configuration: LogConfiguration = LogConfiguration()) throws {
        system = MemoryFileSystem(seed: seed)
        try system.createDirectory("/data", withParents: true)
        try system.syncDirectory("/")
        self.configuration = configuration
        log = try Self.open(system, configuration, LogHistory())
    }

    static func open(
        _ system: MemoryFileSystem, _ configuration: LogConfiguration, _ history: LogHistory
    ) throws -> PartitionLog {
        try PartitionLog.open(
            partition, topicID: topicID, in: directory, configuration: configuration,
            history: history, on: system, now: Timestamp(1000))
    }

    @discardableResult
    mutating func append(
        _ values: [Int], size: Int = 10, epoch: LeaderEpoch = .zero, time: Int64 = 1000
    ) throws -> AppendResult {
        var batch = makeBatch(values, size: size, time: time)
        return try log.appendNew(&batch, epoch: epoch, now: Timestamp(time))
    }

    /// A record of a transaction.
    func send(_ producer: ProducerID, _ sequence: Int32) throws {
        var batch = makeBatch(
            [1], transactional: true, producer: producer, producerEpoch: 0, sequence: sequence)
        _ = try log.appendNew(&batch, epoch: 0, now: 0)
    }

    /// The marker that ends a transaction.
    func endTransaction(_ producer: ProducerID, commit: Bool) throws {
        let marker = EndTransactionMarker(isCommit: commit, coordinatorEpoch: 1)
        var batch = try RecordBatchView(
            RecordBatchBuilder.endTransaction(
                marker, producerID: producer, producerEpoch: 0, timestamp: 1000))
        _ = try log.append(&batch, epoch: 0, origin: .coordinator, now: 0)
    }

    /// What a broker does once a minute.
    mutating func checkpoint() throws {
        if let ticket = try log.prepareCheckpoint() {
            try ticket.sync(on: system)
            log.flushCompleted(ticket)
        }
        save()
    }

    mutating func save() {
        saved.recoveryPoint = log.recoveryPoint
        saved.logStartOffset = log.logStartOffset
    }

    mutating func stopAndStart() throws {
        try log.close()
        save()
        var history = saved
        history.wasCleanShutdown = true
        log = try Self.open(system, configuration, history)
    }

    /// Power loss, or with `keepEverything` a killed process.
    mutating func crashAndStart(keepEverything: Bool = false) throws {
        system.crash(keepEverything: keepEverything)
        log = try Self.open(system, configuration, saved)
    }

    /// Everything from the start of the log on, read as a client with small answers would.
    func readAll(from start: Offset? = nil, maxBytes: Int = 300) throws -> [RecordBatchHeader] {
        var offset = start ?? log.logStartOffset
        var found: [RecordBatchHeader] = []
        while offset < log.logEndOffset {
            let slice = try log.read(
                from: offset, upTo: log.logEndOffset, maxBytes: maxBytes, minOneBatch: true)
            if slice.isEmpty { break }
            let before = offset
            var batches = RecordBatchSequence(try slice.load())
            while let batch = try batches.next() {
                try batch.checkCRC()
                found.append(batch.header)
                offset = batch.nextOffset
            }
            // Only in a file that somebody has twisted.
            if offset <= before { throw LogError.closed }
        }
        return found
    }
}

extension PartitionLog {
    /// Appends a batch that cannot be a duplicate.
    func appendNew(
        _ batch: inout RecordBatchView, epoch: LeaderEpoch, now: Timestamp
    ) throws -> AppendResult {
        guard case .appended(let result) = try append(&batch, epoch: epoch, now: now) else {
            throw LogError.closed
        }
        return result
    }
}
