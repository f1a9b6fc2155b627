internal import Bytes
internal import CZstd

/// Standard zstd frames (KIP-110); several in a row are one stream.
enum Zstandard {
    static func compress(_ bytes: SharedBytes, level: Int) throws(CompressionError) -> SharedBytes {
        let bound = ZSTD_compressBound(bytes.count)
        let storage = ByteStorage(capacity: bound)
        // SAFETY: the library writes at most `bound` bytes into a block of that size and reads
        // `bytes`.
        let written = unsafe bytes.withUnsafeBytes { input in
            unsafe ZSTD_compress(
                storage.unsafeMutableBytes.baseAddress, bound, input.baseAddress, input.count,
                Int32(level))
        }
        guard ZSTD_isError(written) == 0 else {
            throw .libraryFailed(.zstd, code: written)
        }
        return SharedBytes(storage, 0..<written)
    }

    static func decompress(_ bytes: SharedBytes, limit: Int) throws(CompressionError) -> SharedBytes
    {
        try unsafe bytes.withUnsafeBytes { input throws(CompressionError) in
            guard let context = unsafe ZSTD_createDCtx() else {
                throw .libraryFailed(.zstd, code: 0)
            }
            // SAFETY: made above and freed once.
            defer { unsafe _ = ZSTD_freeDCtx(context) }
            var source = unsafe ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
            var output = GrowingOutput(codec: .zstd, inputCount: input.count, limit: limit)
            // 0 means that a frame has just ended; a stream without one is cut off.
            var hint = 1
            while unsafe source.pos < source.size || hint != 0 {
                let room = try output.room()
                let before = unsafe source.pos
                // SAFETY: `room` bytes at `cursor` are ours to fill. The library's own window is
                // at most 128 MiB, its default, and touched only as far as it is filled.
                var target = unsafe ZSTD_outBuffer(dst: output.cursor, size: room, pos: 0)
                hint = unsafe ZSTD_decompressStream(context, &target, &source)
                guard ZSTD_isError(hint) == 0 else { throw .corrupt(.zstd) }
                let produced = unsafe target.pos
                output.wrote(produced)
                let isStuck = unsafe source.pos == source.size && produced < room && hint != 0
                if isStuck { throw .truncated(.zstd) }
                let hasMoved = unsafe produced > 0 || source.pos > before
                guard hasMoved else { throw .corrupt(.zstd) }
            }
            return try output.finish()
        }
    }
}
