internal import Bytes
internal import Configuration
internal import InternalRecords
internal import LogStorage
internal import Model
internal import Ports
internal import Telemetry

/// One log directory of this node, locked and checked.
struct OpenDirectory: Sendable {
    let directory: LogDirectory
    let handle: LogDirectoryHandle
}

/// A log that was found on disk, on its way to its loop.
struct FoundLog {
    let key: PartitionKey
    let log: PartitionLog
    let directory: LogDirectoryHandle
    let highWatermark: Offset
}

/// The node's directories at the start: whose they are, which logs lie in them, and the metadata log.
final class NodeStorage {
    let clusterID: String
    let directories: [OpenDirectory]
    let metadata: MetadataStore
    /// Identity of the directory that holds the metadata log.
    let metadataID: DirectoryID
    /// What formatting laid down for a new cluster.
    let bootstrap: [MetadataRecord]
    /// The registration under which all directories were last used, `.none` if they do not agree: then one
    /// of them is new or was put back, and what was promised may not be there.
    let previousEpoch: BrokerEpoch
    private var logs: [FoundLog]

    private init(
        clusterID: String, directories: [OpenDirectory], metadata: MetadataStore,
        metadataID: DirectoryID, bootstrap: [MetadataRecord], previousEpoch: BrokerEpoch,
        logs: [FoundLog]
    ) {
        self.clusterID = clusterID
        self.directories = directories
        self.metadata = metadata
        self.metadataID = metadataID
        self.bootstrap = bootstrap
        self.previousEpoch = previousEpoch
        self.logs = logs
    }

    /// Hands the logs on, once.
    func takeLogs() -> [FoundLog] {
        defer { logs = [] }
        return logs
    }

    /// Finds out whether every directory is ours, and takes it. Nothing is changed on disk, not even by the
    /// lock of one directory while another may turn out to be somebody else's.
    static func check(
        _ configuration: NodeConfiguration, world: World
    ) throws(StartError) -> CheckedStorage {
        var paths = configuration.logDirectories
        if !paths.contains(configuration.metadataDirectory) {
            paths.append(configuration.metadataDirectory)
        }
        var identities: [Identity] = []
        for path in paths {
            identities.append(try identity(path, configuration, world.fileSystem, identities))
        }
        var directories: [OpenDirectory] = []
        for one in identities {
            do throws(LogError) {
                directories.append(
                    OpenDirectory(
                        directory: try LogDirectory(one.path, on: world.fileSystem),
                        handle: LogDirectoryHandle(
                            id: one.id, path: one.path,
                            flusher: world.fileSystem.makeFlusher(for: one.path),
                            background: world.fileSystem.makeFlusher(for: one.path))))
            } catch {
                for taken in directories { taken.directory.release() }
                throw StartError(LogDirectory.remedy(for: error, at: one.path))
            }
        }
        return CheckedStorage(
            clusterID: identities.first?.clusterID ?? "", directories: directories,
            configuration: configuration)
    }

    /// Whose a directory is.
    private struct Identity {
        let path: String
        let clusterID: String
        let id: DirectoryID
    }

    private static func identity(
        _ path: String, _ configuration: NodeConfiguration, _ fileSystem: any FileSystem,
        _ before: [Identity]
    ) throws(StartError) -> Identity {
        let found: MetaProperties?
        do throws(LogError) {
            found = try MetaProperties.read(in: path, on: fileSystem)
            if found != nil, !hasReserve(path, fileSystem) {
                try LogDirectory.checkRoom(at: path, on: fileSystem)
            }
        } catch {
            throw StartError(LogDirectory.remedy(for: error, at: path))
        }
        guard let properties = found else {
            throw StartError(
                "\(path) is not formatted (there is no \(path)/meta.properties): run `martlet "
                    + "storage format -t CLUSTER_ID -c FILE`, with an id from `martlet storage "
                    + "random-uuid`")
        }
        guard let clusterID = properties.clusterID, let id = properties.directoryID else {
            throw StartError(
                "\(path)/meta.properties has no cluster.id or directory.id: it is of a version "
                    + "before KRaft, which cannot be taken over")
        }
        let expected = before.first?.clusterID ?? clusterID
        if let fault = properties.mismatch(
            clusterID: expected, nodeID: configuration.nodeID, in: path)
        {
            throw StartError(fault)
        }
        if let twin = before.first(where: { $0.id == id }) {
            throw StartError(
                "\(path) and \(twin.path) have the same directory.id: one is a copy of the "
                    + "other; take one of them out of log.dirs")
        }
        return Identity(path: path, clusterID: clusterID, id: id)
    }

    /// Whether room for the metadata log is kept in a directory, however full it is. One that cannot be read
    /// is none.
    private static func hasReserve(_ path: String, _ fileSystem: any FileSystem) -> Bool {
        do throws(FileError) {
            return try DiskReserve.size(in: path, on: fileSystem) != nil
        } catch {
            return false
        }
    }

