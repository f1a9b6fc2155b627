package import Bytes
package import Model
package import Ports

/// The files the metadata quorum keeps beside its log in `__cluster_metadata-0`: snapshots and
/// `quorum-state`.
///
/// A snapshot is named by what it contains: `<end offset, 20 digits>-<epoch, 10
/// digits>.checkpoint`. It is written as `….part` and renamed once it is durable, so that a
/// snapshot which can be seen is whole. All calls may block on the disk.
package struct SnapshotStore: Sendable {
    package static let directoryName = TopicPartition.metadata.description
    static let suffix = ".checkpoint"
    static let partSuffix = ".checkpoint.part"
    static let quorumStateName = "quorum-state"
    /// Initial records that formatting leaves in the metadata log directory, for the first
    /// controller.
    package static let bootstrapName = "bootstrap.checkpoint"

    /// `…/__cluster_metadata-0`.
    package let directory: String
    let fileSystem: any FileSystem

    /// - Parameter metadataLogDirectory: `metadata.log.dir`, or the first of `log.dirs`.
    package init(in metadataLogDirectory: String, on fileSystem: any FileSystem) {
        directory = PathName.join(metadataLogDirectory, Self.directoryName)
        self.fileSystem = fileSystem
    }

    /// The snapshots there are, oldest first.
    package func list() throws(LogError) -> [OffsetAndEpoch] {
        let entries: [DirectoryEntry]
        do throws(FileError) {
            entries = try fileSystem.list(directory)
        } catch {
            if error.kind == .notFound { return [] }
            throw .file(error)
        }
        var found: [OffsetAndEpoch] = []
        for entry in entries where !entry.isDirectory {
            if let id = Self.id(entry.name) { found.append(id) }
        }
        return found.sorted { $0.offset < $1.offset }
    }

    /// Removes unfinished snapshots and those that were to be removed: at the start, before any is
    /// written.
    package func sweep() throws(LogError) {
        guard fileSystem.exists(directory) else { return }
        let directory = directory
        for entry in try onDisk({ () throws(FileError) in try fileSystem.list(directory) }) {
            let isLeftover =
                entry.name.hasSuffix(Self.partSuffix) || entry.name.hasSuffix(Self.deletedSuffix)
            guard isLeftover, !entry.isDirectory else { continue }
            let path = PathName.join(directory, entry.name)
            try onDisk { () throws(FileError) in try fileSystem.remove(path) }
        }
    }

    static let deletedSuffix = suffix + ".deleted"

    static func name(_ id: OffsetAndEpoch) -> String {
        PathName.padded(id.offset.rawValue, width: 20) + "-"
            + PathName.padded(Int64(id.epoch.rawValue), width: 10) + suffix
    }

    /// Reads a name; nil if it is no snapshot's.
    static func id(_ name: String) -> OffsetAndEpoch? {
        guard name.hasSuffix(suffix) else { return nil }
        let parts = name.dropLast(suffix.count).split(
            separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let offset = PathName.number(parts[0], width: 20),
            let number = PathName.number(parts[1], width: 10), let epoch = Int32(exactly: number)
        else { return nil }
        return OffsetAndEpoch(offset: Offset(offset), epoch: LeaderEpoch(epoch))
    }

    /// Where a snapshot lies, for words to an operator.
    package func path(_ id: OffsetAndEpoch) -> String { PathName.join(directory, Self.name(id)) }

    /// Opens a snapshot for reading; nil if it is not there.
    package func open(_ id: OffsetAndEpoch) throws(LogError) -> SnapshotReader? {
        do throws(FileError) {
            let file = try fileSystem.open(path(id), .read)
            return SnapshotReader(id: id, file: file, size: try file.size())
        } catch {
            if error.kind == .notFound { return nil }
            throw .file(error)
        }
    }

    /// Begins a snapshot, making the directory if need be. An unfinished one of the same name is
    /// emptied.
    package func create(_ id: OffsetAndEpoch) throws(LogError) -> SnapshotWriter {
        let path = path(id)
        let directory = directory
        return try onDisk { () throws(FileError) in
            try fileSystem.createDirectory(directory, withParents: false)
            let file = try fileSystem.open(path + ".part", .replace)
            return SnapshotWriter(id: id, file: file, path: path, fileSystem: fileSystem)
        }
    }

    /// Removes snapshots older than `id`. Readers that hold one finish. Answers those that went.
    @discardableResult
    package func removeAll(before id: OffsetAndEpoch) throws(LogError) -> [OffsetAndEpoch] {
        let gone = try list().filter { $0.offset < id.offset }
        for old in gone {
            let path = path(old)
            try onDisk { () throws(FileError) in try fileSystem.remove(path) }
        }
        return gone
    }

    // MARK: Vote and epoch

    /// The text of `quorum-state`, nil if there is none. A `.tmp` of an unfinished write does not
    /// count.
    package func readQuorumState() throws(LogError) -> SharedBytes? {
        try AtomicFile(
            fileSystem: fileSystem, path: PathName.join(directory, Self.quorumStateName)
        ).read(limit: 1 << 20)
    }

    /// Replaces `quorum-state`; durable when this returns (Raft §5: before the vote leaves the
    /// machine).
    package func writeQuorumState(_ text: SharedBytes) throws(LogError) {
        let file = AtomicFile(
            fileSystem: fileSystem, path: PathName.join(directory, Self.quorumStateName))
        let directory = directory
        _ = try onDisk { () throws(FileError) in
            if !fileSystem.exists(directory) {
                try fileSystem.createDirectory(directory, withParents: false)
                try fileSystem.syncDirectory(PathName.parent(of: directory))
            }
            return try file.replace(with: text)
        }
    }

    // MARK: Bootstrap

    /// The bytes of `bootstrap.checkpoint` in a metadata log directory, nil if there is none.
    package static func readBootstrap(
        in metadataLogDirectory: String, on fileSystem: any FileSystem
    ) throws(LogError) -> SharedBytes? {
        try AtomicFile(
            fileSystem: fileSystem, path: PathName.join(metadataLogDirectory, bootstrapName)
        ).read()
    }

    /// Writes `bootstrap.checkpoint` durably.
    package static func writeBootstrap(
        _ bytes: SharedBytes, in metadataLogDirectory: String, on fileSystem: any FileSystem
    ) throws(FileError) {
        try AtomicFile(
            fileSystem: fileSystem, path: PathName.join(metadataLogDirectory, bootstrapName)
        ).replace(with: bytes)
    }
}
