import Testing

@Suite("Sizes")
struct SizeTests {
    private let tree = SourceTree.shared
    private static let fileMax = 500
    private static let functionMax = 70
    private static let columnsMax = 120

    /// Tables may be long, for nobody reads them from top to bottom. Each says so at its top.
    private static let tables: Set<String> = ["Sources/Model/ErrorCode.swift"]

    @Test func `of files stay below the wall`() {
        for file in tree.swift where !Self.tables.contains(file.path) {
            #expect(
                file.lines.count <= Self.fileMax + 1, "\(file.path) has \(file.lines.count) lines")
        }
    }

    @Test func `of functions stay below the wall`() {
        for file in tree.swift {
            for (name, line, count) in functions(of: file) {
                #expect(
                    count <= Self.functionMax, "\(file.path):\(line): \(name) has \(count) lines")
            }
        }
    }

    /// The formatter sees to the 100 columns of code; it leaves comments, long texts and names alone.
    @Test func `of lines stay readable`() {
        for file in tree.swift {
            for (index, line) in file.lines.enumerated()
            where !line.contains("func `") && line.utf8.count > Self.columnsMax
                && line.count > Self.columnsMax
            {
                Issue.record("\(file.path):\(index + 1): \(line.count) columns")
            }
        }
    }

    /// Functions and initializers with their lines, by the indentation that the formatter guarantees.
    private func functions(of file: SourceTree.File) -> [(name: String, line: Int, count: Int)] {
        var found: [(String, Int, Int)] = []
        for (index, line) in file.lines.enumerated() {
            let trimmed = line.drop { $0 == " " }
            guard isFunction(trimmed) else { continue }
            let indent = line.count - trimmed.count
            if trimmed.hasSuffix("}") { continue }
            let closing = String(repeating: " ", count: indent) + "}"
            for end in (index + 1)..<max(file.lines.count, index + 1) {
                let other = file.lines[end]
                if other == closing {
                    found.append((String(trimmed.prefix(60)), index + 1, end - index + 1))
                    break
                }
                // A requirement of a protocol has no body.
                let isShallow = !other.isEmpty && other.prefix { $0 == " " }.count < indent
                let isNext = isFunction(other.drop { $0 == " " })
                if isShallow || (isNext && other.prefix { $0 == " " }.count == indent) { break }
            }
        }
        return found
    }

    private func isFunction(_ line: Substring) -> Bool {
        guard line.contains("func ") || line.contains("init(") || line.hasPrefix("deinit") else {
            return false
        }
        let modifiers: Set<Substring> = [
            "public", "package", "internal", "fileprivate", "private", "static", "mutating",
            "consuming",
            "borrowing", "override", "final", "nonisolated", "@inlinable", "@usableFromInline",
            "@discardableResult", "@Test", "convenience", "required", "@inline(__always)", "prefix",
        ]
        guard let word = line.split(separator: " ").first(where: { !modifiers.contains($0) }) else {
            return false
        }
        return word == "func" || word.hasPrefix("init(") || word.hasPrefix("init?(")
            || word == "deinit"
    }
}
