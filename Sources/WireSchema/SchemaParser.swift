/// Reads a `.schema` file. `Grammar.md` is the description of what it accepts.
///
/// The parser settles versions as it goes: a field without versions has those of the struct around
/// it, and
/// `v3+` ends where the struct ends. What a single line cannot tell is the checker's.
package struct SchemaParser {
    private var lines: SchemaLines
    private var api: API?
    private var messages: [Message] = []

    /// Parses the file's `text`; `file` is the name that errors carry.
    package static func parse(_ text: String, file: String) throws(SchemaError) -> SchemaFile {
        var parser = SchemaParser(lines: try SchemaLines(text, file: file))
        while let line = try parser.lines.take(at: 0) { try parser.topLevel(line) }
        if parser.messages.isEmpty {
            throw SchemaError(parser.lines.end, "the file defines no message")
        }
        return SchemaFile(name: file, api: parser.api, messages: parser.messages)
    }

    private init(lines: SchemaLines) { self.lines = lines }

    private mutating func topLevel(_ line: SchemaLine) throws(SchemaError) {
        var words = Words(line)
        let word = try words.next("a message")
        switch word {
        case "api":
            guard api == nil else { throw SchemaError(line.location, "a second API in one file") }
            guard messages.isEmpty else {
                throw SchemaError(line.location, "an API line stands before its messages")
            }
            api = API(
                key: try words.number("an API key"), name: try words.name("an API name"),
                about: line.about, location: line.location)
        case "listeners": try listeners(&words, line)
        case "forwarded": try flag(line, \.isForwarded)
        case "cluster-action": try flag(line, \.needsClusterAction)
        case "latest-unstable": try flag(line, \.isLatestUnstable)
        default:
            guard let kind = Message.Kind(rawValue: String(word)) else {
                throw SchemaError(line.location, "‘\(word)’ opens nothing that is known")
            }
            messages.append(try message(kind, &words, line))
        }
        try words.finish()
    }

    private mutating func flag(
        _ line: SchemaLine, _ path: WritableKeyPath<API, Bool>
    ) throws(SchemaError) {
        guard api != nil else {
            throw SchemaError(line.location, "\(line.words[0]) without an API")
        }
        api?[keyPath: path] = true
    }

    private mutating func listeners(
        _ words: inout Words, _ line: SchemaLine
    ) throws(SchemaError) {
        guard api != nil else { throw SchemaError(line.location, "listeners without an API") }
        while !words.isEmpty {
            let word = try words.next("a listener")
            guard let listener = API.Listener(rawValue: String(word)) else {
                throw SchemaError(line.location, "‘\(word)’ is neither broker nor controller")
            }
            api?.listeners.append(listener)
        }
    }

    private mutating func message(
        _ kind: Message.Kind, _ words: inout Words, _ line: SchemaLine
    ) throws(SchemaError) -> Message {
        var key: Int16?
        let name: String
        switch kind {
        case .request, .response:
            guard let api else {
                throw SchemaError(line.location, "\(kind.rawValue) without an API")
            }
            key = api.key
            name = api.name + (kind == .request ? "Request" : "Response")
        default:
            if kind.isNumbered { key = try words.number("a record type") }
            name = try words.name("a message name")
        }
        guard let versions = try words.versions(within: nil) else {
            throw SchemaError(line.location, "a message needs its versions")
        }
        var firstFlexible: Int16?
        if words.take("flexible") { firstFlexible = try words.flexibleVersion() }
        let (fields, structs) = try members(within: versions, depth: 1)
        let about = line.about.isEmpty && kind == .request ? (api?.about ?? []) : line.about
        return Message(
            kind: kind, key: key, name: name, versions: versions, firstFlexible: firstFlexible,
            fields: fields, commonStructs: structs, about: about, location: line.location)
    }

    /// Fields at `depth`, then common structs, which only a message may have.
    private mutating func members(
        within versions: VersionRange, depth: Int
    ) throws(SchemaError) -> ([Field], [Structure]) {
        var fields: [Field] = []
        var structs: [Structure] = []
        while let line = try lines.take(at: depth) {
            var words = Words(line)
            if line.words[0] == "struct" {
                guard depth == 1 else {
                    throw SchemaError(line.location, "a common struct inside a struct")
                }
                _ = words.take("struct")
                let name = try words.name("a struct name")
                let range = try words.versions(within: versions) ?? versions
                try words.finish()
                structs.append(
                    Structure(
                        name: name, versions: range,
                        fields: try members(within: range, depth: 2).0, about: line.about,
                        location: line.location))
            } else {
                guard structs.isEmpty else {
                    throw SchemaError(line.location, "a field after a common struct")
                }
                fields.append(try field(&words, line, within: versions))
            }
        }
        return (fields, structs)
    }

    private mutating func field(
        _ words: inout Words, _ line: SchemaLine, within outer: VersionRange
    ) throws(SchemaError) -> Field {
        let name = try words.fieldName()
        var typeText = try words.next("a type")
        let isNullable = typeText.hasSuffix("?")
        if isNullable { typeText = typeText.dropLast() }
        guard let type = FieldType(typeText) else {
            throw SchemaError(line.location, "‘\(typeText)’ is no type")
        }
        let versions = try words.versions(within: outer) ?? outer

        var nullable = isNullable ? versions : nil
        if words.take("null") {
            guard !isNullable else { throw SchemaError(line.location, "nullable twice") }
            guard let range = try words.versions(within: versions) else {
                throw SchemaError(line.location, "null needs the versions in which it is allowed")
            }
            nullable = range
        }
        var tag: Field.Tag?
        if words.take("tag") {
            let number = try words.number("a tag")
            guard number >= 0 else { throw SchemaError(line.location, "a negative tag") }
            let range = try words.versions(within: versions) ?? versions
            tag = Field.Tag(number: UInt32(number), versions: range)
        }
        let value = words.take("=") ? try words.defaultValue(for: type) : nil
        let isIgnorable = words.take("ignorable")
        let isInflexible = words.take("inflexible")
        try words.finish()
        return Field(
            name: name, type: type, versions: versions, nullable: nullable, tag: tag,
            defaultValue: value, isIgnorable: isIgnorable, isInflexible: isInflexible,
            inline: try inline(type, line, versions), about: line.about, location: line.location)
    }

    /// The struct that the deeper lines after a field define, if there are any.
    private mutating func inline(
        _ type: FieldType, _ line: SchemaLine, _ versions: VersionRange
    ) throws(SchemaError) -> Structure? {
        guard let following = lines.peek, following.depth == line.depth + 1 else { return nil }
        guard let name = type.structureName else {
            throw SchemaError(following.location, "members below a field that is no struct")
        }
        let fields = try members(within: versions, depth: line.depth + 1).0
        return Structure(
            name: name, versions: versions, fields: fields, about: [], location: line.location)
    }
}
