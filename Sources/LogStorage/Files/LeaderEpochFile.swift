internal import Bytes
internal import Model
internal import Ports

/// `leader-epoch-checkpoint`: the epochs of a log with the first offset of each, `epoch offset` by
/// line.
struct LeaderEpochFile {
    static let name = "leader-epoch-checkpoint"

    let file: AtomicFile

    init(in directory: String, on fileSystem: any FileSystem) {
        file = AtomicFile(fileSystem: fileSystem, path: PathName.join(directory, Self.name))
    }

    /// The entries, or nil if there is no file. Throws if they do not ascend in both columns.
    func read() throws(LogError) -> [LeaderEpochCache.Entry]? {
        guard let bytes = try file.read() else { return nil }
        var entries: [LeaderEpochCache.Entry] = []
        for row in try CheckpointText.parse(bytes, fieldCount: 2, path: file.path) {
            guard let epoch = Int32(row[0]), epoch >= 0, let offset = Int64(row[1]), offset >= 0
            else { throw .corruptFile(path: file.path, reason: "a line whose numbers are none") }
            let entry = LeaderEpochCache.Entry(
                epoch: LeaderEpoch(epoch), startOffset: Offset(offset))
            if let last = entries.last {
                guard last.epoch < entry.epoch, last.startOffset <= entry.startOffset else {
                    throw .corruptFile(path: file.path, reason: "epochs that do not ascend")
                }
            }
            entries.append(entry)
        }
        return entries
    }

    /// Replaces the file and gives it back for a later sync, unless `isDurable` asks for it at
    /// once.
    func write(
        _ entries: [LeaderEpochCache.Entry], isDurable: Bool
    ) throws(FileError) -> any File {
        let lines = entries.map { "\($0.epoch.rawValue) \($0.startOffset.rawValue)" }
        return try file.replace(with: CheckpointText.render(lines), isDurable: isDurable)
    }
}
