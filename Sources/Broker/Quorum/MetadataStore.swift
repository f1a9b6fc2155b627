internal import Bytes
internal import InternalRecords
internal import LogStorage
internal import Metadata
internal import Model
internal import Ports
internal import Raft
internal import Records
internal import Wire

/// Why the metadata directory could not be opened.
enum MetadataStoreError: Error, CustomStringConvertible {
    case log(LogError)
    case file(FileError)
    case damaged(path: String, cause: String)

    var description: String {
        switch self {
        case .log(let error): error.description
        case .file(let error): error.description
        case .damaged(let path, let cause):
            "\(path) is damaged: \(cause). If the other controllers are whole, move the directory away, "
                + "format this node anew and let it copy the metadata from them"
        }
    }
}

/// The files of `__cluster_metadata-0`: the log, `quorum-state`, snapshots, and what formatting laid down.
///
/// A snapshot's file is written under another name and renamed when it is whole and durable, so that every
/// `.checkpoint` is complete.
final class MetadataStore {
    static let quorumState = "quorum-state"

    /// The content of a snapshot file.
    struct Snapshot {
        let file: LogShape.Snapshot
        let records: [MetadataRecord]
        let membership: SnapshotMembership
        let timestamp: Timestamp
    }

    let fileSystem: any FileSystem
    /// The log directory that the metadata log lies in.
    let logDirectory: String
    let directory: String
    let log: PartitionLog
    /// A snapshot that is being received.
    private var download: (any File)?

    init(directory logDirectory: String, fileSystem: any FileSystem, now: Timestamp)
        throws(MetadataStoreError)
    {
        self.fileSystem = fileSystem
        self.logDirectory = logDirectory
        directory = "\(logDirectory)/\(TopicPartition.metadata)"
        var configuration = LogConfiguration()
        configuration.tracksProducers = false
        configuration.retentionAge = nil
        configuration.segmentAge = .hours(168)
        do throws(LogError) {
            log = try PartitionLog.open(
                .metadata, topicID: .metadata, in: directory, configuration: configuration,
                on: fileSystem, now: now)
            // Votes are counted by what is on disk.
            try log.flush()
        } catch {
            throw .log(error)
        }
    }

    /// What formatting laid down beside the metadata log for the first leader of a new cluster; without
    /// it a cluster begins at the newest levels.
    static func bootstrapRecords(
        in logDirectory: String, on fileSystem: any FileSystem
    ) throws(MetadataStoreError) -> [MetadataRecord] {
        let path = "\(logDirectory)/bootstrap.checkpoint"
        guard fileSystem.exists(path) else {
            var level = FeatureLevelRecord()
            level.name = FeatureName.metadataVersion
            level.featureLevel = MetadataVersion.newest.level
            return [.featureLevel(level)]
        }
        let none = OffsetAndEpoch(offset: .zero, epoch: .zero)
        return try load(path, none, on: fileSystem).records
    }

    // MARK: quorum-state

    func storedElection() throws(MetadataStoreError) -> ElectionState {
        let path = "\(directory)/\(Self.quorumState)"
        guard fileSystem.exists(path) else { return .initial }
        let text: String
        do throws(FileError) {
            let file = try fileSystem.open(path, .read)
            defer { file.close() }
            let size = try file.size()
            guard size < 1 << 20, let read = try file.read(at: 0, count: Int(size)).utf8 else {
                throw FileError(.failed, operation: "read", path: path, reason: "not text")
            }
            text = read
        } catch {
            throw .file(error)
        }
        do throws(ElectionState.FileError) {
            return try ElectionState(decoding: text)
        } catch {
            throw .damaged(path: path, cause: "\(error)")
        }
    }

    /// Replaces `quorum-state` durably. Blocks on the disk; for the flusher's thread.
    static func write(
        _ text: String, to directory: String, on fileSystem: any FileSystem
    ) throws(FileError) {
        let path = "\(directory)/\(quorumState)"
        let temporary = path + ".tmp"
        try fileSystem.createDirectory(directory)
        let file = try fileSystem.open(temporary, .replace)
        defer { file.close() }
        try file.write([SharedBytes(utf8: text)], at: 0)
        try file.sync()
        try fileSystem.rename(temporary, to: path)
        try fileSystem.syncDirectory(directory)
    }

    // MARK: Snapshots

    static func name(of id: OffsetAndEpoch) -> String {
        let offset = String(id.offset.rawValue)
        let epoch = String(id.epoch.rawValue)
        return String(repeating: "0", count: 20 - offset.count) + offset + "-"
            + String(repeating: "0", count: 10 - epoch.count) + epoch + ".checkpoint"
    }

    static func id(of name: String) -> OffsetAndEpoch? {
        guard name.hasSuffix(".checkpoint") else { return nil }
        let parts = name.dropLast(".checkpoint".count).split(separator: "-")
        guard parts.count == 2, parts[0].count == 20, parts[1].count == 10,
            let offset = Int64(parts[0]), let epoch = Int32(parts[1])
        else { return nil }
        return OffsetAndEpoch(offset: Offset(offset), epoch: LeaderEpoch(epoch))
    }

    /// Ids of the snapshots on disk, oldest first; what was being written is removed.
    func snapshots() throws(FileError) -> [OffsetAndEpoch] {
        guard fileSystem.exists(directory) else { return [] }
        var found: [OffsetAndEpoch] = []
        for entry in try fileSystem.list(directory) {
            if entry.name.hasSuffix(".part") { try fileSystem.remove("\(directory)/\(entry.name)") }
            if let id = Self.id(of: entry.name) { found.append(id) }
        }
        return found.sorted()
    }

