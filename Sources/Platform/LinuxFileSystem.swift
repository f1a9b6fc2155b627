internal import CPlatform
internal import Glibc
package import Ports

/// The files of this machine.
package final class LinuxFileSystem: FileSystem {
    private static let fileMode: Int32 = 0o644
    private static let directoryMode: mode_t = 0o755

    package init() {}

    package func open(_ path: String, _ mode: OpenMode) throws(FileError) -> any File {
        let flags =
            switch mode {
            case .read: O_RDONLY
            case .readWrite: O_RDWR
            case .create: O_RDWR | O_CREAT
            case .replace: O_RDWR | O_CREAT | O_TRUNC
            }
        return try LinuxFile(adopting: descriptor(path, flags), path: path)
    }

    private func descriptor(_ path: String, _ flags: Int32) throws(FileError) -> Int32 {
        let answer = unsafe martlet_open(path, flags, Self.fileMode)
        return Int32(try checked(Int64(answer), "open", path))
    }

    package func exists(_ path: String) -> Bool {
        var facts = stat()
        return unsafe stat(path, &facts) == 0
    }

    package func createDirectory(_ path: String, withParents: Bool) throws(FileError) {
        if unsafe mkdir(path, Self.directoryMode) == 0 { return }
        let error = lastError("mkdir", path)
        switch error.kind {
        case .alreadyExists:
            guard isDirectory(path) else { throw error }
        case .notFound where withParents:
            guard let parent = LinuxFileSystem.parent(of: path), parent != path else { throw error }
            try createDirectory(parent, withParents: true)
            guard unsafe mkdir(path, Self.directoryMode) == 0 || isDirectory(path) else {
                throw lastError("mkdir", path)
            }
        default: throw error
        }
    }

    private func isDirectory(_ path: String) -> Bool {
        var facts = stat()
        return unsafe stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }

    private static func parent(of path: String) -> String? {
        var trimmed = path[...]
        while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
        guard let slash = trimmed.lastIndex(of: "/") else { return nil }
        return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
    }

    package func remove(_ path: String) throws(FileError) {
        guard unsafe unlink(path) == 0 else { throw lastError("unlink", path) }
    }

    package func rename(_ from: String, to: String) throws(FileError) {
        guard unsafe Glibc.rename(from, to) == 0 else { throw lastError("rename", from) }
    }

    package func syncDirectory(_ path: String) throws(FileError) {
        let directory = OwnedDescriptor(adopting: try descriptor(path, O_RDONLY | O_DIRECTORY))
        try checked(Int64(martlet_fsync(directory.raw)), "fsync", path)
    }

    package func freeBytes(at path: String) throws(FileError) -> Int64 {
        let answer = unsafe martlet_free_bytes(path)
        return Int64(try checked(answer, "statvfs", path))
    }

    package func totalBytes(at path: String) throws(FileError) -> Int64 {
        let answer = unsafe martlet_total_bytes(path)
        return Int64(try checked(answer, "statvfs", path))
    }

    package func lock(_ directory: String) throws(FileError) -> any DirectoryLock {
        try LinuxDirectoryLock(directory)
    }

    package func makeFlusher(for directory: String) -> any Flusher { LinuxFlusher(for: directory) }
}
