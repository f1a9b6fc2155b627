package import Model

/// The content of the file `quorum-state`: one line of JSON, as Kafka writes it. Data version 0 belongs to
/// kraft.version 0 (static voters, no directory ids), version 1 to kraft.version 1.
extension ElectionState {
    /// Why a `quorum-state` file could not be used.
    package enum FileError: Error, Equatable {
        case malformed(String)
        case missing(String)
        case outOfRange(String)
        case unsupportedVersion(Int64)
    }

    /// The line to write. `voters` are named in version 0 only, where `-1` and no directory stand for none.
    package func encoded(dataVersion: Int16, voters: [BrokerID]) -> String {
        let leaderID = leader?.rawValue ?? -1
        let votedID = voted?.id.rawValue ?? -1
        guard dataVersion > 0 else {
            let list = voters.map { "{\"voterId\":\($0.rawValue)}" }.joined(separator: ",")
            return "{\"clusterId\":\"\",\"leaderId\":\(leaderID),\"leaderEpoch\":\(term.rawValue),"
                + "\"votedId\":\(votedID),\"appliedOffset\":0,\"currentVoters\":[\(list)],"
                + "\"data_version\":0}"
        }
        let directory = voted?.directoryID ?? .unassigned
        return "{\"leaderId\":\(leaderID),\"leaderEpoch\":\(term.rawValue),\"votedId\":\(votedID),"
            + "\"votedDirectoryId\":\"\(directory)\",\"data_version\":1}"
    }

    /// Reads either version; fields it does not know are passed over.
    package init(decoding text: String) throws(FileError) {
        var fields = FlatJSON(text)
        let values = try fields.object()
        let version = try values.integer("data_version")
        guard version == 0 || version == 1 else { throw .unsupportedVersion(version) }

        let leaderID = try values.int32("leaderId", default: -1)
        let termValue = try values.int32("leaderEpoch", default: -1)
        let votedID = try values.int32("votedId", default: -1)
        var directory = DirectoryID.unassigned
        if let text = values.strings["votedDirectoryId"] {
            guard let uuid = UUID(text) else { throw .outOfRange("votedDirectoryId") }
            directory = DirectoryID(uuid)
        }
        guard termValue >= 0 else { throw .outOfRange("leaderEpoch") }
        self.init(
            term: Term(termValue), leader: leaderID >= 0 ? BrokerID(leaderID) : nil,
            voted: votedID >= 0 ? ReplicaKey(BrokerID(votedID), directory) : nil)
    }
}

/// The scalar fields of a JSON object.
struct JSONFields {
    var integers: [String: Int64] = [:]
    var strings: [String: String] = [:]

    func integer(_ name: String) throws(ElectionState.FileError) -> Int64 {
        guard let value = integers[name] else { throw .missing(name) }
        return value
    }

    func int32(_ name: String, default none: Int32) throws(ElectionState.FileError) -> Int32 {
        guard let value = integers[name] else { return none }
        guard let narrow = Int32(exactly: value), narrow >= -1 else { throw .outOfRange(name) }
        return narrow
    }
}

/// As much JSON as `quorum-state` needs: an object of integers, strings, null and (passed over) arrays of
/// objects. Any input ends in a value or an error.
struct FlatJSON {
    private let bytes: [UInt8]
    private var at = 0
    /// Arrays and objects inside each other.
    private static let depthMax = 8

    init(_ text: String) { bytes = Array(text.utf8) }

    /// The whole text as one object.
    mutating func object() throws(ElectionState.FileError) -> JSONFields {
        let fields = try object(depth: 0)
        skipSpace()
        guard at == bytes.count else { throw .malformed("text after the object") }
        return fields
    }

    private mutating func object(depth: Int) throws(ElectionState.FileError) -> JSONFields {
        guard depth < Self.depthMax else { throw .malformed("too deep") }
        var fields = JSONFields()
        try expect("{")
        if skipIf("}") { return fields }
        repeat {
            skipSpace()
            let name = try string()
            try expect(":")
            try value(of: name, into: &fields, depth: depth)
        } while skipIf(",")
        try expect("}")
        return fields
    }

    private mutating func value(
        of name: String, into fields: inout JSONFields, depth: Int
    ) throws(ElectionState.FileError) {
        skipSpace()
        guard at < bytes.count else { throw .malformed("ends early") }
        switch bytes[at] {
        case UInt8(ascii: "\""): fields.strings[name] = try string()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            fields.integers[name] = try integer()
        case UInt8(ascii: "n"): try word("null")
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "{"): _ = try object(depth: depth + 1)
        case UInt8(ascii: "["): try array(depth: depth + 1)
        default: throw .malformed("unexpected character at \(at)")
        }
    }

    private mutating func array(depth: Int) throws(ElectionState.FileError) {
        guard depth < Self.depthMax else { throw .malformed("too deep") }
        try expect("[")
        if skipIf("]") { return }
        var ignored = JSONFields()
        repeat { try value(of: "", into: &ignored, depth: depth) } while skipIf(",")
        try expect("]")
    }

    private mutating func integer() throws(ElectionState.FileError) -> Int64 {
        let start = at
        while at < bytes.count, bytes[at] == UInt8(ascii: "-") || isDigit(bytes[at]) { at += 1 }
        guard let value = Int64(String(decoding: bytes[start..<at], as: UTF8.self)) else {
            throw .malformed("not an integer at \(start)")
        }
        return value
    }

    /// Without escapes: none of the values this file holds needs one.
    private mutating func string() throws(ElectionState.FileError) -> String {
        try expect("\"")
        let start = at
        while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
            guard bytes[at] != UInt8(ascii: "\\") else { throw .malformed("escape at \(at)") }
            at += 1
        }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        try expect("\"")
        return text
    }

    private mutating func word(_ word: String) throws(ElectionState.FileError) {
        for character in word.utf8 {
            guard at < bytes.count, bytes[at] == character else { throw .malformed("at \(at)") }
            at += 1
        }
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(ElectionState.FileError) {
        skipSpace()
        guard at < bytes.count, bytes[at] == UInt8(ascii: character) else {
            throw .malformed("expected \(character) at \(at)")
        }
        at += 1
    }

    private mutating func skipIf(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard at < bytes.count, bytes[at] == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }

    private mutating func skipSpace() {
        while at < bytes.count, bytes[at] <= UInt8(ascii: " ") { at += 1 }
    }

    private func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }
}
