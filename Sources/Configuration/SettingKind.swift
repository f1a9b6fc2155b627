/// How a setting's text is read, with the number DescribeConfigs gives it on the wire.
package enum SettingKind: Int8, Sendable, CaseIterable {
    case boolean = 1
    case string = 2
    case int = 3
    case short = 4
    case long = 5
    case double = 6
    case list = 7
    case className = 8
    case password = 9

    /// What an operator is told a value must be.
    package var name: String {
        switch self {
        case .boolean: "boolean"
        case .string: "string"
        case .int: "int"
        case .short: "short"
        case .long: "long"
        case .double: "double"
        case .list: "list"
        case .className: "class"
        case .password: "password"
        }
    }

    /// The canonical text of `text`, or nil if it is not of this kind: trimmed, `TRUE` as `true`, list entries
    /// without the blanks around commas.
    package func canonical(_ text: String) -> String? {
        let trimmed = text.trimmed
        switch self {
        case .boolean:
            let lower = trimmed.lowercased()
            return lower == "true" || lower == "false" ? lower : nil
        case .int: return Int32(trimmed).map { String($0) }
        case .short: return Int16(trimmed).map { String($0) }
        case .long: return Int64(trimmed).map { String($0) }
        case .double:
            guard let number = Double(trimmed), !number.isNaN else { return nil }
            return Self.javaText(number)
        case .list: return Self.entries(trimmed).joined(separator: ",")
        case .string, .className: return trimmed
        case .password: return text
        }
    }

    /// A list's entries: split at commas, trimmed, later duplicates dropped (KIP-1161).
    package static func entries(_ text: String) -> [String] {
        let trimmed = text.trimmed
        guard !trimmed.isEmpty else { return [] }
        var seen: Set<String> = []
        return trimmed.split(separator: ",", omittingEmptySubsequences: false)
            .map { String($0).trimmed }
            .filter { seen.insert($0).inserted }
    }

    /// A double as Java prints it: `1.7976931348623157E308`, where Swift says `e+308`.
    private static func javaText(_ number: Double) -> String {
        let text = String(number)
        guard let mark = text.firstIndex(of: "e") else { return text }
        let exponent = text[text.index(after: mark)...].drop { $0 == "+" }
        let mantissa = text[..<mark]
        return mantissa + (mantissa.contains(".") ? "" : ".0") + "E" + exponent
    }
}

extension String {
    /// Without blanks and line ends at both ends.
    var trimmed: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }),
            let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}
