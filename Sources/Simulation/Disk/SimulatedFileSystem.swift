internal import Bytes
internal import Model
package import Ports

/// A host's disk as one process sees it. A process that has ended changes nothing any more.
package final class SimulatedFileSystem: FileSystem, @unchecked Sendable {
    // SAFETY: a simulated world lives on one thread.
    static let freeBytes: Int64 = 1 << 40

    let disk: SimulatedDisk
    let process: SimulatedProcess

    package init(_ disk: SimulatedDisk, _ process: SimulatedProcess) {
        self.disk = disk
        self.process = process
    }

    func check(_ operation: String, _ path: String) throws(FileError) {
        guard process.isAlive else {
            throw FileError(
                .failed, operation: operation, path: path, reason: "the process has ended")
        }
    }

    private func missing(_ operation: String, _ path: String) -> FileError {
        FileError(
            .notFound, operation: operation, path: path, reason: "No such file or directory")
    }

    func noSpace(_ operation: String, _ path: String) -> FileError {
        FileError(.noSpace, operation: operation, path: path, reason: "No space left on device")
    }

    package func open(_ path: String, _ mode: OpenMode) throws(FileError) -> any File {
        try check("open", path)
        guard let place = disk.place(of: path) else { throw missing("open", path) }
        switch place.directory.entries[place.name] {
        case .directory:
            throw FileError(.failed, operation: "open", path: path, reason: "Is a directory")
        case .file(let found):
            let file = SimulatedFile(path, found, self)
            if mode == .replace { try file.truncate(to: 0) }
            return file
        case nil:
            guard mode == .create || mode == .replace else { throw missing("open", path) }
            guard !disk.isFull else { throw noSpace("open", path) }
            let made = DiskFile(number: disk.makeNumber())
            disk.change(NameChange(added: place, entry: .file(made)))
            return SimulatedFile(path, made, self)
        }
    }

    package func list(_ directory: String) throws(FileError) -> [DirectoryEntry] {
        try check("list", directory)
        guard let found = disk.directory(at: directory) else { throw missing("list", directory) }
        let entries = found.entries.map { name, entry in
            if case .directory = entry { return DirectoryEntry(name: name, isDirectory: true) }
            return DirectoryEntry(name: name, isDirectory: false)
        }
        return entries.sorted { $0.name < $1.name }
    }

    package func exists(_ path: String) -> Bool { disk.entry(at: path) != nil }

    package func createDirectory(_ path: String, withParents: Bool) throws(FileError) {
        try check("mkdir", path)
        guard withParents || disk.place(of: path) != nil else { throw missing("mkdir", path) }
        var walked = ""
        for name in SimulatedDisk.components(path) {
            walked += "/\(name)"
            switch disk.entry(at: walked) {
            case .directory: continue
            case .file:
                throw FileError(
                    .alreadyExists, operation: "mkdir", path: walked, reason: "File exists")
            case nil:
                guard !disk.isFull else { throw noSpace("mkdir", walked) }
                guard let place = disk.place(of: walked) else { throw missing("mkdir", walked) }
                let made = DiskDirectory(number: disk.makeNumber())
                disk.change(NameChange(added: place, entry: .directory(made)))
            }
        }
    }

    package func remove(_ path: String) throws(FileError) {
        try check("unlink", path)
        guard let place = disk.place(of: path), let entry = place.directory.entries[place.name],
            case .file = entry
        else { throw missing("unlink", path) }
        disk.change(NameChange(removed: place, entry: entry))
    }

    package func removeTree(_ path: String) throws(FileError) {
        try check("rmdir", path)
        guard let place = disk.place(of: path), let entry = place.directory.entries[place.name]
        else { return }
        if case .directory(let directory) = entry {
            for name in directory.entries.keys.sorted() { try removeTree("\(path)/\(name)") }
        }
        disk.change(NameChange(removed: place, entry: entry))
    }

    package func rename(_ from: String, to: String) throws(FileError) {
        try check("rename", from)
        guard let source = disk.place(of: from), let entry = source.directory.entries[source.name],
            let target = disk.place(of: to)
        else { throw missing("rename", from) }
        disk.change(NameChange(removed: source, added: target, entry: entry))
    }

    package func syncDirectory(_ path: String) throws(FileError) {
        try check("fsync", path)
        guard let directory = disk.directory(at: path) else { throw missing("fsync", path) }
        disk.time.spend(disk.drawSyncLength())
        try failIfDiskFails("fsync", path)
        disk.synced(directory)
        try check("fsync", path)
    }

    func failIfDiskFails(_ operation: String, _ path: String) throws(FileError) {
        let isFailing =
            !disk.failingDirectories.isEmpty
            && disk.failingDirectories.contains { path == $0 || path.hasPrefix($0 + "/") }
        guard disk.failsSyncs || isFailing else { return }
        throw FileError(.failed, operation: operation, path: path, reason: "Input/output error")
    }

    package func lock(_ directory: String) throws(FileError) -> any DirectoryLock {
        try check("flock", directory)
        guard disk.lock(directory, for: process) else {
            throw FileError(
                .locked, operation: "flock", path: directory,
                reason: "Resource temporarily unavailable")
        }
        return Lock(directory, self)
    }

    package func freeBytes(at path: String) throws(FileError) -> Int64 {
        disk.isFull ? 0 : Self.freeBytes
    }

    package func totalBytes(at path: String) throws(FileError) -> Int64 { Self.freeBytes }

    package func makeFlusher(for directory: String) -> any Flusher {
        SimulatedFlusher(self, disk, process)
    }

    private final class Lock: DirectoryLock, @unchecked Sendable {
        // SAFETY: a simulated world lives on one thread.
        private let directory: String
        private let system: SimulatedFileSystem

        init(_ directory: String, _ system: SimulatedFileSystem) {
            self.directory = directory
            self.system = system
        }

        func release() { system.disk.unlock(directory, for: system.process) }
    }
}
