package import Bytes
internal import Glibc

/// Standard input and output, for programs that are part of a pipe.
package enum StandardStreams {
    /// Waits for input: up to `limit` bytes, none at its end.
    package static func read(atMost limit: Int) throws(Errno) -> SharedBytes {
        let block = ByteStorage(capacity: limit)
        while true {
            // SAFETY: nobody else sees the block yet.
            let count = unsafe Glibc.read(
                STDIN_FILENO, block.unsafeMutableBytes.baseAddress, limit)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Errno(errno) }
            return SharedBytes(block, 0..<count)
        }
    }

    /// Writes everything, waiting for the reader if need be.
    package static func write(_ bytes: SharedBytes) throws(Errno) {
        var written = 0
        while written < bytes.count {
            let rest = bytes.suffix(from: written)
            // SAFETY: the kernel reads the bytes while they are lent.
            let count = unsafe rest.withUnsafeBytes { part in
                unsafe Glibc.write(STDOUT_FILENO, part.baseAddress, part.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Errno(errno) }
            written += count
        }
    }

    /// Whether somebody types the input.
    package static var isInputTerminal: Bool { isatty(STDIN_FILENO) == 1 }
    /// Whether somebody sees the output at once.
    package static var isOutputTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    /// Whether somebody sees errors at once.
    package static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}
