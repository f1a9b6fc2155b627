/// How a topic's partitions are kept: the topic's own settings, else the broker's.
package struct TopicConfiguration: Hashable, Sendable {
    /// Which codec batches are stored in.
    package enum Compression: String, Sendable {
        /// As the producer sent them.
        case producer
        case uncompressed
        case gzip
        case snappy
        case lz4
        case zstd
    }

    /// Which time a record carries.
    package enum TimestampType: String, Sendable {
        case createTime = "CreateTime"
        case logAppendTime = "LogAppendTime"
    }

    /// Old values of a key go.
    package var isCompacted: Bool
    /// Old segments go. Neither this nor compaction: all is kept for ever (KIP-1161).
    package var isDeleted: Bool
    package var compression: Compression
    package var gzipLevel: Int
    package var lz4Level: Int
    package var zstdLevel: Int
    /// How long a compacted log keeps its tombstones.
    package var deleteRetention: Duration
    /// Between a file's renaming and its removal.
    package var fileDeleteDelay: Duration
    /// acks=all answers only for what is on disk. Martlet's own.
    package var flushBeforeAck: Bool
    /// Records after which a sync is asked for.
    package var flushMessages: Int64
    /// Time after which a sync is asked for; nil for never.
    package var flushInterval: Duration?
    /// Bytes of log between two index entries.
    package var indexIntervalBytes: Int
    /// Largest batch, in bytes.
    package var maxMessageBytes: Int
    package var timestampType: TimestampType
    /// How far ahead of the broker's clock a create time may be.
    package var timestampAfterMax: Duration
    /// How far behind the broker's clock a create time may be.
    package var timestampBeforeMax: Duration
    package var minCleanableRatio: Double
    package var minCompactionLag: Duration
    package var maxCompactionLag: Duration
    /// Replicas that must be in sync for acks=all.
    package var minInSyncReplicas: Int
    package var preallocates: Bool
    /// Leaders whose sending to replicas not in sync is slowed down.
    package var throttledLeaders: ThrottledReplicas
    /// Followers whose fetching is slowed down while they are not in sync.
    package var throttledFollowers: ThrottledReplicas
    /// Bytes kept of a partition; nil for all.
    package var retentionBytes: Int?
    /// Age kept; nil for ever.
    package var retention: Duration?
    package var segmentBytes: Int
    package var indexBytes: Int
    /// Random part of a segment's age, so that not all partitions roll at once.
    package var segmentJitter: Duration
    /// Age at which a segment is closed.
    package var segmentAge: Duration
    /// A replica outside the ISR may lead when no other is left.
    package var allowsUncleanElection: Bool
}
