/// Lines of Swift with their indentation.
struct CodeWriter {
    private(set) var text = ""
    private var depth = 0

    /// One line; an empty one stays empty.
    mutating func line(_ line: String = "") {
        if !line.isEmpty { text += String(repeating: "    ", count: depth) + line }
        text += "\n"
    }

    /// `head {`, what `body` writes one step deeper, `}`.
    mutating func block(_ head: String, _ body: (inout CodeWriter) -> Void) {
        line(head + " {")
        indented(body)
        line("}")
    }

    /// What `body` writes, one step deeper.
    mutating func indented(_ body: (inout CodeWriter) -> Void) {
        depth += 1
        body(&self)
        depth -= 1
    }

    /// `if condition { … }`, or just the body where there is no condition.
    mutating func when(_ condition: String?, _ body: (inout CodeWriter) -> Void) {
        if let condition { block("if \(condition)", body) } else { body(&self) }
    }

    /// Continues the last block: `} head {`.
    mutating func otherwise(_ head: String, _ body: (inout CodeWriter) -> Void) {
        precondition(text.hasSuffix("}\n"), "an else needs a block before it")
        text.removeLast()
        text += " \(head) {\n"
        indented(body)
        line("}")
    }
}
