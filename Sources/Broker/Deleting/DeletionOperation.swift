internal import Model
internal import Ports

/// What became of one partition's part of a DeleteRecords request.
struct DeletionOutcome: Sendable, Equatable {
    var error: ErrorCode = .none
    /// The lowest start of the log among the replicas that are up.
    var lowWatermark: Offset = .none
}

/// One partition's part, on its way to the partition's loop.
struct DeletionPart: Sendable {
    /// Position in the operation's list of outcomes.
    let index: Int
    let key: PartitionKey
    /// Everything below goes; -1 for everything that is committed.
    let offset: Offset
}

/// A DeleteRecords request under way: its partitions live on several loops, it lives on the connection's.
typealias DeletionOperation = Gather<DeletionOutcome>

/// A deletion that is done here, and that followers have still to hear of. Lives on the partition's loop.
final class DeletionWaiter {
    /// Done when no replica that is up begins below it.
    let offset: Offset
    let deadline: Instant
    private let index: Int
    private let operation: LoopBound<DeletionOperation>
    private(set) var isDone = false

    init(
        _ part: DeletionPart, upTo offset: Offset, until deadline: Instant,
        _ operation: LoopBound<DeletionOperation>
    ) {
        self.offset = offset
        self.deadline = deadline
        index = part.index
        self.operation = operation
    }

    /// Reports the outcome. A second call is ignored: a deadline and a fetch may meet in one turn.
    func finish(_ outcome: DeletionOutcome) {
        guard !isDone else { return }
        isDone = true
        let index = index
        operation.run { $0.take(index, outcome) }
    }
}
