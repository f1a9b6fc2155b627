internal import CPlatform
internal import Glibc

/// A program that this one started, as `martlet up` starts nodes. It shares standard streams and
/// environment.
package struct ChildProcess: Hashable, Sendable {
    /// The kernel's number of the process.
    package let id: Int32

    /// Starts the program at `path`. The first of `arguments` is the name it is called under.
    package init(path: String, arguments: [String]) throws(Errno) {
        // SAFETY: the copies live until the kernel has taken them over, and end with a null.
        var words: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) }
        unsafe words.append(nil)
        defer { unsafe words.forEach { unsafe free($0) } }
        id = try Errno.check(unsafe martlet_spawn(path, words))
    }

    /// Waits until it has ended: its exit code, or 128 and the number of the signal that ended it.
    /// Call once.
    package func wait() throws(Errno) -> Int32 { try Errno.check(martlet_wait_for_child(id)) }

    /// Asks it to stop in order. Not after `wait`.
    package func terminate() throws(Errno) { try Errno.check(martlet_kill(id, SIGTERM)) }

    /// Ends it without asking. Not after `wait`.
    package func kill() throws(Errno) { try Errno.check(martlet_kill(id, SIGKILL)) }
}
