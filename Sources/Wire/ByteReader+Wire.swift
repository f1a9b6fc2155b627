public import Bytes
public import Model

/// The types of the wire that have two forms: lengths of fixed width, and compact ones (KIP-482),
/// where 0 stands for null and a length n is written n + 1.
extension ByteReader {
    /// The longest string, in any version.
    public static let stringBytesMax = 32_767

    /// Sixteen bytes, most significant half first.
    @inlinable
    public mutating func uuid() throws(DecodeError) -> UUID {
        let high = try uint64()
        return UUID(high: high, low: try uint64())
    }

    /// A compact length; nil for null. Values beyond a Java int read as null too, as they do in
    /// Kafka.
    @inlinable
    mutating func compactLength() throws(DecodeError) -> Int? {
        let length = Int(Int32(bitPattern: try unsignedVarint())) - 1
        return length < 0 ? nil : length
    }

    @inlinable
    mutating func stringLength(flexible: Bool) throws(DecodeError) -> Int? {
        if flexible { return try compactLength() }
        let length = Int(try int16())
        return length < 0 ? nil : length
    }

    @inlinable
    mutating func longLength(flexible: Bool) throws(DecodeError) -> Int? {
        if flexible { return try compactLength() }
        let length = Int(try int32())
        return length < 0 ? nil : length
    }

    /// A string, or nil for null. Bytes that are no UTF-8 become U+FFFD, as in Kafka: a node must
    /// not refuse what its neighbours take.
    public mutating func nullableString(flexible: Bool) throws(DecodeError) -> String? {
        guard let length = try stringLength(flexible: flexible) else { return nil }
        guard length <= Self.stringBytesMax else { throw .invalidLength(length) }
        var retry = self
        do {
            return try string(length)
        } catch .invalidUTF8 {
            return String(decoding: try retry.bytes(length).array, as: UTF8.self)
        }
    }

    /// A string that may not be null.
    public mutating func string(
        _ field: String, flexible: Bool
    ) throws(DecodeError) -> String {
        guard let value = try nullableString(flexible: flexible) else {
            throw .unexpectedNull(field)
        }
        return value
    }

    /// Bytes or records, as a slice of the input; nil for null.
    public mutating func nullableBytes(flexible: Bool) throws(DecodeError) -> SharedBytes? {
        guard let length = try longLength(flexible: flexible) else { return nil }
        return try bytes(length)
    }

    /// Bytes or records that may not be null, as a slice of the input.
    public mutating func bytes(_ field: String, flexible: Bool) throws(DecodeError) -> SharedBytes {
        guard let value = try nullableBytes(flexible: flexible) else {
            throw .unexpectedNull(field)
        }
        return value
    }

    /// The count of an array whose elements take `minimumSize` bytes at least; nil for null.
    public mutating func nullableArrayCount(
        flexible: Bool, minimumSize: Int
    ) throws(DecodeError) -> Int? {
        guard let count = try longLength(flexible: flexible) else { return nil }
        try reserve(elements: count, minimumSize: minimumSize)
        return count
    }

    /// The count of an array that may not be null.
    public mutating func arrayCount(
        _ field: String, flexible: Bool, minimumSize: Int
    ) throws(DecodeError) -> Int {
        let count = try nullableArrayCount(flexible: flexible, minimumSize: minimumSize)
        guard let count else { throw .unexpectedNull(field) }
        return count
    }

    /// The marker before a struct that may be null: negative for null.
    public mutating func isStructPresent() throws(DecodeError) -> Bool { try int8() >= 0 }

    /// The marker of a nullable struct inside a tagged field: 0 for null.
    public mutating func isTaggedStructPresent() throws(DecodeError) -> Bool {
        try unsignedVarint() != 0
    }
}

/// Arrays of plain values.
extension ByteReader {
    /// Elements reserved before they were read: a count that lies costs no more than this.
    public static let reservedElementsMax = 1024

    @inlinable
    public mutating func nullableIntegers<T: FixedWidthInteger>(
        flexible: Bool
    ) throws(DecodeError) -> [T]? {
        let size = MemoryLayout<T>.size
        guard let count = try nullableArrayCount(flexible: flexible, minimumSize: size) else {
            return nil
        }
        var list: [T] = []
        // The bytes are there, or the count would have been refused.
        list.reserveCapacity(count)
        for _ in 0..<count { list.append(try integer()) }
        return list
    }

    @inlinable
    public mutating func integers<T: FixedWidthInteger>(
        _ field: String, flexible: Bool
    ) throws(DecodeError) -> [T] {
        let list: [T]? = try nullableIntegers(flexible: flexible)
        guard let list else { throw .unexpectedNull(field) }
        return list
    }

    public mutating func nullableUuids(flexible: Bool) throws(DecodeError) -> [UUID]? {
        guard let count = try nullableArrayCount(flexible: flexible, minimumSize: 16) else {
            return nil
        }
        var list: [UUID] = []
        list.reserveCapacity(count)
        for _ in 0..<count { list.append(try uuid()) }
        return list
    }

    public mutating func uuids(_ field: String, flexible: Bool) throws(DecodeError) -> [UUID] {
        guard let list = try nullableUuids(flexible: flexible) else { throw .unexpectedNull(field) }
        return list
    }

    public mutating func nullableStrings(flexible: Bool) throws(DecodeError) -> [String]? {
        let size = flexible ? 1 : 2
        guard let count = try nullableArrayCount(flexible: flexible, minimumSize: size) else {
            return nil
        }
        var list: [String] = []
        list.reserveCapacity(min(count, Self.reservedElementsMax))
        for _ in 0..<count { list.append(try string("array element", flexible: flexible)) }
        return list
    }

    public mutating func strings(_ field: String, flexible: Bool) throws(DecodeError) -> [String] {
        guard let list = try nullableStrings(flexible: flexible) else {
            throw .unexpectedNull(field)
        }
        return list
    }
}
