public import Bytes
public import Model

/// The counterpart of `ByteReader+Wire.swift`.
extension ByteWriter {
    @inlinable
    public mutating func uuid(_ value: UUID) {
        uint64(value.high)
        uint64(value.low)
    }

    /// A string. Kafka takes none of more than 32,767 bytes, even where the length could say more.
    public mutating func string(
        _ value: String, _ field: String, flexible: Bool
    ) throws(EncodeError) {
        let length = value.utf8.count
        guard length <= ByteReader.stringBytesMax else { throw .stringTooLong(field, length) }
        if flexible { unsignedVarint(UInt32(length + 1)) } else { int16(Int16(length)) }
        utf8(value)
    }

    /// A string or null.
    public mutating func nullableString(
        _ value: String?, _ field: String, flexible: Bool
    ) throws(EncodeError) {
        if let value { return try string(value, field, flexible: flexible) }
        if flexible { unsignedVarint(0) } else { int16(-1) }
    }

    /// A copy of bytes or records, with their length.
    public mutating func bytes(
        _ value: SharedBytes, flexible: Bool
    ) throws(EncodeError) {
        guard value.count < Int32.max else { throw .tooLarge(value.count) }
        arrayCount(value.count, flexible: flexible)
        bytes(value)
    }

    /// A copy of bytes or records with their length, or null.
    public mutating func nullableBytes(
        _ value: SharedBytes?, flexible: Bool
    ) throws(EncodeError) {
        if let value { return try bytes(value, flexible: flexible) }
        nullArray(flexible: flexible)
    }

    /// The count of an array.
    public mutating func arrayCount(_ count: Int, flexible: Bool) {
        precondition(count < Int32.max, "an array that a length can describe")
        if flexible { unsignedVarint(UInt32(count + 1)) } else { int32(Int32(count)) }
    }

    /// Null in the place of an array or of bytes.
    public mutating func nullArray(flexible: Bool) {
        if flexible { unsignedVarint(0) } else { int32(-1) }
    }
}

/// Unwraps a field that this version cannot leave out.
@inlinable
public func required<T>(_ value: T?, _ field: String) throws(EncodeError) -> T {
    guard let value else { throw .unexpectedNull(field) }
    return value
}

/// Arrays of plain values.
extension ByteWriter {
    @inlinable
    public mutating func integers<T: FixedWidthInteger>(_ list: [T], flexible: Bool) {
        arrayCount(list.count, flexible: flexible)
        for value in list { integer(value) }
    }

    public mutating func uuids(_ list: [UUID], flexible: Bool) {
        arrayCount(list.count, flexible: flexible)
        for value in list { uuid(value) }
    }

    public mutating func strings(
        _ list: [String], _ field: String, flexible: Bool
    ) throws(EncodeError) {
        arrayCount(list.count, flexible: flexible)
        for value in list { try string(value, field, flexible: flexible) }
    }
}
