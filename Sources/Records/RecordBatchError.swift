public import Compression

/// What is wrong with bytes that should be a record batch.
public enum RecordBatchError: Error, Hashable, Sendable {
    /// Fewer bytes than the batch claims: a cut-off tail, or a header that is not all there.
    case truncated(needed: Int, available: Int)
    /// A batch length that does not even cover the header.
    case tooSmall(size: Int)
    /// A magic other than 2. Formats 0 and 1 are neither written nor read.
    case unsupportedMagic(Int8)
    /// A codec number that nobody has assigned.
    case unknownCodec(UInt8)
    /// The checksum in the header is not that of the bytes.
    case crcMismatch(stored: UInt32, computed: UInt32)
    /// A negative base offset or delta, or one that runs past the last offset there is.
    case invalidOffsets(base: Int64, lastDelta: Int32)
    /// A negative record count, or one that the records do not bear out.
    case invalidRecordCount(Int32)
    /// A record that does not follow the format; `index` counts from 0.
    case malformedRecord(index: Int, RecordFault)
    /// Bytes left over after the last record.
    case trailingBytes(Int)
    /// The records could not be unpacked.
    case compression(CompressionError)
    /// A record of a control batch without the key or the value that its kind has.
    case malformedControlRecord(index: Int)
}

/// What is wrong with one record.
public enum RecordFault: Hashable, Sendable {
    /// It ends before its fields do.
    case truncated
    /// Its length field is not the length of its fields.
    case lengthMismatch
    /// A length or count below the least allowed, or a header whose key is null.
    case invalidLength
    /// A varint longer than its type allows.
    case invalidVarint
    /// An attribute bit is set; none is assigned.
    case unknownAttributes
    /// Its offset does not lie inside its batch or does not follow the one before.
    case offsetOutOfOrder
    /// Its timestamp is outside what 64 bits hold.
    case timestampOverflow
}
