/// The text of a `.properties` file, as Java reads it: comments after `#` or `!`, a backslash continues a
/// line, a key ends at `=`, `:` or a blank, `\t \n \r \f \uXXXX` are escapes. A key set twice has its last value.
package struct Properties: Hashable, Sendable {
    /// Why a file is refused.
    package enum ParseError: Error, Hashable, Sendable, CustomStringConvertible {
        /// `\u` without four hexadecimal digits after it.
        case malformedEscape(line: Int)
        /// `--override` without `=`.
        case malformedOverride(String)

        package var description: String {
            switch self {
            case .malformedEscape(let line): "line \(line): \\u needs four hexadecimal digits"
            case .malformedOverride(let text): "--override \(text): must be key=value"
            }
        }
    }

    private var values: [String: String] = [:]
    /// In the order of first appearance.
    package private(set) var keys: [String] = []

    package init() {}

    package init(parsing text: String) throws(ParseError) {
        for (number, line) in Self.logicalLines(text) {
            let (key, value) = Self.split(line)
            let name = try Self.unescape(key, line: number)
            self[name] = try Self.unescape(value, line: number)
        }
    }

    /// The value of `key`. Setting nil forgets it.
    package subscript(key: String) -> String? {
        get { values[key] }
        set {
            if values[key] == nil, newValue != nil { keys.append(key) }
            if newValue == nil { keys.removeAll { $0 == key } }
            values[key] = newValue
        }
    }

    /// Applies `--override key=value`.
    package mutating func override(_ text: String) throws(ParseError) {
        guard let mark = text.firstIndex(of: "="), mark > text.startIndex else {
            throw .malformedOverride(text)
        }
        self[String(text[..<mark]).trimmed] = String(text[text.index(after: mark)...])
    }

    /// Lines without comments, continued ones joined, each with the number of its first line.
    private static func logicalLines(_ text: String) -> [(number: Int, line: [Unicode.Scalar])] {
        var lines: [(Int, [Unicode.Scalar])] = []
        var open: (number: Int, line: [Unicode.Scalar])?
        for (index, raw) in physicalLines(text).enumerated() {
            let line = raw.drop(while: isBlank)
            if open == nil {
                guard let first = line.first, first != "#", first != "!" else { continue }
            }
            var joined = open ?? (index + 1, [])
            let slashes = line.reversed().prefix { $0 == "\\" }.count
            if slashes % 2 == 1 {
                joined.line += line.dropLast()
                open = joined
            } else {
                joined.line += line
                lines.append(joined)
                open = nil
            }
        }
        if let open { lines.append(open) }
        return lines
    }

    private static func physicalLines(_ text: String) -> [[Unicode.Scalar]] {
        var lines: [[Unicode.Scalar]] = [[]]
        var afterReturn = false
        for scalar in text.unicodeScalars {
            if scalar == "\n", afterReturn {
                afterReturn = false
                continue
            }
            afterReturn = scalar == "\r"
            if scalar == "\n" || scalar == "\r" {
                lines.append([])
            } else {
                lines[lines.count - 1].append(scalar)
            }
        }
        return lines
    }

    /// Key and value, still escaped.
    private static func split(
        _ line: [Unicode.Scalar]
    ) -> (key: ArraySlice<Unicode.Scalar>, value: ArraySlice<Unicode.Scalar>) {
        var end = line.startIndex
        while end < line.endIndex, !isBlank(line[end]), line[end] != "=", line[end] != ":" {
            end += line[end] == "\\" ? 2 : 1
        }
        end = min(end, line.endIndex)
        var rest = line[end...].drop(while: isBlank)
        if let mark = rest.first, mark == "=" || mark == ":" {
            rest = rest.dropFirst().drop(while: isBlank)
        }
        return (line[..<end], rest)
    }

    private static func unescape(
        _ text: ArraySlice<Unicode.Scalar>, line: Int
    ) throws(ParseError) -> String {
        var units: [UInt16] = []
        var rest = text
        while let scalar = rest.popFirst() {
            guard scalar == "\\" else {
                units += Array(String(scalar).utf16)
                continue
            }
            guard let escaped = rest.popFirst() else { break }
            switch escaped {
            case "t": units.append(0x09)
            case "n": units.append(0x0A)
            case "r": units.append(0x0D)
            case "f": units.append(0x0C)
            case "u":
                // Four digits name a UTF-16 unit: two escapes may be one character.
                let digits = String(String.UnicodeScalarView(rest.prefix(4)))
                guard digits.utf8.count == 4, digits.allSatisfy(\.isHexDigit),
                    let unit = UInt16(digits, radix: 16)
                else { throw .malformedEscape(line: line) }
                units.append(unit)
                rest = rest.dropFirst(4)
            default: units += Array(String(escaped).utf16)
            }
        }
        return String(decoding: units, as: UTF16.self)
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t" || scalar == "\u{0C}"
    }
}
