internal import CPlatform
internal import Glibc
internal import Ports
internal import Synchronization

/// A lock on the file `.lock` of a directory.
///
/// It belongs to the open file, so a second lock within this process is refused too, and it
/// conflicts with the one that a Java broker takes on the same file. The kernel lets go of it when
/// the process dies. The file itself stays: removing it would let two processes lock two different
/// files of that name.
package final class LinuxDirectoryLock: DirectoryLock {
    private let descriptor: Mutex<OwnedDescriptor?>

    init(_ directory: String) throws(FileError) {
        let path = "\(directory)/.lock"
        let opened = unsafe martlet_open(path, O_RDWR | O_CREAT, 0o644)
        let raw = OwnedDescriptor(adopting: Int32(try checked(Int64(opened), "open", path)))
        let answer = martlet_lock_file(raw.raw)
        if answer == -EAGAIN || answer == -EACCES {
            throw FileError(
                .locked, operation: "lock", path: directory,
                reason: "Another process uses this directory (it holds the lock on \(path))")
        }
        try checked(Int64(answer), "lock", path)
        descriptor = Mutex(consume raw)
    }

    package func release() { descriptor.withLock { $0 = nil } }
}
