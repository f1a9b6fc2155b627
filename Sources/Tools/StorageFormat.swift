internal import Bytes
internal import InternalRecords
internal import LogStorage
internal import Metadata
internal import Model
internal import Ports
internal import Records
internal import Wire

/// Formatting: what a node's empty directories get before its first start (raft.md §7).
///
/// Everything is checked before anything is written, so a refusal leaves the disk as it was.
struct StorageFormat: Sendable {
    /// The voters that a cluster begins with, if it keeps them in its log (KIP-853).
    struct InitialController: Hashable, Sendable {
        let id: BrokerID
        let host: String
        let port: UInt16
        let directoryID: DirectoryID
    }

    let clusterID: String
    let nodeID: BrokerID
    /// Without duplicates.
    let directories: [String]
    let metadataDirectory: String
    /// Name of the listener of controllers.
    let controllerListener: String
    /// Empty: the voters stand in the configuration, or are learned.
    let initialControllers: [InitialController]
    /// What the cluster's log begins with.
    let levels: [(name: String, level: Int16)]
    let ignoresFormatted: Bool

    /// What each directory is for, in Kafka's words.
    enum Purpose: String {
        case data = "data directory"
        case metadata = "metadata directory"
        case dynamicMetadata = "dynamic metadata directory"
        case dynamicVoter = "dynamic metadata voter directory"
    }

    func purpose(of directory: String) -> Purpose {
        guard directory == metadataDirectory else { return .data }
        guard !initialControllers.isEmpty else { return .metadata }
        return initialControllers.contains { $0.id == nodeID } ? .dynamicVoter : .dynamicMetadata
    }

    // MARK: Doing it

    /// Formats what is not formatted yet; answers with the lines to print.
    func run(
        on fileSystem: any FileSystem, entropy: any Entropy, now: Timestamp
    ) throws(ToolFailure) -> [String] {
        var empty: [String] = []
        for directory in directories.sorted() {
            guard let found = try properties(of: directory, on: fileSystem) else {
                empty.append(directory)
                continue
            }
            if let mismatch = found.mismatch(
                clusterID: clusterID, nodeID: nodeID, in: directory)
            {
                throw .failed(mismatch)
            }
            guard ignoresFormatted else {
                throw .failed(
                    "Log directory \(directory) is already formatted. Use --ignore-formatted to "
                        + "ignore this directory and format the others.")
            }
        }
        guard !empty.isEmpty else { return ["All of the log directories are already formatted."] }
        for directory in empty {
            do { try LogDirectory.checkRoom(at: directory, on: fileSystem) } catch {
                throw .failed("\(directory) cannot be formatted: \(error)")
            }
        }
        var lines = ["Bootstrap metadata: \(bootstrapText)"]
        for directory in empty {
            let purpose = purpose(of: directory)
            lines.append(
                "Formatting \(purpose.rawValue) \(directory) with metadata.version "
                    + "\(MetadataVersionName.text(metadataVersion)).")
            do {
                try format(directory, purpose, on: fileSystem, entropy: entropy, now: now)
            } catch {
                throw .failed("\(directory) cannot be formatted: \(error)")
            }
        }
        return lines
    }

    private func properties(
        of directory: String, on fileSystem: any FileSystem
    ) throws(ToolFailure) -> MetaProperties? {
        do { return try MetaProperties.read(in: directory, on: fileSystem) } catch {
            throw .failed("\(directory) cannot be used: \(error). Correct it, or log.dirs.")
        }
    }

    /// `meta.properties` comes last: a directory that has it is whole.
    private func format(
        _ directory: String, _ purpose: Purpose, on fileSystem: any FileSystem,
        entropy: any Entropy, now: Timestamp
    ) throws {
        try fileSystem.createDirectory(directory, withParents: true)
        try SnapshotStore.writeBootstrap(bootstrap(now: now), in: directory, on: fileSystem)
        var id = DirectoryID(UUID.random { entropy.next() })
        switch purpose {
        case .data, .metadata: break
        case .dynamicVoter, .dynamicMetadata:
            if let own = initialControllers.first(where: { $0.id == nodeID }) {
                id = own.directoryID
            }
            let snapshot = OffsetAndEpoch(offset: .zero, epoch: .zero)
            let store = SnapshotStore(in: directory, on: fileSystem)
            var writer = try store.create(snapshot)
            try writer.append(voters(now: now))
            try writer.freeze()
        }
        let properties = MetaProperties(clusterID: clusterID, nodeID: nodeID, directoryID: id)
        try properties.write(in: directory, on: fileSystem, now: now)
    }

