internal import Bytes

/// Java's properties format, as far as Kafka's own files use it: `key=value` lines, `#` and `!`
/// comments, backslash escapes and continued lines.
enum JavaProperties {
    /// The entries of the text; later ones win. Nil if it is not UTF-8 or an escape is cut off.
    static func parse(_ bytes: SharedBytes) -> [String: String]? {
        guard let text = bytes.utf8 else { return nil }
        var entries: [String: String] = [:]
        var logical = ""
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let content = line.drop { $0.isWhitespace }
            if logical.isEmpty, content.isEmpty || content.first == "#" || content.first == "!" {
                continue
            }
            logical += content
            if endsInOddBackslash(content) {
                logical.removeLast()
                continue
            }
            guard let (key, value) = entry(logical) else { return nil }
            entries[key] = value
            logical = ""
        }
        return logical.isEmpty ? entries : nil
    }

    private static func endsInOddBackslash(_ line: Substring) -> Bool {
        line.reversed().prefix { $0 == "\\" }.count % 2 == 1
    }

    /// Splits at the first `=`, `:` or blank that is not escaped.
    private static func entry(_ line: String) -> (key: String, value: String)? {
        var isEscaped = false
        var index = line.startIndex
        while index < line.endIndex {
            let character = line[index]
            if !isEscaped, character == "=" || character == ":" || character.isWhitespace { break }
            isEscaped = !isEscaped && character == "\\"
            index = line.index(after: index)
        }
        var rest = line[index...].drop { $0.isWhitespace }
        if let first = rest.first, first == "=" || first == ":" {
            rest = rest.dropFirst().drop { $0.isWhitespace }
        }
        guard let key = unescaped(line[..<index]), let value = unescaped(rest) else { return nil }
        return (key, value)
    }

    private static func unescaped(_ text: Substring) -> String? {
        var result = ""
        var rest = text
        while let character = rest.popFirst() {
            guard character == "\\" else {
                result.append(character)
                continue
            }
            guard let escaped = rest.popFirst() else { return nil }
            switch escaped {
            case "t": result.append("\t")
            case "n": result.append("\n")
            case "r": result.append("\r")
            case "f": result.append("\u{c}")
            case "u":
                guard rest.count >= 4, let code = UInt32(rest.prefix(4), radix: 16),
                    let scalar = Unicode.Scalar(code)
                else { return nil }
                result.unicodeScalars.append(scalar)
                rest = rest.dropFirst(4)
            default: result.append(escaped)
            }
        }
        return result
    }

    /// The text of `entries`, sorted by key, under the comment with the date that Java writes.
    static func render(_ entries: [String: String], at time: String) -> SharedBytes {
        var text = "#\n#\(time)\n"
        for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
            text += "\(escaped(key, isKey: true))=\(escaped(value, isKey: false))\n"
        }
        return SharedBytes(utf8: text)
    }

    private static func escaped(_ text: String, isKey: Bool) -> String {
        var result = ""
        for (index, character) in text.enumerated() {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "=", ":", "#", "!": result += "\\\(character)"
            case " " where isKey || index == 0: result += "\\ "
            default: result.append(character)
            }
        }
        return result
    }
}
