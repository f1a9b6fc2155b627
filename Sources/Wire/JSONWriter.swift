public import Bytes
public import Model

/// Writes compact JSON, as far as Kafka's dump tools and state files need it.
public struct JSONWriter: Sendable {
    /// What was written so far.
    public private(set) var text = ""
    private var needsComma = false

    public init() {}

    private mutating func separate() {
        if needsComma { text += "," }
        needsComma = true
    }

    /// The name of the member whose value comes next.
    public mutating func name(_ name: String) {
        separate()
        quoted(name)
        text += ":"
        needsComma = false
    }

    public mutating func beginObject() { open("{") }
    public mutating func endObject() { close("}") }
    public mutating func beginArray() { open("[") }
    public mutating func endArray() { close("]") }

    private mutating func open(_ bracket: String) {
        separate()
        text += bracket
        needsComma = false
    }

    private mutating func close(_ bracket: String) {
        text += bracket
        needsComma = true
    }

    public mutating func null() {
        separate()
        text += "null"
    }

    public mutating func bool(_ value: Bool) {
        separate()
        text += value ? "true" : "false"
    }

    public mutating func integer(_ value: some BinaryInteger) {
        separate()
        text += String(value)
    }

    public mutating func float64(_ value: Double) {
        separate()
        // JSON has no word for the values that are no numbers; Jackson quotes them.
        text += value.isFinite ? "\(value)" : "\"\(value)\""
    }

    public mutating func string(_ value: String) {
        separate()
        quoted(value)
    }

    public mutating func uuid(_ value: UUID) { string(value.description) }

    /// Bytes as base64 with padding.
    public mutating func bytes(_ value: SharedBytes) {
        separate()
        text += "\""
        text += base64(value)
        text += "\""
    }

    private mutating func quoted(_ value: String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{8}": text += "\\b"
            case "\u{c}": text += "\\f"
            case "\0"..."\u{1f}":
                let hex = String(scalar.value, radix: 16, uppercase: true)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

private let base64Alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

private func base64(_ bytes: SharedBytes) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let left = min(3, bytes.count - start)
        var group: UInt32 = 0
        for index in 0..<3 {
            group = group << 8 | (index < left ? UInt32(bytes[start + index]) : 0)
        }
        for index in 0..<4 {
            let digit = base64Alphabet[Int(group >> (18 - 6 * UInt32(index)) & 63)]
            text.append(index <= left ? digit : UInt8(ascii: "="))
        }
    }
    return String(decoding: text, as: UTF8.self)
}