    // MARK: Bytes

    private var metadataVersion: Int16 {
        levels.first { $0.name == FeatureName.metadataVersion }?.level
            ?? MetadataVersion.newest.level
    }

    /// Levels as they stand in the log: `metadata.version` first, those at 0 left out.
    private var bootstrapLevels: [(name: String, level: Int16)] {
        levels.filter { $0.name != FeatureName.kraftVersion && $0.level > 0 }
    }

    private var bootstrapText: String {
        let records = bootstrapLevels.map { name, level in
            "ApiMessageAndVersion(FeatureLevelRecord(name='\(name)', featureLevel=\(level)) "
                + "at version 0)"
        }
        return "BootstrapMetadata(records=[\(records.joined(separator: ", "))], "
            + "metadataVersionLevel=\(metadataVersion), source='format command')"
    }

    /// `bootstrap.checkpoint`: a snapshot's form with the first records of the cluster.
    func bootstrap(now: Timestamp) throws -> SharedBytes {
        var writer = ByteWriter(capacity: 1024)
        let header = try Self.body(SnapshotHeaderRecord())
        writer.bytes(Self.control([(.snapshotHeader, header)], at: 0, now: now))
        let records = BootstrapRecords.records(for: bootstrapLevels)
        var options = RecordBatchBuilder.Options()
        options.baseOffset = Offset(1)
        options.partitionLeaderEpoch = .zero
        var batch = RecordBatchBuilder(options)
        for record in records {
            batch.append(timestamp: now, key: nil, value: try record.framed())
        }
        writer.bytes(try batch.finish())
        let footer = try Self.body(SnapshotFooterRecord())
        writer.bytes(
            Self.control([(.snapshotFooter, footer)], at: Int64(records.count) + 1, now: now))
        return writer.finish()
    }

    /// The first snapshot of a cluster that keeps its voters in the log.
    func voters(now: Timestamp) throws -> SharedBytes {
        var header = SnapshotHeaderRecord()
        header.lastContainedLogTimestamp = now.rawValue
        var version = KRaftVersionRecord()
        version.kRaftVersion = 1
        var voters = VotersRecord()
        voters.voters = initialControllers.map { controller in
            var endpoint = VotersRecord.Endpoint()
            endpoint.name = controllerListener
            endpoint.host = controller.host
            endpoint.port = controller.port
            var voter = VotersRecord.Voter()
            voter.voterID = controller.id.rawValue
            voter.voterDirectoryID = controller.directoryID.uuid
            voter.endpoints = [endpoint]
            voter.kRaftVersionFeature.minSupportedVersion = 0
            voter.kRaftVersionFeature.maxSupportedVersion = 1
            return voter
        }
        var writer = ByteWriter(capacity: 1024)
        writer.bytes(
            Self.control(
                [
                    (.snapshotHeader, try Self.body(header)),
                    (.kraftVersion, try Self.body(version)), (.kraftVoters, try Self.body(voters)),
                ], at: 0, now: now))
        let footer = try Self.body(SnapshotFooterRecord())
        writer.bytes(Self.control([(.snapshotFooter, footer)], at: 3, now: now))
        return writer.finish()
    }

    private static func body(_ record: some RecordMessage) throws(EncodeError) -> SharedBytes {
        var writer = ByteWriter(capacity: 64)
        try record.encode(to: &writer, version: 0)
        return writer.finish()
    }

    private static func control(
        _ records: [(ControlRecordType, SharedBytes)], at offset: Int64, now: Timestamp
    ) -> SharedBytes {
        var options = RecordBatchBuilder.Options()
        options.baseOffset = Offset(offset)
        options.partitionLeaderEpoch = .zero
        options.isControl = true
        var batch = RecordBatchBuilder(options)
        for (type, value) in records { batch.append(control: type, value: value, timestamp: now) }
        do { return try batch.finish() } catch { preconditionFailure("nothing was packed") }
    }
}
