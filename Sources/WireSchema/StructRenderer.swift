/// Renders one message or inner struct: state, initialisers, decoding, encoding, and JSON for
/// records.
///
/// The output is written for the compiler's sake as much as for the reader's: one plain statement
/// per field, no closures, no generics, no large expressions, so that fourteen thousand lines build
/// in seconds.
struct StructRenderer {
    let message: Message
    let name: String
    /// The versions in which this struct can occur.
    let versions: VersionRange
    let fields: [Field]
    /// Whether this is the message itself.
    let isMessage: Bool
    let about: [String]
    let writesJSON: Bool

    /// The type's name as errors show it.
    var path: String { isMessage ? name : "\(message.name).\(name)" }

    /// Whether a version of this struct has tagged sections.
    var hasFlexibleVersions: Bool {
        message.firstFlexible.map { $0 <= versions.upper } ?? false
    }

    /// The expression that tells whether a version is flexible: a constant where it always or never
    /// is.
    var flexible: String {
        guard let first = message.firstFlexible, first <= versions.upper else { return "false" }
        return first <= versions.lower ? "true" : "flexible"
    }

    func flexible(_ field: Field, isTagged: Bool) -> String {
        field.isInflexible ? "false" : isTagged ? "true" : flexible
    }

    /// Fields with a tag in some version, ascending by tag.
    var taggedFields: [(field: Field, tag: Field.Tag)] {
        fields.compactMap { field in field.tag.map { (field, $0) } }
            .sorted { $0.1.number < $1.1.number }
    }

    /// The versions in which a field stands in its place, not in the tagged section.
    func positional(_ field: Field) -> VersionRange? {
        guard let tag = field.tag else { return field.versions }
        // The checker makes sure that tagged versions reach to the end of the field's.
        return VersionRange(field.versions.lower, tag.versions.lower - 1)
    }

    /// A test that `version` is in `range`; nil if it always is.
    func condition(_ range: VersionRange) -> String? {
        let isOpenBelow = range.lower <= versions.lower
        let isOpenAbove = range.upper >= versions.upper
        switch (isOpenBelow, isOpenAbove) {
        case (true, true): return nil
        case (false, true): return "version >= \(range.lower)"
        case (true, false): return "version <= \(range.upper)"
        case (false, false):
            if range.lower == range.upper { return "version == \(range.lower)" }
            return "version >= \(range.lower) && version <= \(range.upper)"
        }
    }

    func render(_ code: inout CodeWriter) {
        for line in about { code.line("/// \(line)") }
        code.block("public struct \(name): \(conformances)") { code in
            if isMessage { renderFacts(&code) }
            for field in fields { renderProperty(field, &code) }
            if hasFlexibleVersions {
                code.line("/// Tagged fields that this build does not know.")
                code.line("public var unknownTaggedFields: [RawTaggedField] = []")
            }
            renderInitialisers(&code)
            renderDecoder(&code)
            renderEncoder(&code)
            if writesJSON { renderJSON(&code) }
            guard isMessage else { return }
            for inner in message.structures {
                code.line()
                StructRenderer(
                    message: message, name: inner.name, versions: inner.versions,
                    fields: inner.fields, isMessage: false, about: inner.about,
                    writesJSON: writesJSON
                ).render(&code)
            }
        }
    }

    private var conformances: String {
        guard isMessage else { return "Sendable, Equatable" }
        switch message.kind {
        case .request: return "RequestMessage"
        case .response: return "ResponseMessage"
        case .header: return "WireMessage"
        default: return "RecordMessage"
        }
    }

    private func renderFacts(_ code: inout CodeWriter) {
        switch message.kind {
        case .request:
            let api = message.name.dropLast("Request".count)
            code.line("public typealias Response = \(api)Response")
            code.line("public static var apiKey: ApiKey { .\(SwiftNames.lowerFirst(String(api))) }")
        case .response:
            let api = String(message.name.dropLast("Response".count))
            code.line("public static var apiKey: ApiKey { .\(SwiftNames.lowerFirst(api)) }")
        case .header:
            break
        default:
            let type = message.key.map(String.init) ?? "nil"
            code.line("public static var recordType: Int16? { \(type) }")
        }
        let range = "\(versions.lower)...\(versions.upper)"
        let first = message.firstFlexible.map(String.init) ?? "nil"
        code.line("public static var schemaName: String { \"\(name)\" }")
        code.line("public static var validVersions: ClosedRange<Int16> { \(range) }")
        code.line("public static var firstFlexibleVersion: Int16? { \(first) }")
        code.line()
    }

    private func renderProperty(_ field: Field, _ code: inout CodeWriter) {
        for line in field.about { code.line("/// \(line)") }
        var note: [String] = []
        note.append(field.versions == versions ? "all versions" : since(field.versions))
        if let nullable = field.nullable, nullable != field.versions {
            note.append("null in \(since(nullable))")
        }
        if let tag = field.tag { note.append("tagged \(tag.number)") }
        if note != ["all versions"] { code.line("/// In " + note.joined(separator: ", ") + ".") }
        let type = swiftType(field)
        code.line("public var \(property(field)): \(type) = \(defaultValue(field))")
    }

    private func since(_ range: VersionRange) -> String {
        range.upper == versions.upper && range.lower != range.upper
            ? "v\(range.lower)+" : "\(range)"
    }

    private func renderInitialisers(_ code: inout CodeWriter) {
        code.line()
        code.line("public init() {}")
        guard !fields.isEmpty else { return }
        code.line()
        code.line("public init(")
        for (index, field) in fields.enumerated() {
            let comma = index == fields.count - 1 ? "" : ","
            let value = defaultValue(field)
            code.line("    \(property(field)): \(swiftType(field)) = \(value)\(comma)")
        }
        code.block(")") { code in
            for field in fields { code.line("self.\(property(field)) = \(property(field))") }
        }
    }
}
