public import Bytes
public import Model

/// One record of a batch. Key, value and headers are slices of the batch's unpacked bytes.
public struct Record: Hashable, Sendable {
    /// Its place in the log.
    public let offset: Offset
    /// Its own time, or the batch's append time.
    public let timestamp: Timestamp
    /// What compaction goes by, if there is one.
    public let key: SharedBytes?
    /// The contents; null is a tombstone on a compacted topic.
    public let value: SharedBytes?
    /// In the order of the producer.
    public let headers: [RecordHeader]
    /// Bytes of the record as it lies in the batch before packing, its length field included.
    public let sizeInBytes: Int

    public init(
        offset: Offset, timestamp: Timestamp, key: SharedBytes?, value: SharedBytes?,
        headers: [RecordHeader] = [], sizeInBytes: Int = 0
    ) {
        self.offset = offset
        self.timestamp = timestamp
        self.key = key
        self.value = value
        self.headers = headers
        self.sizeInBytes = sizeInBytes
    }
}
