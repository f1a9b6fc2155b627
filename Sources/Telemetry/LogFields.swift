/// What happened to whom, in the order written: `["partition": partition, "epoch": 7]`.
package struct LogFields: Sendable, ExpressibleByDictionaryLiteral {
    private(set) var pairs: [(key: String, value: String)] = []

    package init(dictionaryLiteral elements: (String, any CustomStringConvertible)...) {
        pairs = elements.map { (key: $0.0, value: $0.1.description) }
    }

    /// Adds a field at the end.
    package mutating func append(_ key: String, _ value: any CustomStringConvertible) {
        pairs.append((key: key, value: value.description))
    }
}

extension LogFields {
    /// Bytes of one value that are kept: no peer may fill the disk through the log.
    private static let valueMax = 1024

    /// ` key=value …` with a leading blank. Values with blanks, quotes or control characters are quoted, so
    /// that no peer can forge a line.
    func write(to line: inout String) {
        for (key, value) in pairs {
            line += " \(key)=\(Self.quoted(value))"
        }
    }

    private static func quoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }
        if isPlain, !text.isEmpty, text.utf8.count <= valueMax { return text }
        var result = "\""
        for scalar in text.unicodeScalars {
            guard result.utf8.count < valueMax else {
                result += "…"
                break
            }
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default:
                let isControl = scalar.properties.generalCategory == .control
                if isControl || scalar.properties.generalCategory == .format {
                    result += "\\u{\(String(scalar.value, radix: 16))}"
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }
}
