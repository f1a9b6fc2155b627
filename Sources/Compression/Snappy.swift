internal import Bytes
internal import CSnappy

/// Snappy in the framing of the xerial library, which the Java client made the rule: a header of 16
/// bytes, then blocks with a length each. Some clients send one bare block; both are read.
enum Snappy {
    private static let magic: [UInt8] = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]
    /// Magic, int32 version, int32 lowest compatible version.
    private static let headerSize = 16
    /// Input that goes into one block.
    private static let blockSize = 32 << 10

    static func compress(_ bytes: SharedBytes) throws(CompressionError) -> SharedBytes {
        let blocks = (bytes.count + blockSize - 1) / blockSize
        let blockBound = snappy_max_compressed_length(blockSize)
        let storage = ByteStorage(capacity: headerSize + blocks * (4 + blockBound))
        let whole = SharedBytes(storage, 0..<storage.capacity)
        for (index, byte) in magic.enumerated() { whole.overwrite(byte, at: index) }
        whole.overwrite(Int32(1), at: 8)
        whole.overwrite(Int32(1), at: 12)
        var end = headerSize
        var start = 0
        while start < bytes.count {
            let block = bytes[start..<min(start + blockSize, bytes.count)]
            let size = try compressBlock(block, into: storage, at: end + 4)
            whole.overwrite(Int32(size), at: end)
            end += 4 + size
            start += block.count
        }
        return whole[0..<end]
    }

    private static func compressBlock(
        _ block: SharedBytes, into storage: ByteStorage, at index: Int
    ) throws(CompressionError) -> Int {
        var size = storage.capacity - index
        // SAFETY: `size` is what is left of the block behind `index`, and never less than the
        // bound.
        let status = unsafe block.withUnsafeBytes { input in
            let source = unsafe input.bindMemory(to: CChar.self).baseAddress
            let target = unsafe UnsafeMutableRawBufferPointer(
                rebasing: storage.unsafeMutableBytes[index...]
            ).bindMemory(to: CChar.self)
            return unsafe snappy_compress(source, input.count, target.baseAddress, &size)
        }
        guard status == SNAPPY_OK else { throw .libraryFailed(.snappy, code: Int(status.rawValue)) }
        return size
    }

    static func decompress(_ bytes: SharedBytes, limit: Int) throws(CompressionError) -> SharedBytes
    {
        guard hasHeader(bytes) else {
            let storage = ByteStorage(capacity: try unpackedSize(bytes, limit: limit))
            try decompressBlock(bytes, into: storage, at: 0, count: storage.capacity)
            return SharedBytes(storage, 0..<storage.capacity)
        }
        let total = try unpackedSizeOfBlocks(bytes, limit: limit)
        let storage = ByteStorage(capacity: total)
        var written = 0
        var at = headerSize
        while at < bytes.count {
            let block = try block(of: bytes, at: at)
            let size = try unpackedSize(block, limit: total - written)
            try decompressBlock(block, into: storage, at: written, count: size)
            written += size
            at += 4 + block.count
        }
        return SharedBytes(storage, 0..<written)
    }

    private static func hasHeader(_ bytes: SharedBytes) -> Bool {
        guard bytes.count >= headerSize else { return false }
        return magic.indices.allSatisfy { bytes[$0] == magic[$0] }
    }

    /// The block whose length stands at `index`.
    private static func block(
        of bytes: SharedBytes, at index: Int
    ) throws(CompressionError) -> SharedBytes {
        guard bytes.count - index >= 4 else { throw .truncated(.snappy) }
        let size = Int(bytes.integer(at: index, as: Int32.self))
        guard size > 0 else { throw .corrupt(.snappy) }
        guard size <= bytes.count - index - 4 else { throw .truncated(.snappy) }
        return bytes[index + 4..<index + 4 + size]
    }

    /// What all blocks claim together, so that one allocation serves them all.
    private static func unpackedSizeOfBlocks(
        _ bytes: SharedBytes, limit: Int
    ) throws(CompressionError) -> Int {
        var total = 0
        var at = headerSize
        while at < bytes.count {
            let block = try block(of: bytes, at: at)
            do {
                total += try unpackedSize(block, limit: limit - total)
            } catch .limitExceeded {
                throw .limitExceeded(.snappy, limit: limit)
            } catch {
                throw error
            }
            at += 4 + block.count
        }
        return total
    }

    /// What a block claims to hold. Two bytes of snappy stand for at most 64, so a larger claim
    /// is a lie and is refused before memory is taken for it.
    private static func unpackedSize(
        _ block: SharedBytes, limit: Int
    ) throws(CompressionError) -> Int {
        var size = 0
        // SAFETY: the library reads the length at the start of the block and nothing beyond it.
        let status = unsafe block.withUnsafeBytes { input in
            unsafe snappy_uncompressed_length(
                input.bindMemory(to: CChar.self).baseAddress, input.count, &size)
        }
        guard status == SNAPPY_OK else { throw .corrupt(.snappy) }
        guard size <= block.count * 32 else { throw .corrupt(.snappy) }
        guard size <= limit else { throw .limitExceeded(.snappy, limit: limit) }
        return size
    }

    private static func decompressBlock(
        _ block: SharedBytes, into storage: ByteStorage, at index: Int, count: Int
    ) throws(CompressionError) {
        precondition(index + count <= storage.capacity, "inside the block that was sized for it")
        var size = count
        // SAFETY: the library writes `count` bytes, which is the size the block itself claims and
        // which fits by the check above; it refuses input that would write more.
        let status = unsafe block.withUnsafeBytes { input in
            let target = unsafe UnsafeMutableRawBufferPointer(
                rebasing: storage.unsafeMutableBytes[index..<index + count])
            return unsafe snappy_uncompress(
                input.bindMemory(to: CChar.self).baseAddress, input.count,
                target.bindMemory(to: CChar.self).baseAddress, &size)
        }
        guard status == SNAPPY_OK, size == count else { throw .corrupt(.snappy) }
    }
}
