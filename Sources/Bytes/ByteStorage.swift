/// A block of raw memory with one identity, freed when its last holder lets go.
///
/// Frames from the network, batches on their way to disk and encoded answers all live in such blocks, and
/// travel as `SharedBytes` slices of them, so that handing bytes on never copies them.
@safe
public final class ByteStorage: @unchecked Sendable {
    // SAFETY: the pointer is valid for `capacity` bytes until `deinit`. Writers exist only before the block
    // is shared (`ByteWriter`) or where the caller is its single user (`SharedBytes.overwrite`).
    @usableFromInline let base: UnsafeMutableRawPointer

    /// Bytes in the block.
    public let capacity: Int

    /// Takes over memory allocated with `UnsafeMutableRawPointer.allocate`.
    @inlinable
    init(adopting base: UnsafeMutableRawPointer, capacity: Int) {
        unsafe self.base = base
        self.capacity = capacity
    }

    /// A block of `capacity` bytes whose contents are undefined until written.
    @inlinable
    public convenience init(capacity: Int) {
        unsafe self.init(
            adopting: .allocate(byteCount: max(capacity, 1), alignment: 16), capacity: capacity)
    }

    deinit { unsafe base.deallocate() }

    /// The whole block, for the rooms that talk to the kernel or to a codec.
    @inlinable
    public var unsafeMutableBytes: UnsafeMutableRawBufferPointer {
        unsafe UnsafeMutableRawBufferPointer(start: base, count: capacity)
    }
}
