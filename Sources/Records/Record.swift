public import Bytes
public import Model

/// One record of a batch. Key, value and headers are slices of the batch's unpacked bytes.
///
/// Headers stay as they lie in the batch until somebody asks: a header of two bytes would be some
/// sixty in memory, and a broker has no use for it.
public struct Record: Hashable, Sendable {
    /// Its place in the log.
    public let offset: Offset
    /// Its own time, or the batch's append time.
    public let timestamp: Timestamp
    /// What compaction goes by, if there is one.
    public let key: SharedBytes?
    /// The contents; null is a tombstone on a compacted topic.
    public let value: SharedBytes?
    /// How many headers there are.
    public let headerCount: Int
    /// The headers as they lie in the batch, behind their count.
    public let headerBytes: SharedBytes
    /// Bytes of the record as it lies in the batch before packing, its length field included; 0 for
    /// a record that was not read from one.
    public let sizeInBytes: Int

    /// A record to be written.
    public init(
        offset: Offset, timestamp: Timestamp, key: SharedBytes?, value: SharedBytes?,
        headers: [RecordHeader] = []
    ) {
        self.init(
            offset: offset, timestamp: timestamp, key: key, value: value,
            headerCount: headers.count, headerBytes: RecordHeader.encoded(headers), sizeInBytes: 0)
    }

    /// A record that was read; `headerBytes` are `headerCount` well-formed headers.
    init(
        offset: Offset, timestamp: Timestamp, key: SharedBytes?, value: SharedBytes?,
        headerCount: Int, headerBytes: SharedBytes, sizeInBytes: Int
    ) {
        self.offset = offset
        self.timestamp = timestamp
        self.key = key
        self.value = value
        self.headerCount = headerCount
        self.headerBytes = headerBytes
        self.sizeInBytes = sizeInBytes
    }

    /// The headers in the order of the producer. Each call decodes them.
    public var headers: [RecordHeader] {
        guard headerCount > 0 else { return [] }
        var reader = ByteReader(headerBytes)
        var headers: [RecordHeader] = []
        headers.reserveCapacity(headerCount)
        do {
            for _ in 0..<headerCount { headers.append(try RecordHeader(from: &reader)) }
        } catch {
            preconditionFailure("headers were checked when the record was read: \(error)")
        }
        return headers
    }
}
