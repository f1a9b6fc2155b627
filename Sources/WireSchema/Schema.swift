/// One `.schema` file: an API with its two messages, or records and headers.
package struct SchemaFile: Sendable {
    package let name: String
    package let api: API?
    package let messages: [Message]
}

/// What a file says about an API beside its messages.
package struct API: Hashable, Sendable {
    /// Which kind of listener serves it.
    package enum Listener: String, Sendable { case broker, controller }

    package let key: Int16
    package let name: String
    package var listeners: [Listener] = []
    /// A broker forwards it to the active controller.
    package var isForwarded = false
    /// Only nodes of the cluster may send it.
    package var needsClusterAction = false
    /// The highest version is offered only with the unstable-API switch.
    package var isLatestUnstable = false
    package let about: [String]
    package let location: SourceLocation
}

/// A message: what is encoded and decoded as a whole at one version.
package struct Message: Sendable {
    /// The word that opens a message. Record types count within their kind.
    package enum Kind: String, CaseIterable, Sendable {
        case request, response, header, data, metadata, tiered
        case groupKey = "group-key"
        case groupValue = "group-value"
        case shareKey = "share-key"
        case shareValue = "share-value"
        case transactionKey = "transaction-key"
        case transactionValue = "transaction-value"

        /// Whether a number follows the word.
        var isNumbered: Bool {
            switch self {
            case .request, .response, .header, .data: false
            default: true
            }
        }
    }

    package let kind: Kind
    /// The API key, or the record type of a numbered kind.
    package let key: Int16?
    package let name: String
    package let versions: VersionRange
    /// From here on compact lengths and tagged sections are in use; nil if never.
    package let firstFlexible: Int16?
    package let fields: [Field]
    /// Structs that several fields share.
    package let commonStructs: [Structure]
    package let about: [String]
    package let location: SourceLocation

    package func isFlexible(_ version: Int16) -> Bool {
        firstFlexible.map { version >= $0 } ?? false
    }

    /// The flexible versions, if there are any.
    package var flexibleVersions: VersionRange? {
        firstFlexible.flatMap { VersionRange(max($0, versions.lower), versions.upper) }
    }

    /// Every struct of the message, in the order in which the file shows them.
    package var structures: [Structure] {
        var all: [Structure] = []
        func visit(_ fields: [Field]) {
            for field in fields {
                guard let inline = field.inline else { continue }
                all.append(inline)
                visit(inline.fields)
            }
        }
        visit(fields)
        for common in commonStructs {
            all.append(common)
            visit(common.fields)
        }
        return all
    }
}

/// A named group of fields.
package struct Structure: Sendable {
    package let name: String
    package let versions: VersionRange
    package let fields: [Field]
    package let about: [String]
    package let location: SourceLocation
}

/// One field of a message or struct.
package struct Field: Sendable {
    /// A field that travels in the tagged section.
    package struct Tag: Hashable, Sendable {
        package let number: UInt32
        package let versions: VersionRange
    }

    package let name: String
    package let type: FieldType
    /// Where the field exists.
    package let versions: VersionRange
    /// Where it may be null.
    package let nullable: VersionRange?
    package let tag: Tag?
    package let defaultValue: DefaultValue?
    /// Whether a version without the field drops a value silently.
    package let isIgnorable: Bool
    /// Keeps the old length prefix even in flexible versions.
    package let isInflexible: Bool
    /// The struct that the lines below the field define.
    package let inline: Structure?
    package let about: [String]
    package let location: SourceLocation
}

/// What stands after `=`.
package enum DefaultValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case text(String)
}

/// The type of a field.
package indirect enum FieldType: Hashable, Sendable {
    case bool, int8, int16, uint16, int32, uint32, int64, float64, uuid, string, bytes, records
    case structure(String)
    case array(FieldType)

    /// Reads `int32`, `[string]`, `FetchTopic`; nil if it is none of them.
    package init?(_ text: Substring) {
        if text.hasPrefix("["), text.hasSuffix("]") {
            guard let element = FieldType(text.dropFirst().dropLast()) else { return nil }
            if case .array = element { return nil }
            self = .array(element)
        } else if let primitive = Self.primitives[String(text)] {
            self = primitive
        } else if let first = text.first, first.isUppercase, text.allSatisfy(isNameCharacter) {
            self = .structure(String(text))
        } else {
            return nil
        }
    }

    private static let primitives: [String: FieldType] = [
        "bool": .bool, "int8": .int8, "int16": .int16, "uint16": .uint16, "int32": .int32,
        "uint32": .uint32, "int64": .int64, "float64": .float64, "uuid": .uuid,
        "string": .string, "bytes": .bytes, "records": .records,
    ]

    /// The element of an array, or the type itself.
    package var element: FieldType {
        if case .array(let element) = self { element } else { self }
    }

    /// The name of the struct in it, if there is one.
    package var structureName: String? {
        if case .structure(let name) = element { name } else { nil }
    }

    package var isArray: Bool { if case .array = self { true } else { false } }

    /// Whether there is a form on the wire for null.
    package var canBeNull: Bool {
        switch self {
        case .string, .bytes, .records, .structure, .array: true
        default: false
        }
    }

    /// The values of an integer type.
    var integerRange: ClosedRange<Int64>? {
        switch self {
        case .int8: Int64(Int8.min)...Int64(Int8.max)
        case .int16: Int64(Int16.min)...Int64(Int16.max)
        case .uint16: 0...Int64(UInt16.max)
        case .int32: Int64(Int32.min)...Int64(Int32.max)
        case .uint32: 0...Int64(UInt32.max)
        case .int64: Int64.min...Int64.max
        default: nil
        }
    }
}

/// Names are ASCII letters and digits.
func isNameCharacter(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber)
}
