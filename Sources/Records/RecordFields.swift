internal import Bytes

/// Where the parts of one record lie: everything that can be known without taking memory.
struct RecordFields {
    var attributes: Int8 = 0
    var timestampDelta: Int64 = 0
    var offsetDelta: Int32 = 0
    /// -1 without a key.
    var keyCount = -1
    var keyStart = 0
    /// -1 without a value.
    var valueCount = -1
    var valueStart = 0
    var headerCount = 0
    var headersStart = 0
    /// Bytes with the length field.
    var sizeInBytes = 0

    /// The least a record takes behind its length: attributes, two deltas, two lengths, a count.
    static let bodyMin = 6

    /// Reads one record at the reader's place and leaves the reader behind it.
    ///
    /// Every length is checked, and that they add up to the record's own.
    @inline(__always)
    init(_ reader: inout ByteReader) throws(DecodeError) {
        let start = reader.position
        let length = Int(try reader.varint())
        guard length >= Self.bodyMin else { throw .invalidLength(length) }
        guard length <= reader.remaining else {
            throw .truncated(needed: length, available: reader.remaining)
        }
        let end = reader.position + length
        attributes = try reader.int8()
        timestampDelta = try reader.varlong()
        offsetDelta = try reader.varint()
        keyCount = try Self.skipBytes(&reader, countMin: -1)
        keyStart = reader.position - max(keyCount, 0)
        valueCount = try Self.skipBytes(&reader, countMin: -1)
        valueStart = reader.position - max(valueCount, 0)
        headerCount = Int(try reader.varint())
        headersStart = reader.position
        guard headerCount >= 0 else { throw .invalidLength(headerCount) }
        var left = headerCount
        while left > 0 {
            _ = try Self.skipBytes(&reader, countMin: 0)
            _ = try Self.skipBytes(&reader, countMin: -1)
            left -= 1
        }
        guard reader.position == end else { throw .trailingBytes(end - reader.position) }
        sizeInBytes = end - start
    }

    /// Passes over a length and that many bytes; answers the length.
    @inline(__always)
    static func skipBytes(
        _ reader: inout ByteReader, countMin: Int
    ) throws(DecodeError) -> Int {
        let count = Int(try reader.varint())
        guard count >= countMin else { throw .invalidLength(count) }
        try reader.skip(max(count, 0))
        return count
    }
}

extension RecordFault {
    /// What a reader's complaint means for a record.
    init(_ error: DecodeError) {
        switch error {
        case .truncated: self = .truncated
        case .invalidVarint: self = .invalidVarint
        case .trailingBytes: self = .lengthMismatch
        case .invalidLength, .invalidUTF8, .unexpectedNull, .invalidValue, .tooManyElements,
            .unsupportedVersion:
            self = .invalidLength
        }
    }
}
