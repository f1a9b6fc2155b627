internal import Bytes
internal import CZlib

/// RFC 1952 members by zlib. As with Java's reader, several members in a row are one stream.
enum Gzip {
    /// 15 bits of window, plus 16 for the gzip wrapper.
    private static let windowBits: Int32 = 15 + 16
    private static let memoryLevel: Int32 = 8

    static func compress(_ bytes: SharedBytes, level: Int) throws(CompressionError) -> SharedBytes {
        try unsafe bytes.withUnsafeBytes { input throws(CompressionError) in
            var stream = unsafe z_stream()
            let opened = unsafe deflateInit2_(
                &stream, Int32(level), Z_DEFLATED, windowBits, memoryLevel, Z_DEFAULT_STRATEGY,
                ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
            guard opened == Z_OK else { throw .libraryFailed(.gzip, code: Int(opened)) }
            // SAFETY: the stream was opened above; deflateEnd frees what it holds and no more.
            defer { unsafe _ = deflateEnd(&stream) }
            let bound = unsafe Int(deflateBound(&stream, UInt(input.count)))
            let storage = ByteStorage(capacity: bound)
            // SAFETY: zlib only reads from next_in; its C signature lacks the const. Both
            // pointers are valid for the counts given with them until the closure ends.
            unsafe stream.next_in = UnsafeMutablePointer(
                mutating: input.bindMemory(to: UInt8.self).baseAddress)
            unsafe stream.avail_in = UInt32(input.count)
            unsafe stream.next_out =
                storage.unsafeMutableBytes.bindMemory(to: UInt8.self).baseAddress
            unsafe stream.avail_out = UInt32(bound)
            let status = unsafe deflate(&stream, Z_FINISH)
            guard status == Z_STREAM_END else { throw .libraryFailed(.gzip, code: Int(status)) }
            return unsafe SharedBytes(storage, 0..<bound - Int(stream.avail_out))
        }
    }

    static func decompress(_ bytes: SharedBytes, limit: Int) throws(CompressionError) -> SharedBytes
    {
        try unsafe bytes.withUnsafeBytes { input throws(CompressionError) in
            var stream = unsafe z_stream()
            let opened = unsafe inflateInit2_(
                &stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
            guard opened == Z_OK else { throw .libraryFailed(.gzip, code: Int(opened)) }
            // SAFETY: the stream was opened above; inflateEnd frees what it holds and no more.
            defer { unsafe _ = inflateEnd(&stream) }
            // SAFETY: as in `compress`.
            unsafe stream.next_in = UnsafeMutablePointer(
                mutating: input.bindMemory(to: UInt8.self).baseAddress)
            unsafe stream.avail_in = UInt32(input.count)
            var output = GrowingOutput(codec: .gzip, inputCount: input.count, limit: limit)
            while true {
                let room = min(try output.room(), Int(UInt32.max))
                // SAFETY: `room` bytes at `cursor` belong to the output, see GrowingOutput.
                unsafe stream.next_out = output.cursor.assumingMemoryBound(to: UInt8.self)
                unsafe stream.avail_out = UInt32(room)
                let status = unsafe inflate(&stream, Z_NO_FLUSH)
                unsafe output.wrote(room - Int(stream.avail_out))
                switch status {
                case Z_STREAM_END:
                    if unsafe stream.avail_in == 0 { return try output.finish() }
                    unsafe _ = inflateReset(&stream)
                case Z_OK:
                    let isStuck = unsafe stream.avail_in == 0 && stream.avail_out > 0
                    if isStuck { throw .truncated(.gzip) }
                case Z_BUF_ERROR:
                    // No progress was possible: more input was wanted, since there always is room.
                    throw .truncated(.gzip)
                case Z_DATA_ERROR, Z_NEED_DICT:
                    throw .corrupt(.gzip)
                default:
                    throw .libraryFailed(.gzip, code: Int(status))
                }
            }
        }
    }
}
