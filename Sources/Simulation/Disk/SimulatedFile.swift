internal import Bytes
internal import Model
internal import Ports

/// An open file of a simulated disk. It outlives its name, as on Linux.
final class SimulatedFile: File, @unchecked Sendable {
    // SAFETY: a simulated world lives on one thread.
    let path: String
    let file: DiskFile
    private let system: SimulatedFileSystem
    private var isClosed = false

    init(_ path: String, _ file: DiskFile, _ system: SimulatedFileSystem) {
        self.path = path
        self.file = file
        self.system = system
    }

    private var disk: SimulatedDisk { system.disk }

    private func check(_ operation: String) throws(FileError) {
        try system.check(operation, path)
        guard !isClosed else {
            throw FileError(
                .failed, operation: operation, path: path, reason: "Bad file descriptor")
        }
    }

    func size() throws(FileError) -> Int64 {
        try check("fstat")
        return Int64(file.content.size)
    }

    func read(at offset: Int64, count: Int) throws(FileError) -> SharedBytes {
        try check("pread")
        return file.content.read(at: Int(offset), count: count)
    }

    func write(_ parts: [SharedBytes], at offset: Int64) throws(FileError) {
        try check("pwrite")
        var writer = ByteWriter(capacity: parts.reduce(0) { $0 + $1.count })
        for part in parts { writer.bytes(part) }
        let whole = writer.finish()
        let bytes = disk.isFull ? whole[0..<whole.count / 2] : whole
        disk.time.trace.note(
            .write, file.number, UInt64(offset), UInt64(bytes.crc32c(0..<bytes.count)),
            at: disk.time.now)
        if !bytes.isEmpty { file.write(bytes, at: Int(offset)) }
        disk.noteOperation()
        if disk.isFull { throw system.noSpace("pwrite", path) }
        try check("pwrite")
    }

    func truncate(to size: Int64) throws(FileError) {
        try check("ftruncate")
        file.resize(to: Int(size))
        disk.noteOperation()
        try check("ftruncate")
    }

    func preallocate(upTo size: Int64) throws(FileError) {
        try check("fallocate")
        if disk.isFull { throw system.noSpace("fallocate", path) }
    }

    func sync() throws(FileError) {
        try check("fdatasync")
        disk.time.spend(disk.drawSyncLength())
        try finishSync(file.mark)
    }

    /// The end of a sync that began at `mark`.
    func finishSync(_ mark: DiskFile.Mark) throws(FileError) {
        try system.failIfDiskFails("fdatasync", path)
        disk.noteOperation()
        try check("fdatasync")
        if !disk.liesAboutSyncs { file.synced(mark) }
        disk.time.trace.note(.sync, file.number, at: disk.time.now)
    }

    func isResident(at offset: Int64, count: Int) -> Bool { true }

    func close() { isClosed = true }
}