    func path(of id: OffsetAndEpoch) -> String { "\(directory)/\(Self.name(of: id))" }

    func load(_ id: OffsetAndEpoch) throws(MetadataStoreError) -> Snapshot {
        try Self.load(path(of: id), id, on: fileSystem)
    }

    /// Reads a file of batches framed as a snapshot, or laid down by formatting.
    static func load(
        _ path: String, _ id: OffsetAndEpoch, on fileSystem: any FileSystem
    ) throws(MetadataStoreError) -> Snapshot {
        let bytes: SharedBytes
        do throws(FileError) {
            let file = try fileSystem.open(path, .read)
            defer { file.close() }
            bytes = try file.read(at: 0, count: Int(try file.size()))
        } catch {
            throw .file(error)
        }
        do throws(MetadataBatchError) {
            return try parse(bytes, id)
        } catch {
            throw .damaged(path: path, cause: "\(error)")
        }
    }

    private static func parse(
        _ bytes: SharedBytes, _ id: OffsetAndEpoch
    ) throws(MetadataBatchError) -> Snapshot {
        var records: [MetadataRecord] = []
        var voters: VoterSet?
        var version: Int16?
        var timestamp = Timestamp.none
        for batch in try MetadataBatches.split(bytes) {
            guard batch.isControl else {
                records += try MetadataBatches.decode(batch).records
                timestamp = max(timestamp, batch.header.maxTimestamp)
                continue
            }
            for control in try MetadataBatches.controls(of: batch) {
                switch control.type {
                case .kraftVoters: voters = try MetadataBatches.voterSet(control)
                case .kraftVersion: version = try MetadataBatches.version(control)
                case .snapshotHeader where control.value.count >= 10:
                    timestamp = Timestamp(control.value.integer(at: 2))
                default: break
                }
            }
        }
        return Snapshot(
            file: LogShape.Snapshot(id: id, bytes: Int64(bytes.count)), records: records,
            membership: SnapshotMembership(voters: voters, kraftVersion: version),
            timestamp: timestamp)
    }

    func beginDownload(_ id: OffsetAndEpoch) throws(FileError) {
        download?.close()
        download = try fileSystem.open(path(of: id) + ".part", .replace)
    }

    func writeDownload(_ bytes: SharedBytes, at position: Int64) throws(FileError) {
        try download?.write([bytes], at: position)
    }

    func abandonDownload(_ id: OffsetAndEpoch) throws(FileError) {
        download?.close()
        download = nil
        let path = path(of: id) + ".part"
        if fileSystem.exists(path) { try fileSystem.remove(path) }
    }

    /// What was received becomes the log's beginning, if it is whole. Blocks on the disk.
    func installDownload(_ id: OffsetAndEpoch, now: Timestamp) throws(MetadataStoreError) -> Snapshot {
        let part = path(of: id) + ".part"
        do throws(FileError) {
            try download?.sync()
            download?.close()
            download = nil
        } catch {
            throw .file(error)
        }
        let snapshot = try Self.load(part, id, on: fileSystem)
        do throws(FileError) {
            try fileSystem.rename(part, to: path(of: id))
            try fileSystem.syncDirectory(directory)
        } catch {
            throw .file(error)
        }
        do throws(LogError) {
            try log.truncateFully(andStartAt: id.offset, now: now)
        } catch {
            throw .log(error)
        }
        return snapshot
    }

    /// Writes a snapshot of `records` durably. Blocks on the disk; for the flusher's thread.
    static func write(
        _ id: OffsetAndEpoch, records: [MetadataRecord], membership: SnapshotMembership,
        timestamp: Timestamp, in directory: String, on fileSystem: any FileSystem
    ) throws(FileError) -> Int64 {
        let path = "\(directory)/\(name(of: id))"
        let file = try fileSystem.open(path + ".part", .replace)
        defer { file.close() }
        var position: Int64 = 0
        for batch in batches(id, records, membership, timestamp) {
            try file.write([batch], at: position)
            position += Int64(batch.count)
        }
        try file.sync()
        try fileSystem.rename(path + ".part", to: path)
        try fileSystem.syncDirectory(directory)
        return position
    }

    private static func batches(
        _ id: OffsetAndEpoch, _ records: [MetadataRecord], _ membership: SnapshotMembership,
        _ timestamp: Timestamp
    ) -> [SharedBytes] {
        let term = Term(id.epoch.rawValue)
        var header = SnapshotHeaderRecord()
        header.lastContainedLogTimestamp = timestamp.rawValue
        var controls: [(ControlRecordType, SharedBytes)] = [
            (.snapshotHeader, MetadataBatches.value(header))
        ]
        if let version = membership.kraftVersion {
            controls.append((.kraftVersion, MetadataBatches.value(version)))
        }
        if let voters = membership.voters {
            controls.append((.kraftVoters, MetadataBatches.value(voters)))
        }
        var batches = [
            MetadataBatches.control(controls, from: .zero, term: term, timestamp: timestamp)
        ]
        let base = Offset(Int64(controls.count))
        do throws(EncodeError) {
            batches += try MetadataBatches.encode(
                records, from: base, term: term, timestamp: timestamp)
        } catch {
            preconditionFailure("what was replayed can be written: \(error)")
        }
        let footer = MetadataBatches.value(SnapshotFooterRecord())
        batches.append(
            MetadataBatches.control(
                [(.snapshotFooter, footer)], from: base + Int64(records.count), term: term,
                timestamp: timestamp))
        return batches
    }
}
