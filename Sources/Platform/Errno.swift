internal import CPlatform
internal import Glibc
package import Ports

/// An error number of the kernel, with the C library's words for it.
package struct Errno: Error, Hashable, Sendable, CustomStringConvertible {
    package let code: Int32

    package init(_ code: Int32) { self.code = code }

    /// As in `No space left on device`.
    package var reason: String {
        // SAFETY: the C library answers with a constant string.
        unsafe String(cString: martlet_error_description(code))
    }

    package var description: String { reason }

    /// The answer of a wrapped call, or its error: a negative answer is a negated error number.
    @discardableResult
    package static func check(_ answer: Int64) throws(Errno) -> Int {
        guard answer >= 0 else { throw Errno(Int32(truncatingIfNeeded: -answer)) }
        return Int(answer)
    }

    /// The answer of a wrapped call, or its error: a negative answer is a negated error number.
    @discardableResult
    package static func check(_ answer: Int32) throws(Errno) -> Int32 {
        guard answer >= 0 else { throw Errno(-answer) }
        return answer
    }

    /// Whether the call would have had to wait.
    package var wouldBlock: Bool { code == EAGAIN || code == EWOULDBLOCK }
    /// Whether this process or the machine has no descriptor left.
    package var isOutOfDescriptors: Bool { code == EMFILE || code == ENFILE }
}

extension FileError {
    /// The file error that `errno` means.
    package init(_ errno: Errno, operation: String, path: String) {
        let kind: Kind =
            switch errno.code {
            case ENOENT: .notFound
            case EEXIST: .alreadyExists
            case ENOSPC, EDQUOT: .noSpace
            case EACCES, EPERM: .notPermitted
            case EROFS: .readOnly
            case EMFILE, ENFILE: .tooManyOpenFiles
            default: .failed
            }
        self.init(kind, operation: operation, path: path, reason: errno.reason)
    }
}

/// Runs a wrapped call on a file and says what was tried if it fails.
@discardableResult
func checked(
    _ answer: Int64, _ operation: String, _ path: @autoclosure () -> String
) throws(FileError) -> Int {
    guard answer >= 0 else {
        throw FileError(
            Errno(Int32(truncatingIfNeeded: -answer)), operation: operation, path: path())
    }
    return Int(answer)
}

/// Fails with the error number that a plain C call has just left behind.
func lastError(_ operation: String, _ path: String) -> FileError {
    FileError(Errno(errno), operation: operation, path: path)
}
