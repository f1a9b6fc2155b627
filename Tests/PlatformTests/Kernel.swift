import Glibc

/// Calls of the kernel that only tests make.
enum Kernel {
    static func link(_ path: String, to target: String) -> Bool {
        unsafe symlink(target, path) == 0
    }

    /// Bytes of disk that a file takes.
    static func allocatedBytes(_ path: String) -> Int {
        var facts = stat()
        return unsafe stat(path, &facts) == 0 ? Int(facts.st_blocks) * 512 : -1
    }

    /// Drops what the page cache holds of a file.
    static func forgetPages(_ path: String) -> Bool {
        let raw = unsafe open(path, O_RDONLY)
        defer { close(raw) }
        return raw >= 0 && posix_fadvise(raw, 0, 0, POSIX_FADV_DONTNEED) == 0
    }

    /// Mounts a file system of so many bytes. False where that is not allowed.
    static func mountMemory(_ path: String, bytes: Int) -> Bool {
        unsafe mount("tmpfs", path, "tmpfs", 0, "size=\(bytes)") == 0
    }

    static func unmount(_ path: String) { _ = unsafe umount2(path, Int32(MNT_DETACH)) }

    static func makeTemporaryDirectory() -> String {
        var template = Array("/tmp/martlet-test-XXXXXX".utf8CString)
        return unsafe template.withUnsafeMutableBufferPointer { buffer in
            unsafe String(cString: mkdtemp(buffer.baseAddress!))
        }
    }

    static func socketPair() -> (Int32, Int32) {
        var pair: [Int32] = [-1, -1]
        _ = unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair)
        return (pair[0], pair[1])
    }
}
