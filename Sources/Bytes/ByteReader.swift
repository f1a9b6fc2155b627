/// Why bytes could not be understood. Every decoder answers hostile input with one of these, never a trap.
public enum DecodeError: Error, Hashable, Sendable {
    /// The input ended early.
    case truncated(needed: Int, available: Int)
    /// A length or count that no valid input has.
    case invalidLength(Int)
    /// A varint longer than its type allows.
    case invalidVarint
    /// A string that is not UTF-8.
    case invalidUTF8
    /// A null where the schema has none, named by the field.
    case unexpectedNull(String)
    /// A value outside its field's range, named by the field.
    case invalidValue(String)
    /// More array elements than `ByteReader.elementBudget` in one input.
    case tooManyElements
    /// A version this build does not speak.
    case unsupportedVersion(Int)
    /// Bytes left over after a complete value.
    case trailingBytes(Int)
}

/// A cursor over bytes that checks every step. Integers are big-endian.
///
/// It holds its block alive, so slices taken from it stay valid after it is gone.
@safe
public struct ByteReader {
    @usableFromInline let storage: ByteStorage
    @usableFromInline let base: UnsafeRawPointer
    @usableFromInline let end: Int
    @usableFromInline var cursor: Int = 0

    /// Array elements this input may still hold. Elements are far larger in memory than on the wire (an
    /// empty struct is one byte there), so the input's size alone does not bound memory.
    public var elementBudget: Int

    /// The default of `elementBudget`: more than any honest request holds.
    public static let elementBudgetDefault = 2_000_000

    @inlinable
    public init(_ bytes: SharedBytes, elementBudget: Int = ByteReader.elementBudgetDefault) {
        storage = bytes.storage
        unsafe base = UnsafeRawPointer(bytes.storage.base + bytes.start)
        end = bytes.count
        self.elementBudget = elementBudget
    }

    /// Bytes consumed so far.
    @inlinable public var position: Int { cursor }

    /// Bytes not yet consumed.
    @inlinable public var remaining: Int { end - cursor }

    @inlinable
    mutating func advance(_ count: Int) throws(DecodeError) -> Int {
        guard count >= 0 else { throw .invalidLength(count) }
        guard count <= end - cursor else {
            throw .truncated(needed: count, available: end - cursor)
        }
        defer { cursor += count }
        return cursor
    }

    /// A fixed-width big-endian integer.
    @inlinable
    public mutating func integer<T: FixedWidthInteger>(
        _ type: T.Type = T.self
    ) throws(DecodeError) -> T {
        let at = try advance(MemoryLayout<T>.size)
        return unsafe T(bigEndian: base.loadUnaligned(fromByteOffset: at, as: T.self))
    }

    @inlinable public mutating func int8() throws(DecodeError) -> Int8 { try integer() }
    @inlinable public mutating func int16() throws(DecodeError) -> Int16 { try integer() }
    @inlinable public mutating func uint16() throws(DecodeError) -> UInt16 { try integer() }
    @inlinable public mutating func int32() throws(DecodeError) -> Int32 { try integer() }
    @inlinable public mutating func uint32() throws(DecodeError) -> UInt32 { try integer() }
    @inlinable public mutating func int64() throws(DecodeError) -> Int64 { try integer() }
    @inlinable public mutating func uint64() throws(DecodeError) -> UInt64 { try integer() }

    /// One byte; anything but 0 is true.
    @inlinable public mutating func bool() throws(DecodeError) -> Bool {
        try integer(UInt8.self) != 0
    }

    /// IEEE-754, 8 bytes.
    @inlinable
    public mutating func float64() throws(DecodeError) -> Double {
        Double(bitPattern: try integer(UInt64.self))
    }

    /// Up to five groups of seven bits, low group first.
    @inlinable
    public mutating func unsignedVarint() throws(DecodeError) -> UInt32 {
        var value: UInt32 = 0
        var shift: UInt32 = 0
        while true {
            let byte = try integer(UInt8.self)
            if shift == 28, byte > 0x0f { throw .invalidVarint }
            value |= UInt32(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
            if shift > 28 { throw .invalidVarint }
        }
    }

    /// Up to ten groups of seven bits, low group first.
    @inlinable
    public mutating func unsignedVarlong() throws(DecodeError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try integer(UInt8.self)
            if shift == 63, byte > 0x01 { throw .invalidVarint }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
            if shift > 63 { throw .invalidVarint }
        }
    }

    /// A zigzag varint, as records use.
    @inlinable
    public mutating func varint() throws(DecodeError) -> Int32 {
        let raw = try unsignedVarint()
        return Int32(bitPattern: raw >> 1) ^ -Int32(bitPattern: raw & 1)
    }

    /// A zigzag varlong, as records use.
    @inlinable
    public mutating func varlong() throws(DecodeError) -> Int64 {
        let raw = try unsignedVarlong()
        return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
    }

    /// The next `count` bytes as a slice of the same block: no copy.
    @inlinable
    public mutating func bytes(_ count: Int) throws(DecodeError) -> SharedBytes {
        let at = try advance(count)
        let offset = unsafe UnsafeRawPointer(storage.base).distance(to: base)
        return SharedBytes(storage: storage, start: offset + at, count: count)
    }

    /// Passes over `count` bytes.
    @inlinable
    public mutating func skip(_ count: Int) throws(DecodeError) { _ = try advance(count) }

    /// The next `count` bytes as text. Throws if they are not UTF-8.
    @inlinable
    public mutating func string(_ count: Int) throws(DecodeError) -> String {
        let at = try advance(count)
        let text = unsafe UnsafeRawBufferPointer(start: base + at, count: count)
        guard let string = unsafe String(validating: text, as: UTF8.self) else {
            throw .invalidUTF8
        }
        return string
    }

    /// Checks a count of array elements before anything is reserved for them: each takes at least
    /// `minimumSize` bytes (1 or more) of what is left, and all arrays of an input share `elementBudget`.
    @inlinable
    public mutating func reserve(elements count: Int, minimumSize: Int = 1) throws(DecodeError) {
        guard count >= 0 else { throw .invalidLength(count) }
        guard count <= remaining / max(minimumSize, 1) else {
            throw .truncated(needed: count, available: remaining)
        }
        guard count <= elementBudget else { throw .tooManyElements }
        elementBudget -= count
    }

    /// Throws unless everything was consumed.
    @inlinable
    public func finish() throws(DecodeError) {
        if remaining > 0 { throw .trailingBytes(remaining) }
    }
}
