internal import Bytes
internal import Model
internal import Ports
internal import Records

/// What became of one partition's records in a Produce request.
struct ProduceOutcome: Sendable {
    struct RecordError: Sendable, Equatable {
        let batchIndex: Int32
        let message: String?
    }

    var error: ErrorCode = .none
    var baseOffset: Offset = .none
    /// Only with log-append time.
    var logAppendTime: Timestamp = .none
    var logStartOffset: Offset = .none
    var recordErrors: [RecordError] = []
    var message: String?
    /// Told with NOT_LEADER_OR_FOLLOWER (KIP-951).
    var currentLeader: FetchAnswer.Leader?

    static func failure(_ error: ErrorCode, _ message: String? = nil) -> ProduceOutcome {
        var outcome = ProduceOutcome()
        outcome.error = error
        outcome.message = message
        return outcome
    }
}

/// How many replicas must hold a record before it is acknowledged.
enum Acknowledgement: Int16, Sendable {
    case none = 0
    case leader = 1
    case all = -1
}

/// One partition's part of a Produce request, on its way to the partition's loop.
struct ProducePart: Sendable {
    /// Position in the operation's list of outcomes.
    let index: Int
    let key: PartitionKey
    let records: SharedBytes
    /// The log must know the producer, or the batch is not its first: see `FirstBatches`.
    var mustBeKnown = false
    /// A coordinator's batch may be of a transaction.
    var isCoordinators = false
    /// The end of a transaction instead of records.
    var end: TransactionEnd?
}

/// How a producer's transaction ends in a partition, as its coordinator says.
struct TransactionEnd: Sendable, Equatable {
    let producerID: ProducerID
    let producerEpoch: Int16
    let marker: EndTransactionMarker
}

/// The parts of a Produce request that one loop serves.
struct ProduceBatch: Sendable {
    let parts: [ProducePart]
    let acknowledgement: Acknowledgement
    let version: Int16
    let deadline: Instant
    let operation: LoopBound<ProduceOperation>
}

/// A Produce request under way: gathers the outcomes of its partitions, which live on several loops, and
/// answers when the last is there. Lives on the connection's loop.
final class ProduceOperation {
    private var outcomes: [ProduceOutcome?]
    private var missing: Int
    private let finish: ([ProduceOutcome]) -> Void

    init(partCount: Int, finish: @escaping ([ProduceOutcome]) -> Void) {
        outcomes = Array(repeating: nil, count: partCount)
        missing = partCount
        self.finish = finish
        if partCount == 0 { finish([]) }
    }

    func finished(_ index: Int, _ outcome: ProduceOutcome) {
        precondition(outcomes[index] == nil, "a part has one outcome")
        outcomes[index] = outcome
        missing -= 1
        if missing == 0 { finish(outcomes.compactMap { $0 }) }
    }

    func finished(_ some: [(Int, ProduceOutcome)]) {
        for (index, outcome) in some { finished(index, outcome) }
    }
}

/// Records appended with acks=all that are not committed yet. Lives on the partition's loop.
final class ProduceWaiter {
    /// Committed when the high watermark is at or above this.
    let requiredOffset: Offset
    let index: Int
    let operation: LoopBound<ProduceOperation>
    let outcome: ProduceOutcome
    private(set) var isDone = false
    /// Called once, when the outcome is reported.
    var finished: (() -> Void)?

    init(
        requiredOffset: Offset, index: Int, operation: LoopBound<ProduceOperation>,
        outcome: ProduceOutcome
    ) {
        self.requiredOffset = requiredOffset
        self.index = index
        self.operation = operation
        self.outcome = outcome
    }

    /// Reports the outcome, or `failure` instead. A second call is ignored: a deadline and a commit may
    /// meet in one turn.
    func finish(failure: ErrorCode? = nil) {
        guard !isDone else { return }
        isDone = true
        let index = self.index
        let outcome = failure.map { ProduceOutcome.failure($0) } ?? self.outcome
        operation.run { $0.finished(index, outcome) }
        finished?()
        finished = nil
    }
}

extension Shard {
    /// Hands the parts of a request to the loops that own their partitions.
    func produce(
        _ parts: [ProducePart], _ acknowledgement: Acknowledgement, version: Int16,
        deadline: Instant, for operation: ProduceOperation
    ) {
        let bound = LoopBound(operation, on: loop)
        for (owner, parts) in node.byShard(parts, \.key) {
            let batch = ProduceBatch(
                parts: parts, acknowledgement: acknowledgement, version: version,
                deadline: deadline, operation: bound)
            peers[owner].run { $0.produce(batch) }
        }
    }
}
