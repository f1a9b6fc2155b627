/// An immutable run of bytes inside a shared block: a value of three words, cheap to pass and to slice.
///
/// Slicing and copying cost one retain. The bytes do not change while anybody can see them, with one
/// exception that `overwrite` documents.
public struct SharedBytes: Sendable {
    @usableFromInline let storage: ByteStorage
    @usableFromInline let start: Int

    /// Number of bytes.
    public let count: Int

    @inlinable
    init(storage: ByteStorage, start: Int, count: Int) {
        self.storage = storage
        self.start = start
        self.count = count
    }

    /// The bytes `range` of a block. Traps if the range leaves the block.
    @inlinable
    public init(_ storage: ByteStorage, _ range: Range<Int>) {
        precondition(range.lowerBound >= 0, "a slice begins inside its block")
        precondition(range.upperBound <= storage.capacity, "a slice ends inside its block")
        self.init(storage: storage, start: range.lowerBound, count: range.count)
    }

    /// No bytes.
    public static let empty = SharedBytes(storage: ByteStorage(capacity: 0), start: 0, count: 0)

    /// A copy of `bytes` in a block of its own.
    public init(_ bytes: some Collection<UInt8>) {
        let storage = ByteStorage(capacity: bytes.count)
        _ = unsafe storage.unsafeMutableBytes.initializeMemory(as: UInt8.self, from: bytes)
        self.init(storage: storage, start: 0, count: bytes.count)
    }

    /// A copy of what `source` points to.
    public init(copying source: UnsafeRawBufferPointer) {
        let storage = ByteStorage(capacity: source.count)
        unsafe storage.unsafeMutableBytes.copyMemory(from: source)
        self.init(storage: storage, start: 0, count: source.count)
    }

    /// The UTF-8 bytes of `text`.
    public init(utf8 text: String) { self.init(Array(text.utf8)) }

    @inlinable public var isEmpty: Bool { count == 0 }

    /// The byte at `index`, counted from the start of the slice.
    @inlinable
    public subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < count, "index inside the slice")
        return unsafe storage.base.load(fromByteOffset: start + index, as: UInt8.self)
    }

    /// A slice of the slice. Traps if the range leaves it.
    @inlinable
    public subscript(range: Range<Int>) -> SharedBytes {
        precondition(range.lowerBound >= 0, "a slice begins inside its parent")
        precondition(range.upperBound <= count, "a slice ends inside its parent")
        return SharedBytes(
            storage: storage, start: start + range.lowerBound, count: range.count)
    }

    /// Everything from `index` on.
    @inlinable
    public func suffix(from index: Int) -> SharedBytes { self[index..<count] }

    /// A big-endian integer at `index`. Traps if it leaves the slice: check `count` first.
    @inlinable
    public func integer<T: FixedWidthInteger>(at index: Int, as type: T.Type = T.self) -> T {
        precondition(
            index >= 0 && index + MemoryLayout<T>.size <= count, "integer inside the slice")
        return unsafe T(
            bigEndian: storage.base.loadUnaligned(fromByteOffset: start + index, as: T.self))
    }

    /// Overwrites a big-endian integer in place.
    ///
    /// The caller must be the only user of these bytes: the owner of a request frame before it has handed
    /// the bytes on. This is how a leader stamps offsets and epochs on a batch without copying it.
    @inlinable
    public func overwrite<T: FixedWidthInteger>(_ value: T, at index: Int) {
        precondition(
            index >= 0 && index + MemoryLayout<T>.size <= count, "integer inside the slice")
        unsafe storage.base.storeBytes(
            of: value.bigEndian, toByteOffset: start + index, as: T.self)
    }

    /// Lends the bytes for the length of `body`.
    @inlinable
    public func withUnsafeBytes<R, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try unsafe body(UnsafeRawBufferPointer(start: storage.base + start, count: count))
    }

    /// A copy as an array.
    public var array: [UInt8] { unsafe withUnsafeBytes { unsafe [UInt8]($0) } }

    /// CRC-32C of the bytes `range` of this slice.
    public func crc32c(_ range: Range<Int>) -> UInt32 {
        unsafe self[range].withUnsafeBytes { unsafe CRC32C.checksum($0) }
    }

    /// The bytes as UTF-8, or nil if they are not.
    public var utf8: String? { String(validating: array, as: UTF8.self) }

    /// A private copy, so that a small slice does not keep a large block alive.
    public func detached() -> SharedBytes {
        unsafe withUnsafeBytes { unsafe SharedBytes(copying: $0) }
    }
}

extension SharedBytes: Hashable {
    public static func == (a: SharedBytes, b: SharedBytes) -> Bool {
        guard a.count == b.count else { return false }
        return unsafe a.withUnsafeBytes { x in
            unsafe b.withUnsafeBytes { y in unsafe x.elementsEqual(y) }
        }
    }

    public func hash(into hasher: inout Hasher) {
        unsafe withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
}

extension SharedBytes: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: UInt8...) { self.init(elements) }
}

extension SharedBytes: CustomStringConvertible {
    public var description: String { "\(count) bytes" }
}
