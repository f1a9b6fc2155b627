internal import Glibc

/// A file descriptor with one owner, closed when the owner lets go.
package struct OwnedDescriptor: ~Copyable, Sendable {
    /// The number, for calls that borrow it while the owner lives.
    package let raw: Int32

    /// Takes over an open descriptor.
    package init(adopting raw: Int32) {
        precondition(raw >= 0, "an open descriptor")
        self.raw = raw
    }

    /// Takes over the descriptor that a wrapped call answered with, or throws its error.
    package init(opening answer: Int32) throws(Errno) {
        self.init(adopting: try Errno.check(answer))
    }

    /// Closes now and tells of a failure. The number is free in either case.
    package consuming func close() throws(Errno) {
        let raw = self.raw
        discard self  // or deinit would close a number the kernel may have given away again
        guard Glibc.close(raw) == 0 else { throw Errno(errno) }
    }

    deinit { _ = Glibc.close(raw) }
}
