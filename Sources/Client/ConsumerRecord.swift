public import Bytes
public import Model
public import Records

/// A record that was read.
public struct ConsumerRecord: Hashable, Sendable {
    public let partition: TopicPartition
    public let offset: Offset
    public let timestamp: Timestamp
    public let timestampType: TimestampType
    /// The leadership under which it was written, `.none` if unknown.
    public let leaderEpoch: LeaderEpoch
    public let key: SharedBytes?
    public let value: SharedBytes?
    public let headers: [RecordHeader]

    public init(
        partition: TopicPartition, offset: Offset, timestamp: Timestamp,
        timestampType: TimestampType, leaderEpoch: LeaderEpoch, key: SharedBytes?,
        value: SharedBytes?, headers: [RecordHeader]
    ) {
        self.partition = partition
        self.offset = offset
        self.timestamp = timestamp
        self.timestampType = timestampType
        self.leaderEpoch = leaderEpoch
        self.key = key
        self.value = value
        self.headers = headers
    }
}
