internal import Bytes
internal import Configuration
internal import InternalRecords
internal import LogStorage
internal import Metadata
internal import Model
internal import Ports
internal import Raft

/// Why the metadata directory could not be opened.
enum MetadataStoreError: Error, CustomStringConvertible {
    case log(LogError)
    case damaged(path: String, cause: String)
    case tooNew(path: String, newness: String)

    var description: String {
        switch self {
        case .log(let error): error.description
        case .damaged(let path, let cause):
            "\(path) is damaged: \(cause). If the other controllers are whole, move the directory away, "
                + "format this node anew and let it copy the metadata from them"
        case .tooNew(let path, let newness):
            "\(path) was written by newer software: \(newness). Start this node with that software"
        }
    }
}

/// The files of `__cluster_metadata-0`: the log, and beside it `quorum-state` and snapshots.
final class MetadataStore {
    let fileSystem: any FileSystem
    /// The log directory that the metadata log lies in.
    let logDirectory: String
    let log: PartitionLog
    /// What lies beside the log. May be used from any thread.
    let files: LogStorage.SnapshotStore
    /// Room on the disk that is kept for this log.
    var reserve: DiskReserve?
    /// A snapshot that is being received.
    private var download: SnapshotWriter?

    var directory: String { files.directory }

    init(
        directory logDirectory: String, segments: LogConfiguration = .metadata,
        fileSystem: any FileSystem, now: Timestamp
    ) throws(MetadataStoreError) {
        self.fileSystem = fileSystem
        self.logDirectory = logDirectory
        files = LogStorage.SnapshotStore(in: logDirectory, on: fileSystem)
        do throws(LogError) {
            log = try PartitionLog.open(
                .metadata, topicID: .metadata, in: files.directory, configuration: segments,
                on: fileSystem, now: now)
            // Votes are counted by what is on disk.
            try log.flush()
            try files.sweep()
        } catch {
            throw .log(error)
        }
    }

    /// What formatting laid down beside the metadata log for the first leader of a new cluster; without
    /// it a cluster begins at the newest levels.
    static func bootstrapRecords(
        in logDirectory: String, on fileSystem: any FileSystem
    ) throws(MetadataStoreError) -> [MetadataRecord] {
        let found: SharedBytes?
        do throws(LogError) {
            found = try LogStorage.SnapshotStore.readBootstrap(in: logDirectory, on: fileSystem)
        } catch {
            throw .log(error)
        }
        guard let found else {
            var level = FeatureLevelRecord()
            level.name = FeatureName.metadataVersion
            level.featureLevel = MetadataVersion.newest.level
            return [.featureLevel(level)]
        }
        let records: [MetadataRecord]
        do throws(MetadataBatchError) {
            let none = OffsetAndEpoch(offset: .zero, epoch: .zero)
            records = try MetadataSnapshot(found, id: none, needsFooter: false).records
        } catch {
            throw .damaged(
                path: "\(logDirectory)/\(LogStorage.SnapshotStore.bootstrapName)", cause: "\(error)"
            )
        }
        if let newness = FormatCheck.newness(of: records) {
            throw .tooNew(path: logDirectory, newness: newness)
        }
        return records
    }

    /// Runs a write, on the reserve where the disk has no room.
    func backed<Result>(_ write: () throws(LogError) -> Result) throws(LogError) -> Result {
        guard let reserve else { return try write() }
        return try reserve.backing(write)
    }

    /// The last vote and term.
    func storedElection() throws(MetadataStoreError) -> ElectionState {
        let found: SharedBytes?
        do throws(LogError) {
            found = try files.readQuorumState()
        } catch {
            throw .log(error)
        }
        guard let found else { return .initial }
        let path = "\(directory)/quorum-state"
        guard let text = found.utf8 else { throw .damaged(path: path, cause: "it is no text") }
        do throws(ElectionState.FileError) {
            return try ElectionState(decoding: text)
        } catch {
            throw .damaged(path: path, cause: "\(error)")
        }
    }
}

// MARK: - Snapshots

