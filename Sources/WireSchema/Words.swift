/// The words of one line, taken from the left.
struct Words {
    private var rest: ArraySlice<Substring>
    private let location: SourceLocation

    init(_ line: SchemaLine) {
        rest = line.words[...]
        location = line.location
    }

    var isEmpty: Bool { rest.isEmpty }

    private func error(_ reason: String) -> SchemaError { SchemaError(location, reason) }

    mutating func next(_ expected: String) throws(SchemaError) -> Substring {
        guard let word = rest.popFirst() else { throw error("\(expected) is missing") }
        return word
    }

    /// Takes the next word if it is `word`.
    mutating func take(_ word: String) -> Bool {
        guard let first = rest.first, first == word else { return false }
        rest.removeFirst()
        return true
    }

    func finish() throws(SchemaError) {
        if let word = rest.first { throw error("‘\(word)’ is not expected here") }
    }

    mutating func name(_ expected: String) throws(SchemaError) -> String {
        let word = try next(expected)
        guard let first = word.first, first.isUppercase, word.allSatisfy(isNameCharacter) else {
            throw error("‘\(word)’ is no name; names begin with a capital")
        }
        return String(word)
    }

    mutating func fieldName() throws(SchemaError) -> String {
        guard let word = rest.first, word.hasSuffix(":") else {
            throw error("a field reads ‘Name: type’")
        }
        rest[rest.startIndex] = word.dropLast()
        return try name("a field name")
    }

    mutating func number(_ expected: String) throws(SchemaError) -> Int16 {
        let word = try next(expected)
        guard let number = Int16(word) else { throw error("‘\(word)’ is not \(expected)") }
        return number
    }

    /// `v3`, `v0-4` or `v3+`, if that is what comes next. An open range ends where `outer` ends.
    mutating func versions(within outer: VersionRange?) throws(SchemaError) -> VersionRange? {
        guard let word = rest.first, word.first == "v" else { return nil }
        rest.removeFirst()
        let body = word.dropFirst()
        let parts = body.split(separator: "-", omittingEmptySubsequences: false)
        let range: VersionRange?
        if body.hasSuffix("+"), let lower = Int16(body.dropLast()) {
            guard let outer else { throw error("‘\(word)’ has no end") }
            range = VersionRange(lower, outer.upper)
        } else if parts.count == 2, let lower = Int16(parts[0]), let upper = Int16(parts[1]) {
            range = VersionRange(lower, upper)
        } else if let only = Int16(body) {
            range = VersionRange(only, only)
        } else {
            throw error("‘\(word)’ is no version range")
        }
        guard let range, range.lower >= 0 else {
            throw error("‘\(word)’ is an empty version range")
        }
        if let outer, !outer.contains(range) {
            throw error("\(range) is not within \(outer), where this could exist")
        }
        return range
    }

    /// `v9+` after `flexible`: a version, with no end by nature.
    mutating func flexibleVersion() throws(SchemaError) -> Int16 {
        let word = try next("the first flexible version")
        guard word.hasPrefix("v"), word.hasSuffix("+"),
            let version = Int16(word.dropFirst().dropLast()), version >= 0
        else { throw error("flexible versions read ‘v9+’") }
        return version
    }

    mutating func defaultValue(for type: FieldType) throws(SchemaError) -> DefaultValue {
        let word = try next("a default")
        if word == "null" { return .null }
        switch type {
        case .bool:
            guard let value = Bool(String(word)) else { break }
            return .bool(value)
        case .string:
            guard word.count >= 2, word.first == "\"", word.last == "\"" else { break }
            return .text(String(word.dropFirst().dropLast()))
        default:
            guard let range = type.integerRange else { break }
            let isHex = word.hasPrefix("0x")
            guard let value = Int64(isHex ? word.dropFirst(2) : word, radix: isHex ? 16 : 10),
                range.contains(value)
            else { break }
            return .integer(value)
        }
        throw error("‘\(word)’ is no default for this type")
    }
}
