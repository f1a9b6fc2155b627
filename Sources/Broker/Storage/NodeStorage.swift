internal import Bytes
internal import Configuration
internal import InternalRecords
internal import LogStorage
internal import Model
internal import Ports
internal import Telemetry

/// A log that was found on disk, on its way to its loop.
struct FoundLog {
    let key: PartitionKey
    let log: PartitionLog
    let directory: LogDirectoryHandle
    let highWatermark: Offset
    /// A copy on its way into `directory`, of a log in another.
    var isFuture = false
}

/// What of the node's directories is opened before the loops run: the metadata log, and what formatting laid down. The
/// logs of partitions follow (`LogLoading`).
final class NodeStorage {
    let clusterID: String
    let metadata: MetadataStore
    /// Identity of the directory that holds the metadata log.
    let metadataID: DirectoryID
    /// What formatting laid down for a new cluster.
    let bootstrap: [MetadataRecord]

    private init(
        clusterID: String, metadata: MetadataStore, metadataID: DirectoryID,
        bootstrap: [MetadataRecord]
    ) {
        self.clusterID = clusterID
        self.metadata = metadata
        self.metadataID = metadataID
        self.bootstrap = bootstrap
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

    /// Opens the metadata log of what was checked.
    static func open(
        _ checked: CheckedStorage, world: World, log: Log
    ) throws(StartError) -> NodeStorage {
        let configuration = checked.configuration
        guard
            let home = checked.directories.first(where: {
                $0.directory.path == configuration.metadataDirectory
            })
        else { preconditionFailure("a node does not start without its metadata directory") }
        do throws(FileError) {
            try keepRoom(in: home, checked.directories.map(\.handle), world.fileSystem, log)
        } catch {
            throw StartError(LogDirectory.remedy(for: .file(error), at: home.directory.path))
        }
        do throws(MetadataStoreError) {
            let metadata = try MetadataStore(
                directory: home.directory.path, segments: .metadata(configuration),
                fileSystem: world.fileSystem, now: world.dataLoops[0].wallTime)
            metadata.reserve = home.handle.reserve
            return NodeStorage(
                clusterID: checked.clusterID, metadata: metadata, metadataID: home.handle.id,
                bootstrap: try MetadataStore.bootstrapRecords(
                    in: home.directory.path, on: world.fileSystem))
        } catch {
            throw StartError(error.description)
        }
    }
}
