/// Finds what a single line of a schema cannot show to be wrong: names used twice, tags with gaps,
/// nulls and defaults where the type has none, halves of an API that disagree. The rules are listed
/// in `Grammar.md`.
package struct SchemaChecker {
    private var errors: [SchemaError] = []

    /// Everything wrong with `files` taken together, in the order of the files.
    package static func check(_ files: [SchemaFile]) -> [SchemaError] {
        var checker = SchemaChecker()
        checker.checkUniqueness(files)
        for file in files {
            if let api = file.api { checker.check(api, file) }
            for message in file.messages { checker.check(message) }
        }
        return checker.errors
    }

    private mutating func report(_ location: SourceLocation, _ reason: String) {
        errors.append(SchemaError(location, reason))
    }

    /// Reports every value of `seen` that occurs twice.
    private mutating func checkUnique(
        _ items: [(key: String, location: SourceLocation)], _ what: String
    ) {
        var first: [String: SourceLocation] = [:]
        for (key, location) in items {
            if let earlier = first[key] {
                report(location, "\(what) \(key) is already at \(earlier)")
            } else {
                first[key] = location
            }
        }
    }

    private mutating func checkUniqueness(_ files: [SchemaFile]) {
        let messages = files.flatMap(\.messages)
        let apis = files.compactMap(\.api)
        checkUnique(apis.map { ("\($0.key)", $0.location) }, "API key")
        checkUnique(messages.map { ($0.name, $0.location) }, "message")
        for kind in Message.Kind.allCases where kind.isNumbered {
            let numbered = messages.filter { $0.kind == kind }
            checkUnique(
                numbered.map { ("\($0.key ?? 0)", $0.location) }, "\(kind.rawValue) type")
        }
        // The build writes one Swift file for each.
        let names = files.map { file in
            (
                String(file.name.split(separator: "/").last ?? ""),
                SourceLocation(file: file.name, line: 1)
            )
        }
        checkUnique(names, "file")
    }

    private mutating func check(_ api: API, _ file: SchemaFile) {
        if api.key < 0 { report(api.location, "a negative API key") }
        if api.listeners.isEmpty { report(api.location, "an API without listeners") }
        checkUnique(api.listeners.map { ($0.rawValue, api.location) }, "listener")
        let requests = file.messages.filter { $0.kind == .request }
        let responses = file.messages.filter { $0.kind == .response }
        guard let request = requests.first, let response = responses.first,
            file.messages.count == 2
        else { return report(api.location, "an API has one request and one response, and no more") }
        if request.versions != response.versions {
            report(
                response.location, "\(response.versions), but its request has \(request.versions)")
        }
        if request.firstFlexible != response.firstFlexible {
            report(response.location, "request and response become flexible at different versions")
        }
        if api.isLatestUnstable, request.versions.lower == request.versions.upper {
            report(api.location, "an API with no stable version")
        }
    }

    private mutating func check(_ message: Message) {
        if let first = message.firstFlexible, first > message.versions.upper {
            report(message.location, "flexible from a version that does not exist")
        }
        let structures = message.structures
        checkUnique(structures.map { ($0.name, $0.location) }, "struct")
        for structure in structures where structure.name == message.name {
            report(structure.location, "a struct with the name of its message")
        }
        let used = Set(Self.usedNames(message))
        for common in message.commonStructs where !used.contains(common.name) {
            report(common.location, "no field uses struct \(common.name)")
        }
        check(fields: message.fields, of: message)
        for structure in structures { check(fields: structure.fields, of: message) }
        checkCycles(message)
    }

    private static func usedNames(_ message: Message) -> [String] {
        (message.fields + message.structures.flatMap(\.fields)).compactMap(\.type.structureName)
    }

    private mutating func check(fields: [Field], of message: Message) {
        checkUnique(fields.map { (SwiftNames.property($0.name), $0.location) }, "field")
        for field in fields {
            checkType(field, message)
            checkNullability(field)
            checkTag(field, message)
            checkDefault(field)
        }
        checkTagNumbers(fields)
    }

    private mutating func checkType(_ field: Field, _ message: Message) {
        if let name = field.type.structureName {
            guard let structure = message.structures.first(where: { $0.name == name }) else {
                return report(field.location, "no struct \(name) in \(message.name)")
            }
            if !structure.versions.contains(field.versions) {
                report(
                    field.location,
                    "\(field.name) exists in \(field.versions), "
                        + "but \(name) in \(structure.versions)"
                )
            }
        }
        if case .array(let element) = field.type {
            switch element {
            case .bool, .float64, .bytes, .records, .array:
                report(field.location, "an array of a type that arrays do not hold")
            default: break
            }
        }
        if field.isInflexible, field.type != .string, field.type != .bytes {
            report(field.location, "only strings and bytes can be inflexible")
        }
    }

    private mutating func checkNullability(_ field: Field) {
        if field.nullable != nil, !field.type.canBeNull {
            report(field.location, "\(field.name) is of a type that has no null")
        }
    }

    private mutating func checkTag(_ field: Field, _ message: Message) {
        guard let tag = field.tag else { return }
        guard let flexible = message.flexibleVersions, flexible.contains(tag.versions) else {
            return report(field.location, "a tag in a version that is not flexible")
        }
        if tag.versions.upper != field.versions.upper {
            report(field.location, "a tagged field that goes back to its place later")
        }
        if field.isInflexible { report(field.location, "a tagged field that is inflexible") }
    }

    private mutating func checkTagNumbers(_ fields: [Field]) {
        let tagged = fields.filter { $0.tag != nil }
            .sorted { ($0.tag?.number ?? 0) < ($1.tag?.number ?? 0) }
        for (index, field) in tagged.enumerated() where field.tag?.number != UInt32(index) {
            return report(
                field.location, "tags count up from 0 without gaps; \(index) was expected here")
        }
    }

    private mutating func checkDefault(_ field: Field) {
        guard field.defaultValue == .null else { return }
        guard let nullable = field.nullable, nullable.contains(field.versions) else {
            return report(field.location, "null is the default where it is not always allowed")
        }
    }

    /// A struct inside itself would have no end in memory, and its decoder none on hostile input.
    private mutating func checkCycles(_ message: Message) {
        let members = Dictionary(
            message.structures.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for structure in message.structures {
            var open = structure.fields.compactMap(\.type.structureName)
            var seen: Set<String> = []
            while let name = open.popLast() {
                if name == structure.name {
                    report(structure.location, "struct \(name) contains itself")
                    break
                }
                guard seen.insert(name).inserted, let inner = members[name] else { continue }
                open += inner.fields.compactMap(\.type.structureName)
            }
        }
    }
}
