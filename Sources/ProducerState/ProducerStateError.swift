package import Model

/// Why a producer's batch, or a transaction's marker, is refused.
package enum ProducerStateError: Error, Hashable, Sendable {
    /// The first sequence number does not follow the last one; -1 stands for "none yet in this
    /// epoch".
    case outOfOrderSequence(last: Int32, received: Int32)
    /// The producer was fenced by a newer epoch of itself.
    case fencedEpoch(current: Int16, received: Int16)
    /// A batch outside a transaction while the producer has one open.
    case transactionOpen(since: Offset)
    /// The marker comes from an older leadership of the transaction log than the last one.
    case fencedCoordinator(current: Int32, received: Int32)

    /// What the peer is told.
    package var errorCode: ErrorCode {
        switch self {
        case .outOfOrderSequence: .outOfOrderSequenceNumber
        case .fencedEpoch: .invalidProducerEpoch
        case .transactionOpen: .invalidTxnState
        case .fencedCoordinator: .transactionCoordinatorFenced
        }
    }
}
