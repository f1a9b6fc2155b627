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

    static func open(
        _ configuration: NodeConfiguration, world: World, log: Log
    ) throws(StartError) -> NodeStorage {
        var paths = configuration.logDirectories
        if !paths.contains(configuration.metadataDirectory) {
            paths.append(configuration.metadataDirectory)
        }
        var opened: [Checked] = []
        // Nothing is changed on disk before every directory has proven to be ours.
        for path in paths {
            do throws(StartError) {
                opened.append(try check(path, configuration, world.fileSystem, opened))
            } catch {
                for one in opened { one.directory.release() }
                throw error
            }
        }
        return try load(opened, configuration, world, log)
    }

    /// A directory that is locked and ours, and not changed yet.
    private struct Checked {
        let directory: LogDirectory
        let clusterID: String
        let id: DirectoryID
    }

    private static func check(
        _ path: String, _ configuration: NodeConfiguration, _ fileSystem: any FileSystem,
        _ before: [Checked]
    ) throws(StartError) -> Checked {
        let directory: LogDirectory
        let properties: MetaProperties?
        do throws(LogError) {
            properties = try MetaProperties.read(in: path, on: fileSystem)
            guard properties != nil else {
                throw .corruptFile(path: "\(path)/meta.properties", reason: "it is missing")
            }
            directory = try LogDirectory(path, on: fileSystem)
        } catch .corruptFile(let file, let reason) where reason == "it is missing" {
            throw StartError(
                "\(path) is not formatted (there is no \(file)): run `martlet storage format -t "
                    + "CLUSTER_ID -c FILE`, with an id from `martlet storage random-uuid`")
        } catch {
            throw StartError(LogDirectory.remedy(for: error, at: path))
        }
        guard let properties, let clusterID = properties.clusterID, let id = properties.directoryID
        else {
            directory.release()
            throw StartError(
                "\(path)/meta.properties has no cluster.id or directory.id: it is of a version "
                    + "before KRaft, which cannot be taken over")
        }
        let expected = before.first?.clusterID ?? clusterID
        if let fault = properties.mismatch(
            clusterID: expected, nodeID: configuration.nodeID, in: path)
        {
            directory.release()
            throw StartError(fault)
        }
        if let twin = before.first(where: { $0.id == id }) {
            directory.release()
            throw StartError(
                "\(path) and \(twin.directory.path) have the same directory.id: one is a copy of the "
                    + "other; take one of them out of log.dirs")
        }
        return Checked(directory: directory, clusterID: clusterID, id: id)
    }

    private static func load(
        _ checked: [Checked], _ configuration: NodeConfiguration, _ world: World, _ log: Log
    ) throws(StartError) -> NodeStorage {
        var directories: [OpenDirectory] = []
        var logs: [FoundLog] = []
        var previous: [BrokerEpoch] = []
        guard let first = checked.first,
            let home = checked.first(where: { $0.directory.path == configuration.metadataDirectory }
            )
        else { preconditionFailure("log.dirs is never empty") }
        let now = world.dataLoops[0].wallTime
        for one in checked {
            let handle = LogDirectoryHandle(
                id: one.id, path: one.directory.path,
                flusher: world.fileSystem.makeFlusher(for: one.directory.path))
            do throws(LogError) {
                let contents = try one.directory.takeContents()
                for fault in contents.faults { log.warn("checkpointDamaged", ["cause": fault]) }
                for path in contents.ignored { log.warn("directoryIgnored", ["path": path]) }
                remove(contents.deleted, handle, world.fileSystem, log)
                let epoch =
                    contents.cleanShutdown?.brokerEpoch
                    ?? RegistrationFile(in: one.directory.path, on: world.fileSystem).read()
                previous.append(epoch)
                // Rows of logs that are gone must not be taken for those of a later topic of that name.
                let present = Set(contents.logs.map(\.partition))
                for rows in [contents.recoveryPoints, contents.logStarts, contents.highWatermarks] {
                    for name in rows.keys where !present.contains(name) {
                        handle.checkpointsOutlive(name)
                    }
                }
                logs += try open(contents, handle, world, now, log)
            } catch {
                throw StartError(LogDirectory.remedy(for: error, at: one.directory.path))
            }
            // A directory that only holds metadata takes no replicas.
            if configuration.logDirectories.contains(one.directory.path) {
                directories.append(OpenDirectory(directory: one.directory, handle: handle))
            }
        }
        let metadata: MetadataStore
        let bootstrap: [MetadataRecord]
        do throws(MetadataStoreError) {
            metadata = try MetadataStore(
                directory: home.directory.path, segments: .metadata(configuration),
                fileSystem: world.fileSystem, now: now)
            bootstrap = try MetadataStore.bootstrapRecords(
                in: home.directory.path, on: world.fileSystem)
        } catch {
            throw StartError(error.description)
        }
        return NodeStorage(
            clusterID: first.clusterID, directories: directories, metadata: metadata,
            metadataID: home.id, bootstrap: bootstrap,
            previousEpoch: Set(previous).count == 1 ? previous[0] : .none, logs: logs)
    }

    private static func remove(
        _ paths: [String], _ handle: LogDirectoryHandle, _ fileSystem: any FileSystem, _ log: Log
    ) {
        for path in paths {
            handle.flusher.perform {
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