extension MetadataStore {
    /// Ids of the snapshots on disk, oldest first.
    func snapshots() throws(MetadataStoreError) -> [OffsetAndEpoch] {
        do throws(LogError) {
            return try files.list()
        } catch {
            throw .log(error)
        }
    }

    /// Length of a snapshot's file.
    func size(of id: OffsetAndEpoch) throws(MetadataStoreError) -> Int64 {
        do throws(LogError) {
            let reader = try Self.reader(of: id, in: files)
            defer { reader.file.close() }
            return reader.size
        } catch {
            throw .log(error)
        }
    }

    func load(_ id: OffsetAndEpoch) throws(MetadataStoreError) -> MetadataSnapshot {
        let bytes: SharedBytes
        do throws(LogError) {
            let reader = try Self.reader(of: id, in: files)
            defer { reader.file.close() }
            bytes = try reader.read(at: 0, count: Int(reader.size))
        } catch {
            throw .log(error)
        }
        do throws(MetadataBatchError) {
            return try MetadataSnapshot(bytes, id: id)
        } catch {
            throw .damaged(path: files.path(id), cause: "\(error)")
        }
    }

    /// Opens a snapshot that is known to be there.
    static func reader(
        of id: OffsetAndEpoch, in files: LogStorage.SnapshotStore
    ) throws(LogError) -> SnapshotReader {
        guard let reader = try files.open(id) else {
            throw .file(
                FileError(
                    .notFound, operation: "open", path: files.path(id), reason: "it was removed"))
        }
        return reader
    }

    /// Writes a snapshot durably and answers its length. Blocks on the disk; for the flusher's thread.
    static func write(
        _ snapshot: MetadataSnapshot, to files: LogStorage.SnapshotStore
    ) throws(LogError) -> Int64 {
        var writer = try files.create(snapshot.id)
        for batch in snapshot.batches() { try writer.append(batch) }
        try writer.freeze()
        return writer.size
    }
}

// MARK: - A snapshot from the leader

extension MetadataStore {
    func beginDownload(_ id: OffsetAndEpoch) throws(LogError) {
        try abandonDownload()
        let files = files
        download = try backed { () throws(LogError) in try files.create(id) }
    }

    func writeDownload(_ bytes: SharedBytes, at position: Int64) throws(LogError) {
        precondition(position == download?.size, "the mind asks for one slice after the other")
        try download?.append(bytes)
    }

    func abandonDownload() throws(LogError) {
        defer { download = nil }
        try download?.discard()
    }

    /// Hands over a snapshot that was received whole.
    func finishDownload() -> SnapshotWriter {
        guard let received = download else { preconditionFailure("what is installed was received") }
        download = nil
        return received
    }

    /// Makes what was received durable under its own name, if it is sound; else removes it. Blocks on the
    /// disk; for the flusher's thread.
    static func adopt(
        _ received: SnapshotWriter, from files: LogStorage.SnapshotStore
    ) throws(MetadataStoreError) -> MetadataSnapshot {
        do throws(LogError) {
            let bytes = try received.contents()
            let snapshot: MetadataSnapshot
            do throws(MetadataBatchError) {
                snapshot = try MetadataSnapshot(bytes, id: received.id)
            } catch {
                try received.discard()
                throw LogError.corruptFile(path: files.path(received.id), reason: "\(error)")
            }
            try received.freeze()
            return snapshot
        } catch .corruptFile(let path, let reason) {
            throw .damaged(path: path, cause: reason)
        } catch {
            throw .log(error)
        }
    }
}

extension LogConfiguration {
    /// The metadata log's own rules: snapshots decide what of it may go, never its age.
    static var metadata: LogConfiguration {
        var configuration = LogConfiguration()
        configuration.tracksProducers = false
        configuration.retentionAge = nil
        return configuration
    }

    static func metadata(_ node: NodeConfiguration) -> LogConfiguration {
        var configuration = metadata
        configuration.segmentBytes = node.metadataSegmentBytes
        configuration.segmentAge = node.settings.duration("metadata.log.segment.ms")
        return configuration
    }
}