    /// Keeps room for the metadata log in its directory. On a disk that is full already, what an earlier run
    /// kept is given up at once: opening logs may have to write.
    private static func keepRoom(
        in home: OpenDirectory, _ all: [LogDirectoryHandle], _ fileSystem: any FileSystem,
        _ log: Log
    ) throws(FileError) {
        let path = home.directory.path
        let reserve = try DiskReserve(in: path, on: fileSystem) {
            for handle in all where handle.noteFull() {
                log.error(
                    "diskFull", ["directory": handle.path, "cause": "no room for the metadata log"])
            }
        }
        home.handle.reserve = reserve
        do throws(FileError) {
            try reserve.take()
            if try fileSystem.freeBytes(at: path) < LogDirectoryHandle.roomMin {
                _ = try reserve.release()
            }
        } catch {
            guard error.kind == .noSpace else { throw error }
            home.handle.noteFull()
            log.error("diskFull", ["directory": path, "cause": error])
        }
    }

    /// Opens what was checked: logs are recovered after an unclean stop, and the mark of a clean one goes.
    static func open(
        _ checked: CheckedStorage, world: World, log: Log
    ) throws(StartError) -> NodeStorage {
        let configuration = checked.configuration
        var logs: [FoundLog] = []
        var previous: [BrokerEpoch] = []
        guard
            let home = checked.directories.first(where: {
                $0.directory.path == configuration.metadataDirectory
            })
        else { preconditionFailure("log.dirs is never empty") }
        let now = world.dataLoops[0].wallTime
        do throws(FileError) {
            try keepRoom(in: home, checked.directories.map(\.handle), world.fileSystem, log)
        } catch {
            throw StartError(LogDirectory.remedy(for: .file(error), at: home.directory.path))
        }
        for one in checked.directories {
            do throws(LogError) {
                let contents = try one.directory.takeContents()
                for fault in contents.faults { log.warn("checkpointDamaged", ["cause": fault]) }
                for path in contents.ignored { log.warn("directoryIgnored", ["path": path]) }
                remove(contents.deleted, one.handle, world.fileSystem, log)
                let epoch =
                    contents.cleanShutdown?.brokerEpoch
                    ?? RegistrationFile(in: one.directory.path, on: world.fileSystem).read()
                previous.append(epoch)
                // Rows of logs that are gone must not be taken for those of a later topic of that name.
                let present = Set(contents.logs.map(\.partition))
                for rows in [
                    contents.recoveryPoints, contents.logStarts, contents.highWatermarks,
                    contents.cleanerPoints,
                ] {
                    for name in rows.keys where !present.contains(name) {
                        one.handle.checkpointsOutlive(name)
                    }
                }
                logs += try open(contents, one.handle, world, now, log)
            } catch {
                throw StartError(LogDirectory.remedy(for: error, at: one.directory.path))
            }
        }
        let metadata: MetadataStore
        let bootstrap: [MetadataRecord]
        do throws(MetadataStoreError) {
            metadata = try MetadataStore(
                directory: home.directory.path, segments: .metadata(configuration),
                fileSystem: world.fileSystem, now: now)
            metadata.reserve = home.handle.reserve
            bootstrap = try MetadataStore.bootstrapRecords(
                in: home.directory.path, on: world.fileSystem)
        } catch {
            throw StartError(error.description)
        }
        return NodeStorage(
            clusterID: checked.clusterID, directories: checked.replicaDirectories,
            metadata: metadata, metadataID: home.handle.id, bootstrap: bootstrap,
            previousEpoch: Set(previous).count == 1 ? previous[0] : .none, logs: logs)
    }

    private static func remove(
        _ paths: [String], _ handle: LogDirectoryHandle, _ fileSystem: any FileSystem, _ log: Log
    ) {
        for path in paths {
            handle.background.perform {
                do throws(FileError) {
                    try fileSystem.removeTree(path)
                } catch {
                    log.warn("replicaNotDeleted", ["path": path, "cause": error])
                }
            }
        }
    }

    private static func open(
        _ contents: LogDirectory.Contents, _ handle: LogDirectoryHandle, _ world: World,
        _ now: Timestamp, _ log: Log
    ) throws(LogError) -> [FoundLog] {
        var found: [FoundLog] = []
        for (number, (name, path)) in contents.logs.enumerated() {
            let opened = try PartitionLog.open(
                name, topicID: nil, in: path, history: contents.history(of: name),
                on: world.fileSystem, now: now)
            if opened.opening.wasRecovered {
                log.info(
                    "logRecovered",
                    [
                        "partition": name, "logEnd": opened.logEndOffset.rawValue,
                        "bytesCutOff": opened.opening.bytesCutOff,
                        "fault": opened.opening.fault ?? "none",
                        "progress": "\(number + 1)/\(contents.logs.count)",
                    ])
            }
            guard let id = opened.topicID else {
                log.warn(
                    "replicaWithoutTopicID",
                    ["path": path, "remedy": "it has no partition.metadata and is left alone"])
                continue
            }
            found.append(
                FoundLog(
                    key: PartitionKey(id, name.partition), log: opened, directory: handle,
                    highWatermark: contents.highWatermarks[name] ?? .zero))
        }
        return found
    }
}
