public import Bytes
public import Compression
public import Model

/// One whole batch inside a shared block, with its header read and checked once.
///
/// A view copies nothing. Stamping writes through to the block, so it is for the owner of a
/// request frame before the bytes are handed on (`SharedBytes.overwrite`).
@frozen
public struct RecordBatchView: Sendable {
    /// The batch, header included and nothing after it.
    public let bytes: SharedBytes
    /// Its fields.
    public private(set) var header: RecordBatchHeader {
        @inlinable get { fields }
        set { fields = newValue }
    }
    @usableFromInline var fields: RecordBatchHeader

    /// The batch that begins at `index`. Throws `truncated` if not all of it is there.
    ///
    /// The checksum is not looked at: see `isCRCValid`.
    @inlinable
    public init(_ bytes: SharedBytes, at index: Int = 0) throws(RecordBatchError) {
        fields = try RecordBatchHeader(bytes, at: index)
        let available = bytes.count - index
        guard fields.sizeInBytes <= available else {
            throw .truncated(needed: fields.sizeInBytes, available: available)
        }
        self.bytes = bytes[index..<index + fields.sizeInBytes]
    }

    /// Everything after the header, packed as `compression` says.
    @inlinable public var payload: SharedBytes { bytes.suffix(from: RecordBatchHeader.size) }

    /// The checksum of the bytes as they are. Reads the whole batch.
    @inlinable
    public func computedCRC() -> UInt32 {
        bytes.crc32c(RecordBatchHeader.At.attributes..<bytes.count)
    }

    /// Whether the bytes are those that were checksummed. Reads the whole batch.
    @inlinable public func isCRCValid() -> Bool { computedCRC() == fields.crc }

    /// Throws unless the bytes are those that were checksummed.
    @inlinable
    public func checkCRC() throws(RecordBatchError) {
        let computed = computedCRC()
        guard computed == fields.crc else {
            throw .crcMismatch(stored: fields.crc, computed: computed)
        }
    }
}

extension RecordBatchView {
    @inlinable public var baseOffset: Offset { fields.baseOffset }
    @inlinable public var lastOffset: Offset { fields.lastOffset }
    @inlinable public var nextOffset: Offset { fields.nextOffset }
    @inlinable public var lastOffsetDelta: Int32 { fields.lastOffsetDelta }
    @inlinable public var sizeInBytes: Int { fields.sizeInBytes }
    @inlinable public var partitionLeaderEpoch: LeaderEpoch { fields.partitionLeaderEpoch }
    @inlinable public var magic: Int8 { fields.magic }
    @inlinable public var crc: UInt32 { fields.crc }
    @inlinable public var attributes: RecordBatchAttributes { fields.attributes }
    @inlinable public var compression: CompressionCodec { fields.compression }
    @inlinable public var timestampType: TimestampType { fields.timestampType }
    @inlinable public var isTransactional: Bool { fields.isTransactional }
    @inlinable public var isControl: Bool { fields.isControl }
    @inlinable public var hasDeleteHorizon: Bool { fields.hasDeleteHorizon }
    @inlinable public var deleteHorizon: Timestamp? { fields.deleteHorizon }
    @inlinable public var baseTimestamp: Timestamp { fields.baseTimestamp }
    @inlinable public var maxTimestamp: Timestamp { fields.maxTimestamp }
    @inlinable public var hasProducerID: Bool { fields.hasProducerID }
    @inlinable public var producerID: ProducerID { fields.producerID }
    @inlinable public var producerEpoch: Int16 { fields.producerEpoch }
    @inlinable public var baseSequence: Int32 { fields.baseSequence }
    @inlinable public var lastSequence: Int32 { fields.lastSequence }
    @inlinable public var recordCount: Int32 { fields.recordCount }
}

extension RecordBatchView {
    /// Gives the batch its place in the log. The checksum does not cover it.
    @inlinable
    public mutating func stamp(baseOffset: Offset) {
        precondition(baseOffset >= .zero, "a place in a log")
        precondition(
            baseOffset.rawValue < Int64.max - Int64(fields.lastOffsetDelta), "offsets that exist")
        fields.baseOffset = baseOffset
        bytes.overwrite(baseOffset.rawValue, at: RecordBatchHeader.At.baseOffset)
    }

    /// Marks which leadership appended the batch. The checksum does not cover it.
    @inlinable
    public mutating func stamp(partitionLeaderEpoch: LeaderEpoch) {
        fields.partitionLeaderEpoch = partitionLeaderEpoch
        bytes.overwrite(
            partitionLeaderEpoch.rawValue, at: RecordBatchHeader.At.partitionLeaderEpoch)
    }

    /// Sets clock and largest timestamp, and the checksum, which covers them, if either changed.
    @inlinable
    public mutating func stamp(timestampType: TimestampType, maxTimestamp: Timestamp) {
        guard fields.timestampType != timestampType || fields.maxTimestamp != maxTimestamp else {
            return
        }
        fields.attributes.timestampType = timestampType
        fields.maxTimestamp = maxTimestamp
        bytes.overwrite(fields.attributes.rawValue, at: RecordBatchHeader.At.attributes)
        bytes.overwrite(maxTimestamp.rawValue, at: RecordBatchHeader.At.maxTimestamp)
        fields.crc = computedCRC()
        bytes.overwrite(fields.crc, at: RecordBatchHeader.At.crc)
    }
}
