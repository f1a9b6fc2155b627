package import Bytes
package import Model

/// What the core wants done, in this order.
package enum ClientEffect: Sendable {
    // To the world.
    case connect(ConnectionID, ServerAddress)
    case send(ConnectionID, SharedBytes)
    case close(ConnectionID)
    // To whoever uses the client.
    case answered(CallID, version: Int16, body: SharedBytes, from: BrokerID)
    case failed(CallID, ClientError)
    case delivered(Delivery)
    /// The producer's buffer has room again, after it had none.
    case bufferHasRoom
    /// Everything given to the producer before a flush has been delivered or has failed.
    case flushed
    /// The consumer has records, or a failure, for whoever polls.
    case recordsReady
    /// The partitions of the consumer's group moved.
    case rebalanced(RebalanceEvent)
    /// What became of the commit with this number.
    case committed(UInt64, ClientError?)
    /// The answer to the question with this number; partitions without a committed offset are absent.
    case committedOffsets(UInt64, Result<[TopicPartition: CommittedOffset], ClientError>)
    /// The consumer has left its group.
    case left
}
