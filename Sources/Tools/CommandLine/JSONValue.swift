/// A JSON text as a value: enough for the files that Kafka's tools take.
indirect enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// What is wrong, and where, in characters from the start.
    struct ParseError: Error, Hashable, Sendable, CustomStringConvertible {
        let reason: String
        let position: Int
        var description: String { "not JSON: \(reason) at character \(position)" }
    }

    /// Values inside values; a file has no use for more.
    private static let depthMax = 64

    init(parsing text: String) throws(ParseError) {
        var parser = Parser(text: Array(text.unicodeScalars))
        self = try parser.value(depth: 0)
        parser.skipBlanks()
        guard parser.index == parser.text.count else { throw parser.error("something follows") }
    }

    subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }
    var array: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }
    var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }
    var integer: Int64? {
        guard case .number(let number) = self else { return nil }
        return Int64(exactly: number)
    }

    private struct Parser {
        let text: [Unicode.Scalar]
        var index = 0

        init(text: [Unicode.Scalar]) { self.text = text }

        func error(_ reason: String) -> ParseError { ParseError(reason: reason, position: index) }

        mutating func skipBlanks() {
            while index < text.count, [" ", "\t", "\n", "\r"].contains(text[index]) { index += 1 }
        }

        private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
            skipBlanks()
            guard index < text.count, text[index] == scalar else { return false }
            index += 1
            return true
        }

        private mutating func expect(_ scalar: Unicode.Scalar) throws(ParseError) {
            guard take(scalar) else { throw error("'\(scalar)' is missing") }
        }

        mutating func value(depth: Int) throws(ParseError) -> JSONValue {
            guard depth < depthMax else { throw error("too many levels") }
            skipBlanks()
            guard index < text.count else { throw error("it ends early") }
            switch text[index] {
            case "{": return try object(depth)
            case "[": return try array(depth)
            case "\"": return .string(try string())
            case "t": return try word("true", .bool(true))
            case "f": return try word("false", .bool(false))
            case "n": return try word("null", .null)
            default: return try number()
            }
        }

        private mutating func word(
            _ word: String, _ value: JSONValue
        ) throws(ParseError) -> JSONValue {
            let letters = Array(word.unicodeScalars)
            guard text[index...].starts(with: letters) else { throw error("unknown word") }
            index += letters.count
            return value
        }

        private mutating func number() throws(ParseError) -> JSONValue {
            let start = index
            let allowed = Set("+-0123456789.eE".unicodeScalars)
            while index < text.count, allowed.contains(text[index]) { index += 1 }
            var digits = String.UnicodeScalarView()
            digits.append(contentsOf: text[start..<index])
            guard let number = Double(String(digits)) else { throw error("no value") }
            return .number(number)
        }

        private mutating func array(_ depth: Int) throws(ParseError) -> JSONValue {
            try expect("[")
            var elements: [JSONValue] = []
            if take("]") { return .array([]) }
            repeat { elements.append(try value(depth: depth + 1)) } while take(",")
            try expect("]")
            return .array(elements)
        }

        private mutating func object(_ depth: Int) throws(ParseError) -> JSONValue {
            try expect("{")
            var members: [String: JSONValue] = [:]
            if take("}") { return .object([:]) }
            repeat {
                skipBlanks()
                let name = try string()
                try expect(":")
                members[name] = try value(depth: depth + 1)
            } while take(",")
            try expect("}")
            return .object(members)
        }

        private mutating func string() throws(ParseError) -> String {
            try expect("\"")
            var result = String.UnicodeScalarView()
            while index < text.count {
                let scalar = text[index]
                index += 1
                switch scalar {
                case "\"": return String(result)
                case "\\": result.append(try escape())
                default: result.append(scalar)
                }
            }
            throw error("a text has no end")
        }

        private mutating func escape() throws(ParseError) -> Unicode.Scalar {
            guard index < text.count else { throw error("a text has no end") }
            defer { index += 1 }
            switch text[index] {
            case "n": return "\n"
            case "t": return "\t"
            case "r": return "\r"
            case "b": return "\u{8}"
            case "f": return "\u{c}"
            case "\"", "\\", "/": return text[index]
            case "u":
                guard index + 4 < text.count else { throw error("a text has no end") }
                var digits = String.UnicodeScalarView()
                digits.append(contentsOf: text[index + 1...index + 4])
                guard let code = UInt32(String(digits), radix: 16),
                    let scalar = Unicode.Scalar(code)
                else { throw error("a half of a character") }
                index += 4
                return scalar
            default: throw error("unknown escape")
            }
        }
    }
}
