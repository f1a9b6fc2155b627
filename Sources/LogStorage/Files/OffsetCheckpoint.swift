internal import Bytes
package import Model
package import Ports

/// A file of one offset per partition in a log directory: `recovery-point-offset-checkpoint`,
/// `replication-offset-checkpoint` (high watermarks), `log-start-offset-checkpoint` and
/// `cleaner-offset-checkpoint`. Lines are `topic partition offset`.
package struct OffsetCheckpoint: Sendable {
    /// Which of the four.
    package enum Kind: String, Sendable, CaseIterable {
        case recoveryPoint = "recovery-point-offset-checkpoint"
        case highWatermark = "replication-offset-checkpoint"
        case logStart = "log-start-offset-checkpoint"
        case cleaner = "cleaner-offset-checkpoint"
    }

    private let file: AtomicFile

    package init(_ kind: Kind, in directory: String, on fileSystem: any FileSystem) {
        file = AtomicFile(
            fileSystem: fileSystem, path: PathName.join(directory, kind.rawValue))
    }

    /// What the file holds; nothing if there is none. A damaged file is `corruptFile`: the caller
    /// goes on as if it were missing, which costs a longer recovery but never data, and says so in
    /// the log.
    package func read() throws(LogError) -> [TopicPartition: Offset] {
        guard let bytes = try file.read() else { return [:] }
        var offsets: [TopicPartition: Offset] = [:]
        for row in try CheckpointText.parse(bytes, fieldCount: 3, path: file.path) {
            guard let partition = Int32(row[1]), partition >= 0,
                let offset = Int64(row[2]), offset >= 0
            else { throw .corruptFile(path: file.path, reason: "a line whose numbers are none") }
            offsets[TopicPartition(String(row[0]), partition)] = Offset(offset)
        }
        return offsets
    }

    /// Replaces the file durably. Blocks on the disk: call it from the directory's own thread.
    package func write(_ offsets: [TopicPartition: Offset]) throws(FileError) {
        let lines = offsets.sorted { $0.key < $1.key }.map {
            "\($0.key.topic) \($0.key.partition) \($0.value.rawValue)"
        }
        try file.replace(with: CheckpointText.render(lines))
    }
}
