internal import Bytes
internal import Model

/// Below which offset a recovery would check nothing, of each partition in the checkpoint files that a power loss would
/// leave. A file is read once.
final class RecoveryPoints {
    private struct Rows {
        let file: DiskFile
        let version: Int
        let offsets: [TopicPartition: Offset]
    }

    static let fileName = "recovery-point-offset-checkpoint"

    /// By where the file lies.
    private var known: [String: Rows] = [:]

    /// - Parameter place: tells this file from all others.
    func offset(of partition: TopicPartition, in file: DiskFile, at place: String) -> Offset {
        if let rows = known[place], rows.file === file, rows.version == file.durableVersion {
            return rows.offsets[partition] ?? .zero
        }
        let offsets = Self.read(file)
        known[place] = Rows(file: file, version: file.durableVersion, offsets: offsets)
        return offsets[partition] ?? .zero
    }

    private static func read(_ file: DiskFile) -> [TopicPartition: Offset] {
        let content = file.durableContent
        let text = content.read(at: 0, count: content.size).utf8 ?? ""
        var offsets: [TopicPartition: Offset] = [:]
        for line in text.split(separator: "\n") {
            let fields = line.split { $0 == " " || $0 == "\t" }
            guard fields.count == 3, let number = Int32(fields[1]), let offset = Int64(fields[2])
            else { continue }
            offsets[TopicPartition(String(fields[0]), number)] = Offset(offset)
        }
        return offsets
    }
}
