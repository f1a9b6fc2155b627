internal import Bytes
internal import Model
internal import Ports

/// `partition.metadata`: which life of a topic a partition directory belongs to (KIP-516).
struct PartitionMetadataFile {
    static let name = "partition.metadata"

    let file: AtomicFile

    init(in directory: String, on fileSystem: any FileSystem) {
        file = AtomicFile(fileSystem: fileSystem, path: PathName.join(directory, Self.name))
    }

    /// The topic's id, or nil if there is no file.
    func read() throws(LogError) -> TopicID? {
        guard let bytes = try file.read(limit: 4096) else { return nil }
        var version: Int?
        var topicID: UUID?
        for line in (bytes.utf8 ?? "").split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { break }
            switch parts[0].trimmed {
            case "version": version = Int(parts[1].trimmed)
            case "topic_id": topicID = UUID(String(parts[1].trimmed))
            default: break
            }
        }
        guard let version else { throw .corruptFile(path: file.path, reason: "no version") }
        guard version == 0 else {
            throw .corruptFile(path: file.path, reason: "version \(version) is not known")
        }
        guard let topicID, !topicID.isZero else {
            throw .corruptFile(path: file.path, reason: "no topic id")
        }
        return TopicID(topicID)
    }

    /// Writes the file and gives it back: it is synced with the first batch of the log.
    func write(_ topicID: TopicID) throws(FileError) -> any File {
        try file.replace(
            with: SharedBytes(utf8: "version: 0\ntopic_id: \(topicID)"), isDurable: false)
    }
}
