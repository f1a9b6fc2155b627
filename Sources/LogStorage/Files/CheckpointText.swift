internal import Bytes

/// The text form that Kafka's checkpoint files share: a version, a count, and as many lines of
/// fields with white space between them.
enum CheckpointText {
    static let version = 0

    /// The lines' fields. Throws if version or count are not what the lines bear out.
    static func parse(
        _ bytes: SharedBytes, fieldCount: Int, path: String
    ) throws(LogError) -> [[Substring]] {
        guard let text = bytes.utf8 else { throw .corruptFile(path: path, reason: "not UTF-8") }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: true)[...]
        guard let first = lines.popFirst(), Int(first.trimmed) == version else {
            throw .corruptFile(path: path, reason: "the first line is not version \(version)")
        }
        guard let second = lines.popFirst(), let count = Int(second.trimmed), count >= 0 else {
            throw .corruptFile(path: path, reason: "the second line is not a count")
        }
        guard lines.count == count else {
            throw .corruptFile(
                path: path, reason: "\(lines.count) entries where \(count) are announced")
        }
        var rows: [[Substring]] = []
        rows.reserveCapacity(count)
        for line in lines {
            let fields = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" })
            guard fields.count == fieldCount else {
                throw .corruptFile(path: path, reason: "a line without \(fieldCount) fields")
            }
            rows.append(fields)
        }
        return rows
    }

    /// Version, count and `lines`, each ended by a line feed.
    static func render(_ lines: [String]) -> SharedBytes {
        var writer = ByteWriter(capacity: 16 + lines.count * 24)
        writer.utf8("\(version)\n\(lines.count)\n")
        for line in lines {
            writer.utf8(line)
            writer.utf8("\n")
        }
        return writer.finish()
    }
}

extension Substring {
    /// Without blanks at either end.
    var trimmed: Substring {
        var rest = self
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return rest
    }
}
