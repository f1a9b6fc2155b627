internal import Bytes

/// The text form that Kafka's checkpoint files share: a version, a count, and as many lines of
/// fields with white space between them.
///
/// The form has no room for a checksum, and a bit that flips in a start offset would hide records for good.
/// Readers, Kafka's too, pass over blanks at the end of a line: so the last line ends in 32 of them, a
/// CRC-32C of all before in tabs (1) and spaces (0). A file without them, as Kafka writes it, is taken at its
/// word.
enum CheckpointText {
    static let version = 0
    private static let sealLength = 32
    private static let (space, tab) = (UInt8(0x20), UInt8(0x09))
    private static let (lineFeed, carriageReturn) = (UInt8(0x0A), UInt8(0x0D))

    /// The lines' fields. Throws if version or count are not what the lines bear out.
    static func parse(
        _ bytes: SharedBytes, fieldCount: Int, path: String
    ) throws(LogError) -> [[Substring]] {
        try checkSeal(of: bytes, path: path)
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

    /// Version, count and `lines`, each ended by a line feed, the last one sealed.
    static func render(_ lines: [String]) -> SharedBytes {
        var writer = ByteWriter(capacity: 16 + lines.count * 24 + sealLength)
        writer.utf8("\(version)\n\(lines.count)\n")
        for (index, line) in lines.enumerated() {
            writer.utf8(line)
            if index == lines.count - 1 { seal(&writer) }
            writer.utf8("\n")
        }
        return writer.finish()
    }

    private static func seal(_ writer: inout ByteWriter) {
        let sum = writer.crc32c(0..<writer.count)
        for bit in (0..<sealLength).reversed() {
            writer.int8(Int8(sum >> UInt32(bit) & 1 == 1 ? tab : space))
        }
    }

    private static func checkSeal(of bytes: SharedBytes, path: String) throws(LogError) {
        let isEnded = bytes.count > 0 && bytes[bytes.count - 1] == lineFeed
        let end = isEnded ? bytes.count - 1 : bytes.count
        var start = end
        while start > 0, isBlank(bytes[start - 1]) { start -= 1 }
        // One blank, or none, is somebody else's end of a line.
        guard end - start > 1 else { return }
        let sum = bytes[start..<end].array.reduce(UInt32(0)) { $0 << 1 | ($1 == tab ? 1 : 0) }
        guard end - start == sealLength, sum == bytes.crc32c(0..<start) else {
            throw .corruptFile(path: path, reason: "its checksum does not fit")
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == space || byte == tab || byte == carriageReturn
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
