/// A JSON text to be printed: members stand in the order in which they were given.
indirect enum JSONPiece: Sendable {
    /// Nil is null.
    case text(String?)
    case number(Int64)
    case real(Double)
    case flag(Bool)
    case list([JSONPiece])
    case object([(name: String, value: JSONPiece)])

    /// On one line, without blanks.
    var rendered: String {
        switch self {
        case .text(let text): text.map(JSONText.quoted) ?? "null"
        case .number(let number): String(number)
        // JSON has no word for what is no number.
        case .real(let number): number.isFinite ? String(number) : "null"
        case .flag(let flag): flag ? "true" : "false"
        case .list(let elements): "[" + elements.map(\.rendered).joined(separator: ",") + "]"
        case .object(let members):
            "{"
                + members.map { JSONText.quoted($0.name) + ":" + $0.value.rendered }
                .joined(separator: ",") + "}"
        }
    }
}
