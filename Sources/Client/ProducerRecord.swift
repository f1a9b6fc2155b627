public import Bytes
public import Model
public import Records

/// A record to be written.
public struct ProducerRecord: Hashable, Sendable {
    public var topic: String
    /// Nil: by the key, or where the producer likes.
    public var partition: Int32?
    public var key: SharedBytes?
    public var value: SharedBytes?
    public var headers: [RecordHeader]
    /// Nil: the time at which it is given to the producer.
    public var timestamp: Timestamp?

    public init(
        topic: String, partition: Int32? = nil, key: SharedBytes? = nil, value: SharedBytes?,
        headers: [RecordHeader] = [], timestamp: Timestamp? = nil
    ) {
        self.topic = topic
        self.partition = partition
        self.key = key
        self.value = value
        self.headers = headers
        self.timestamp = timestamp
    }
}

/// Where a record was written.
public struct RecordMetadata: Hashable, Sendable {
    public let partition: TopicPartition
    /// `.none` if the broker was not asked to answer (acks 0), or did not tell.
    public let offset: Offset
    /// The broker's time if the topic uses it, else `.none`.
    public let appendTime: Timestamp

    public init(partition: TopicPartition, offset: Offset, appendTime: Timestamp) {
        self.partition = partition
        self.offset = offset
        self.appendTime = appendTime
    }
}
