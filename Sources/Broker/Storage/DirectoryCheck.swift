internal import Configuration
internal import LogStorage
internal import Model
internal import Ports
internal import Telemetry

/// Asks each directory at the start whose it is, and locks it.
struct DirectoryCheck {
    private struct Identity {
        let path: String
        let id: DirectoryID
    }

    private let configuration: NodeConfiguration
    private let fileSystem: any FileSystem
    private let log: Log
    private var identities: [Identity] = []
    /// Of directories that failed, in the order found.
    private var failures: [(path: String, error: LogError)] = []
    /// The cluster of the first directory, and so of all.
    private(set) var clusterID = ""

    init(_ configuration: NodeConfiguration, _ fileSystem: any FileSystem, _ log: Log) {
        self.configuration = configuration
        self.fileSystem = fileSystem
        self.log = log
    }

    /// The directories that work.
    mutating func run() throws(StartError) -> [OpenDirectory] {
        var paths = configuration.logDirectories
        if !paths.contains(configuration.metadataDirectory) {
            paths.append(configuration.metadataDirectory)
        }
        for path in paths {
            let found: MetaProperties?
            do throws(LogError) {
                found = try properties(at: path)
            } catch {
                try leaveOut(path, error)
                continue
            }
            try identify(path, found)
        }
        let directories = try lock()
        guard directories.contains(where: { configuration.logDirectories.contains($0.handle.path) })
        else {
            for taken in directories { taken.directory.release() }
            let first = failures.first
            throw StartError(
                first.map { LogDirectory.remedy(for: $0.error, at: $0.path) } ?? "log.dirs is empty"
            )
        }
        return directories
    }

    private func properties(at path: String) throws(LogError) -> MetaProperties? {
        let found = try MetaProperties.read(in: path, on: fileSystem)
        if found != nil, !hasReserve(path) {
            try LogDirectory.checkRoom(at: path, on: fileSystem)
        }
        return found
    }

    /// Whether room for the metadata log is kept in a directory, however full it is. One that cannot be read
    /// is none.
    private func hasReserve(_ path: String) -> Bool {
        do throws(FileError) {
            return try DiskReserve.size(in: path, on: fileSystem) != nil
        } catch {
            return false
        }
    }

    private mutating func identify(
        _ path: String, _ found: MetaProperties?
    ) throws(StartError) {
        guard let properties = found else {
            throw StartError(
                "\(path) is not formatted (there is no \(path)/meta.properties): run `martlet "
                    + "storage format -t CLUSTER_ID -c FILE`, with an id from `martlet storage "
                    + "random-uuid`")
        }
        guard let cluster = properties.clusterID, let id = properties.directoryID else {
            throw StartError(
                "\(path)/meta.properties has no cluster.id or directory.id: it is of a version "
                    + "before KRaft, which cannot be taken over")
        }
        if identities.isEmpty { clusterID = cluster }
        if let fault = properties.mismatch(
            clusterID: clusterID, nodeID: configuration.nodeID, in: path)
        {
            throw StartError(fault)
        }
        if let twin = identities.first(where: { $0.id == id }) {
            throw StartError(
                "\(path) and \(twin.path) have the same directory.id: one is a copy of the "
                    + "other; take one of them out of log.dirs")
        }
        identities.append(Identity(path: path, id: id))
    }

    private mutating func lock() throws(StartError) -> [OpenDirectory] {
        var directories: [OpenDirectory] = []
        for one in identities {
            do throws(LogError) {
                directories.append(
                    OpenDirectory(
                        directory: try LogDirectory(one.path, on: fileSystem),
                        handle: handle(of: one.id, at: one.path)))
            } catch {
                do throws(StartError) {
                    try leaveOut(one.path, error)
                } catch {
                    for taken in directories { taken.directory.release() }
                    throw error
                }
            }
        }
        return directories
    }

    /// Goes on without a directory whose disk fails, if others are left and the metadata log is not in it.
    private mutating func leaveOut(_ path: String, _ error: LogError) throws(StartError) {
        guard path != configuration.metadataDirectory, error.isOfOneDisk else {
            throw StartError(LogDirectory.remedy(for: error, at: path))
        }
        failures.append((path, error))
        log.error(
            "logDirectoryFailed",
            ["directory": path, "cause": LogDirectory.remedy(for: error, at: path)])
    }

    private func handle(of id: DirectoryID, at path: String) -> LogDirectoryHandle {
        LogDirectoryHandle(
            id: id, path: path, flusher: fileSystem.makeFlusher(for: path),
            background: fileSystem.makeFlusher(for: path))
    }

    /// A directory that failed, under its own identity or the one that the others remember.
    func failedHandle(at path: String, besides others: [OpenDirectory]) -> LogDirectoryHandle {
        let own = identities.first { $0.path == path }?.id
        let remembered = others.lazy.compactMap { open in
            RegistrationFile(in: open.handle.path, on: fileSystem).directories()[path]
        }.first
        let made = handle(of: own ?? remembered ?? .lost, at: path)
        _ = made.fail()
        return made
    }
}

extension LogError {
    /// The disk fails, or does not let itself be written: other directories are not concerned.
    fileprivate var isOfOneDisk: Bool {
        guard case .file(let error) = self else { return false }
        switch error.kind {
        case .failed, .readOnly, .notPermitted: return true
        case .notFound, .alreadyExists, .noSpace, .tooManyOpenFiles, .locked: return false
        }
    }
}
