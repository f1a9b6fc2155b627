internal import Bytes
internal import CLZ4

/// The LZ4 frame format: 64 KiB independent blocks, no content size, no block checksums, which is
/// the one form that every Kafka client reads.
enum LZ4 {
    static func compress(_ bytes: SharedBytes, level: Int) throws(CompressionError) -> SharedBytes {
        var preferences = LZ4F_preferences_t()
        preferences.frameInfo.blockSizeID = LZ4F_max64KB
        preferences.frameInfo.blockMode = LZ4F_blockIndependent
        preferences.compressionLevel = libraryLevel(level)
        let bound = unsafe LZ4F_compressFrameBound(bytes.count, &preferences)
        let storage = ByteStorage(capacity: bound)
        // SAFETY: the library writes at most `bound` bytes into a block of that size and reads
        // `bytes`.
        let written = unsafe bytes.withUnsafeBytes { input in
            unsafe LZ4F_compressFrame(
                storage.unsafeMutableBytes.baseAddress, bound, input.baseAddress, input.count,
                &preferences)
        }
        guard LZ4F_isError(written) == 0 else {
            throw .libraryFailed(.lz4, code: written)
        }
        return SharedBytes(storage, 0..<written)
    }

    /// Kafka packs with the fast method at its default level 9 and with the high-compression one
    /// at any other. The library takes levels from 3 on as high compression, and from 12 on as
    /// 12.
    private static func libraryLevel(_ level: Int) -> Int32 {
        level == 9 ? 0 : Int32(max(level, 3))
    }

    static func decompress(_ bytes: SharedBytes, limit: Int) throws(CompressionError) -> SharedBytes
    {
        try unsafe bytes.withUnsafeBytes { input throws(CompressionError) in
            var context: OpaquePointer?
            let opened = unsafe LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
            guard LZ4F_isError(opened) == 0 else {
                throw .libraryFailed(.lz4, code: opened)
            }
            // SAFETY: made above and freed once.
            defer { unsafe _ = LZ4F_freeDecompressionContext(context) }
            var output = GrowingOutput(codec: .lz4, inputCount: input.count, limit: limit)
            var consumed = 0
            // 0 means that a frame has just ended; a stream without one is cut off.
            var hint = 1
            while consumed < input.count || hint != 0 {
                var produced = try output.room()
                let room = produced
                var taken = input.count - consumed
                // SAFETY: `produced` bytes at `cursor` are ours to fill; `taken` bytes of input
                // are left.
                hint = unsafe LZ4F_decompress(
                    context, output.cursor, &produced,
                    input.baseAddress.map { unsafe $0 + consumed },
                    &taken, nil)
                guard LZ4F_isError(hint) == 0 else { throw .corrupt(.lz4) }
                output.wrote(produced)
                consumed += taken
                let isStuck = consumed == input.count && produced < room && hint != 0
                if isStuck { throw .truncated(.lz4) }
                if taken == 0, produced == 0 { throw .corrupt(.lz4) }
            }
            return try output.finish()
        }
    }
}
