public import Bytes
public import Compression
public import Model

/// The 61 bytes before the records of a batch, format v2 (KIP-98), as plain values.
///
/// A header that exists has passed the checks that make its derived values safe: the batch is at
/// least as large as its header, the magic is 2, the codec is known, counts are not negative and
/// no offset of the batch overflows. Nothing says that its checksum is right; only a whole batch
/// can tell.
@frozen
public struct RecordBatchHeader: Hashable, Sendable {
    /// Bytes before the records.
    public static let size = 61
    /// Bytes before the part that the batch length counts.
    public static let lengthPrefix = 12
    /// Bytes needed to know how large the batch is and whether it is one.
    public static let probeSize = 17

    /// Where the fields are, in bytes from the start of the batch.
    public enum At {
        public static let baseOffset = 0
        public static let batchLength = 8
        public static let partitionLeaderEpoch = 12
        public static let magic = 16
        public static let crc = 17
        public static let attributes = 21
        public static let lastOffsetDelta = 23
        public static let baseTimestamp = 27
        public static let maxTimestamp = 35
        public static let producerID = 43
        public static let producerEpoch = 51
        public static let baseSequence = 53
        public static let recordCount = 57
    }

    /// Offset of the first record the batch was written with.
    public var baseOffset: Offset
    /// Bytes of the whole batch, header included.
    public var sizeInBytes: Int
    /// The leadership that appended it; -1 before a leader stamped it.
    public var partitionLeaderEpoch: LeaderEpoch
    /// CRC-32C of everything from the attributes on.
    public var crc: UInt32
    /// Codec, clock and flags.
    public var attributes: RecordBatchAttributes
    /// Distance from the first offset to the last, kept through compaction.
    public var lastOffsetDelta: Int32
    /// What the records' timestamp deltas count from; see also `deleteHorizon`.
    public var baseTimestamp: Timestamp
    /// The largest timestamp of the batch.
    public var maxTimestamp: Timestamp
    /// Who wrote it, or -1.
    public var producerID: ProducerID
    /// Epoch of the producer, or -1.
    public var producerEpoch: Int16
    /// Sequence number of the first record, or -1.
    public var baseSequence: Int32
    /// Records in the batch; compaction may leave none.
    public var recordCount: Int32

    /// Reads the header of the batch that begins at `index`. The records need not be there.
    @inlinable
    public init(_ bytes: SharedBytes, at index: Int = 0) throws(RecordBatchError) {
        precondition(index >= 0 && index <= bytes.count, "a place inside the bytes")
        let available = bytes.count - index
        guard available >= Self.probeSize else {
            throw .truncated(needed: Self.size, available: available)
        }
        let length: Int32 = bytes.integer(at: index + At.batchLength)
        sizeInBytes = Int(length) + Self.lengthPrefix
        guard sizeInBytes >= Self.size else { throw .tooSmall(size: sizeInBytes) }
        let magic: Int8 = bytes.integer(at: index + At.magic)
        guard magic == 2 else { throw .unsupportedMagic(magic) }
        guard available >= Self.size else {
            throw .truncated(needed: Self.size, available: available)
        }
        baseOffset = Offset(bytes.integer(at: index + At.baseOffset))
        partitionLeaderEpoch = LeaderEpoch(bytes.integer(at: index + At.partitionLeaderEpoch))
        crc = bytes.integer(at: index + At.crc)
        attributes = RecordBatchAttributes(rawValue: bytes.integer(at: index + At.attributes))
        lastOffsetDelta = bytes.integer(at: index + At.lastOffsetDelta)
        baseTimestamp = Timestamp(bytes.integer(at: index + At.baseTimestamp))
        maxTimestamp = Timestamp(bytes.integer(at: index + At.maxTimestamp))
        producerID = ProducerID(bytes.integer(at: index + At.producerID))
        producerEpoch = bytes.integer(at: index + At.producerEpoch)
        baseSequence = bytes.integer(at: index + At.baseSequence)
        recordCount = bytes.integer(at: index + At.recordCount)
        try check()
    }

    @inlinable
    func check() throws(RecordBatchError) {
        guard attributes.assignedCodec != nil else {
            throw .unknownCodec(UInt8(truncatingIfNeeded: attributes.rawValue & 7))
        }
        guard recordCount >= 0 else { throw .invalidRecordCount(recordCount) }
        // One offset is kept free above the last, for `nextOffset`.
        guard
            lastOffsetDelta >= 0, baseOffset >= .zero,
            baseOffset.rawValue < Int64.max - Int64(lastOffsetDelta)
        else { throw .invalidOffsets(base: baseOffset.rawValue, lastDelta: lastOffsetDelta) }
    }
}

extension RecordBatchHeader {
    /// 2: the only format there is here.
    @inlinable public var magic: Int8 { 2 }
    /// Offset of the last record the batch was written with.
    @inlinable public var lastOffset: Offset { baseOffset + Int64(lastOffsetDelta) }
    /// The offset after the batch.
    @inlinable public var nextOffset: Offset { lastOffset.next }
    /// How the records are packed.
    @inlinable
    public var compression: CompressionCodec {
        guard let codec = attributes.assignedCodec else {
            preconditionFailure("a header with an unknown codec does not come to be")
        }
        return codec
    }
    @inlinable public var timestampType: TimestampType { attributes.timestampType }
    @inlinable public var isTransactional: Bool { attributes.isTransactional }
    @inlinable public var isControl: Bool { attributes.isControl }
    @inlinable public var hasDeleteHorizon: Bool { attributes.hasDeleteHorizon }
    /// After this time compaction may drop the batch's tombstones or markers (KIP-534).
    @inlinable
    public var deleteHorizon: Timestamp? { hasDeleteHorizon ? baseTimestamp : nil }
    /// Whether it is as its producer wrote it, as far as can be told: compaction leaves fewer records than offsets, or
    /// notes in the batch until when its tombstones stay.
    @inlinable
    public var hasAllRecords: Bool { recordCount == lastOffsetDelta &+ 1 && !hasDeleteHorizon }
    /// Whether an idempotent or transactional producer wrote it.
    @inlinable public var hasProducerID: Bool { producerID > .none }
    /// Sequence number of the last record, or -1.
    @inlinable
    public var lastSequence: Int32 {
        guard baseSequence >= 0 else { return -1 }
        return Self.sequence(baseSequence, advancedBy: lastOffsetDelta)
    }

    /// Sequence numbers run from 0 to 2147483647 and then from 0 again. Neither argument is
    /// negative.
    @inlinable
    public static func sequence(_ sequence: Int32, advancedBy count: Int32) -> Int32 {
        Int32(truncatingIfNeeded: (Int64(sequence) + Int64(count)) & Int64(Int32.max))
    }
}
