internal import Bytes
internal import Ports

/// A small file that is at every moment wholly the old one or wholly the new one: written beside
/// itself under `.tmp`, synced, renamed, and its directory synced.
struct AtomicFile {
    let fileSystem: any FileSystem
    let path: String

    static let temporarySuffix = ".tmp"

    var directory: String { PathName.parent(of: path) }

    /// The contents, or nil if there is no such file. A file above `limit` bytes is refused unread.
    func read(limit: Int = LogLimit.textFile) throws(LogError) -> SharedBytes? {
        do throws(FileError) {
            let file = try fileSystem.open(path, .read)
            defer { file.close() }
            let size = try file.size()
            guard size <= Int64(limit) else {
                throw FileError(
                    .failed, operation: "read", path: path,
                    reason: "\(size) bytes, where at most \(limit) are expected")
            }
            return try file.read(at: 0, count: Int(size))
        } catch {
            if error.kind == .notFound { return nil }
            throw .file(error)
        }
    }

    /// Replaces the contents. With `isDurable` it survives a power cut once this returns; without,
    /// the caller syncs the file that is returned and the directory later.
    @discardableResult
    func replace(with bytes: SharedBytes, isDurable: Bool = true) throws(FileError) -> any File {
        let temporary = path + Self.temporarySuffix
        let file = try fileSystem.open(temporary, .replace)
        do throws(FileError) {
            if !bytes.isEmpty { try file.write([bytes], at: 0) }
        } catch {
            giveUp(file)
            throw error
        }
        if isDurable { try file.sync() }
        try fileSystem.rename(temporary, to: path)
        if isDurable { try fileSystem.syncDirectory(directory) }
        return file
    }

    /// What a full disk did not take whole must not take room from others. Should that fail too, the next
    /// replacement begins by emptying the file.
    private func giveUp(_ file: any File) {
        do throws(FileError) {
            try file.truncate(to: 0)
        } catch {
            assert(error.kind != .notFound, "a file that is open is there")
        }
    }
}
