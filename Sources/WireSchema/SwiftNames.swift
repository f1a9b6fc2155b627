/// How names of the schema become names of Swift: `TopicIds` → `topicIDs`, `NewIsr` → `newISR`,
/// `Isr` → `isr`. Type names stay as they are.
enum SwiftNames {
    private static let acronyms: [String: String] = ["Id": "ID", "Ids": "IDs", "Isr": "ISR"]

    private static let keywords: Set<String> = [
        "as", "break", "case", "catch", "class", "continue", "default", "defer", "deinit", "do",
        "else", "enum", "extension", "fallthrough", "false", "fileprivate", "for", "func", "guard",
        "if", "import", "in", "init", "inout", "internal", "is", "let", "nil", "operator",
        "private", "protocol", "public", "repeat", "rethrows", "return", "self", "static",
        "struct", "subscript", "super", "switch", "throw", "throws", "true", "try", "typealias",
        "var", "where", "while",
    ]

    /// The property for a field.
    static func property(_ name: String) -> String {
        var words: [String] = []
        for character in name {
            if character.isUppercase || words.isEmpty { words.append("") }
            words[words.count - 1].append(character)
        }
        let rest = words.dropFirst().map { acronyms[$0] ?? $0 }
        return escaped(words[0].lowercased() + rest.joined())
    }

    /// A case or constant for a type: only the first letter changes.
    static func lowerFirst(_ name: String) -> String {
        escaped(name.prefix(1).lowercased() + name.dropFirst())
    }

    /// The name in JSON, as Kafka prints it.
    static func json(_ name: String) -> String {
        name.prefix(1).lowercased() + name.dropFirst()
    }

    /// `PartitionRecord` → `PARTITION_RECORD`, as Kafka's dump tools print record types.
    static func snake(_ name: String) -> String {
        var text = ""
        var wasCapital = true
        for character in name {
            // Capitals in a row are one word: `KRaftVersion` is `KRAFT_VERSION`.
            if character.isUppercase, !wasCapital { text += "_" }
            wasCapital = character.isUppercase
            text += character.uppercased()
        }
        return text
    }

    private static func escaped(_ name: String) -> String {
        keywords.contains(name) ? "`\(name)`" : name
    }
}
