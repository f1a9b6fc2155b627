/// A line that says something: its depth, its words and the comment above it.
struct SchemaLine {
    let depth: Int
    let words: [Substring]
    let about: [String]
    let location: SourceLocation
}

/// Splits a file into lines of words. Depth is counted in steps of four spaces.
struct SchemaLines {
    private(set) var lines: [SchemaLine] = []
    private var next = 0
    let end: SourceLocation

    init(_ text: String, file: String) throws(SchemaError) {
        var about: [String] = []
        var number = 0
        for raw in text.split(separator: "\n", omittingEmptySubsequences: false) {
            number += 1
            let location = SourceLocation(file: file, line: number)
            if raw.contains("\t") { throw SchemaError(location, "a tab; indent by four spaces") }
            let body = raw.drop { $0 == " " }
            if body.isEmpty {
                about = []
                continue
            }
            if body.hasPrefix("#") {
                about.append(String(body.dropFirst().drop { $0 == " " }))
                continue
            }
            let indent = raw.count - body.count
            guard indent % 4 == 0 else {
                throw SchemaError(location, "indented by \(indent); steps are four spaces")
            }
            lines.append(
                SchemaLine(
                    depth: indent / 4, words: try Self.words(body, location), about: about,
                    location: location))
            about = []
        }
        end = SourceLocation(file: file, line: max(number, 1))
    }

    /// Words are separated by spaces; a quoted text is one word, quotes included.
    private static func words(
        _ body: Substring, _ location: SourceLocation
    ) throws(SchemaError) -> [Substring] {
        var words: [Substring] = []
        var rest = body
        while let first = rest.first {
            if first == " " {
                rest = rest.dropFirst()
            } else if first == "\"" {
                guard let close = rest.dropFirst().firstIndex(of: "\"") else {
                    throw SchemaError(location, "a text without its closing quote")
                }
                words.append(rest[...close])
                rest = rest[rest.index(after: close)...]
            } else {
                let word = rest.prefix { $0 != " " }
                words.append(word)
                rest = rest[word.endIndex...]
            }
        }
        return words
    }

    /// The next line if it is at `depth` exactly. A deeper line where none belongs is an error.
    mutating func take(at depth: Int) throws(SchemaError) -> SchemaLine? {
        guard next < lines.count else { return nil }
        let line = lines[next]
        if line.depth > depth {
            throw SchemaError(line.location, "indented deeper than anything it could belong to")
        }
        guard line.depth == depth else { return nil }
        next += 1
        return line
    }

    /// The next line, left in place.
    var peek: SchemaLine? { next < lines.count ? lines[next] : nil }
}
