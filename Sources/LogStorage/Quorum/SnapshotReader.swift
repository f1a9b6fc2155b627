package import Bytes
package import Model
package import Ports

/// A finished snapshot, read in slices (FetchSnapshot) or whole.
package struct SnapshotReader: Sendable {
    package let id: OffsetAndEpoch
    package let file: any File
    /// Length in bytes.
    package let size: Int64

    /// Up to `count` bytes from `position`, which must lie inside the file; fewer at its end.
    package func read(at position: Int64, count: Int) throws(LogError) -> SharedBytes {
        precondition(position >= 0 && position <= size, "a position inside the snapshot")
        return try file.readExactly(
            at: position, count: Int(min(Int64(max(count, 0)), size - position)))
    }
}

/// A snapshot that is being written or received, slice by slice. Until `freeze` it does not exist
/// for anybody.
package struct SnapshotWriter: Sendable {
    package let id: OffsetAndEpoch
    /// Bytes so far: where the next slice must begin.
    package private(set) var size: Int64 = 0

    private let file: any File
    private let path: String
    private let fileSystem: any FileSystem

    init(id: OffsetAndEpoch, file: any File, path: String, fileSystem: any FileSystem) {
        self.id = id
        self.file = file
        self.path = path
        self.fileSystem = fileSystem
    }

    /// Adds `bytes` at the end.
    package mutating func append(_ bytes: SharedBytes) throws(LogError) {
        guard !bytes.isEmpty else { return }
        let end = size
        try onDisk { () throws(FileError) in try file.write([bytes], at: end) }
        size += Int64(bytes.count)
    }

    /// What was written so far, to be checked before anybody sees it. Blocks on the disk.
    package func contents() throws(LogError) -> SharedBytes {
        try file.readExactly(at: 0, count: Int(size))
    }

    /// Makes the snapshot durable, then visible under its name. Blocks on the disk.
    package func freeze() throws(LogError) {
        let directory = PathName.parent(of: path)
        try onDisk { () throws(FileError) in
            try file.sync()
            try fileSystem.rename(path + ".part", to: path)
            try fileSystem.syncDirectory(directory)
            // The directory itself may be as new as its first file.
            try fileSystem.syncDirectory(PathName.parent(of: directory))
        }
        file.close()
    }

    /// Gives the snapshot up and removes what was written.
    package func discard() throws(LogError) {
        file.close()
        try onDisk { () throws(FileError) in try fileSystem.remove(path + ".part") }
    }
}
