/// A growing run of bytes with one owner, handed on as `SharedBytes` without a copy. Integers are big-endian.
@safe
@frozen
public struct ByteWriter: ~Copyable {
    @usableFromInline var base: UnsafeMutableRawPointer
    @usableFromInline var capacity: Int

    /// Bytes written so far.
    public private(set) var count: Int {
        @inlinable get { written }
        set { written = newValue }
    }
    @usableFromInline var written: Int = 0

    /// An empty writer with room for `capacity` bytes before it must grow.
    @inlinable
    public init(capacity: Int = 256) {
        let room = max(capacity, 16)
        unsafe base = .allocate(byteCount: room, alignment: 16)
        self.capacity = room
    }

    deinit { unsafe base.deallocate() }

    /// What was written, without a copy.
    @inlinable
    public consuming func finish() -> SharedBytes {
        let bytes = unsafe SharedBytes(
            storage: ByteStorage(adopting: base, capacity: capacity), start: 0, count: written)
        discard self
        return bytes
    }

    @inlinable
    mutating func room(for extra: Int) -> UnsafeMutableRawPointer {
        if written + extra > capacity { grow(by: extra) }
        return unsafe base + written
    }

    @usableFromInline
    mutating func grow(by extra: Int) {
        let size = max(capacity * 2, written + extra)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        unsafe larger.copyMemory(from: base, byteCount: written)
        unsafe base.deallocate()
        unsafe base = larger
        capacity = size
    }

    /// A fixed-width big-endian integer.
    @inlinable
    public mutating func integer<T: FixedWidthInteger>(_ value: T) {
        unsafe room(for: MemoryLayout<T>.size).storeBytes(of: value.bigEndian, as: T.self)
        written += MemoryLayout<T>.size
    }

    @inlinable public mutating func int8(_ value: Int8) { integer(value) }
    @inlinable public mutating func int16(_ value: Int16) { integer(value) }
    @inlinable public mutating func uint16(_ value: UInt16) { integer(value) }
    @inlinable public mutating func int32(_ value: Int32) { integer(value) }
    @inlinable public mutating func uint32(_ value: UInt32) { integer(value) }
    @inlinable public mutating func int64(_ value: Int64) { integer(value) }
    @inlinable public mutating func uint64(_ value: UInt64) { integer(value) }
    @inlinable public mutating func bool(_ value: Bool) { integer(value ? 1 : 0 as UInt8) }
    @inlinable public mutating func float64(_ value: Double) { integer(value.bitPattern) }

    /// Groups of seven bits, low group first.
    @inlinable
    public mutating func unsignedVarint(_ value: UInt32) {
        var rest = value
        while rest >= 0x80 {
            integer(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        integer(UInt8(truncatingIfNeeded: rest))
    }

    /// Groups of seven bits, low group first.
    @inlinable
    public mutating func unsignedVarlong(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            integer(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        integer(UInt8(truncatingIfNeeded: rest))
    }

    /// A zigzag varint, as records use.
    @inlinable
    public mutating func varint(_ value: Int32) {
        unsignedVarint(UInt32(bitPattern: (value << 1) ^ (value >> 31)))
    }

    /// A zigzag varlong, as records use.
    @inlinable
    public mutating func varlong(_ value: Int64) {
        unsignedVarlong(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    /// A copy of `bytes`.
    @inlinable
    public mutating func bytes(_ bytes: SharedBytes) {
        unsafe bytes.withUnsafeBytes { unsafe raw($0) }
    }

    /// A copy of `bytes`.
    @inlinable
    public mutating func bytes(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe raw($0) }
    }

    /// A copy of what `source` points to.
    @inlinable
    public mutating func raw(_ source: UnsafeRawBufferPointer) {
        guard source.count > 0 else { return }
        let target = unsafe UnsafeMutableRawBufferPointer(
            start: room(for: source.count), count: source.count)
        unsafe target.copyMemory(from: source)
        written += source.count
    }

    /// The UTF-8 bytes of `text`, without a length.
    @inlinable
    public mutating func utf8(_ text: String) {
        var text = text
        text.withUTF8 { unsafe raw(UnsafeRawBufferPointer($0)) }
    }

    /// `count` zero bytes, often to be overwritten once a length is known.
    @inlinable
    public mutating func zeros(_ count: Int) {
        unsafe room(for: count).initializeMemory(as: UInt8.self, repeating: 0, count: count)
        written += count
    }

    /// Overwrites an integer written earlier. Traps outside what was written.
    @inlinable
    public mutating func overwrite<T: FixedWidthInteger>(_ value: T, at index: Int) {
        precondition(
            index >= 0 && index + MemoryLayout<T>.size <= written, "inside what was written")
        unsafe base.storeBytes(of: value.bigEndian, toByteOffset: index, as: T.self)
    }

    /// Forgets everything after the first `count` bytes.
    @inlinable
    public mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= written, "a shorter length")
        written = count
    }

    /// CRC-32C of the bytes `range` written so far.
    public func crc32c(_ range: Range<Int>) -> UInt32 {
        precondition(range.upperBound <= written, "inside what was written")
        return unsafe CRC32C.checksum(
            UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count))
    }
}
