internal import Glibc
package import Ports

extension LinuxFileSystem {
    /// What a directory says of an entry before anybody looks at it.
    private enum EntryKind {
        case directory
        case other
        /// A link, or a file system that does not tell.
        case unknown
    }

    package func list(_ directory: String) throws(FileError) -> [DirectoryEntry] {
        var entries: [DirectoryEntry] = []
        for (name, kind) in try names(in: directory) {
            var isDirectory = kind == .directory
            if kind == .unknown {
                var facts = stat()
                // A link that leads nowhere counts as a file.
                isDirectory =
                    unsafe stat("\(directory)/\(name)", &facts) == 0
                    && facts.st_mode & S_IFMT == S_IFDIR
            }
            entries.append(DirectoryEntry(name: name, isDirectory: isDirectory))
        }
        entries.sort { $0.name < $1.name }
        return entries
    }

    private func names(in directory: String) throws(FileError) -> [(String, EntryKind)] {
        guard let stream = unsafe opendir(directory) else { throw lastError("opendir", directory) }
        defer { _ = unsafe closedir(stream) }
        var found: [(String, EntryKind)] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else { break }
            // SAFETY: the entry, with its zero-ended name, is valid until the next `readdir`.
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                unsafe String(cString: UnsafeRawPointer(tuple).assumingMemoryBound(to: CChar.self))
            }
            if name == "." || name == ".." { continue }
            let kind: EntryKind =
                switch unsafe Int(entry.pointee.d_type) {
                case Int(DT_DIR): .directory
                case Int(DT_LNK), Int(DT_UNKNOWN): .unknown
                default: .other
                }
            found.append((name, kind))
        }
        guard errno == 0 else { throw lastError("readdir", directory) }
        return found
    }

    package func removeTree(_ path: String) throws(FileError) {
        if unsafe unlink(path) == 0 { return }
        switch errno {
        case ENOENT: return
        case EISDIR: break
        default: throw lastError("unlink", path)
        }
        for (name, _) in try names(in: path) { try removeTree("\(path)/\(name)") }
        guard unsafe rmdir(path) == 0 || errno == ENOENT else { throw lastError("rmdir", path) }
    }
}
