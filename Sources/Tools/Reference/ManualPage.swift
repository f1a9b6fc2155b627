/// Manual pages in the language of `man`.
enum ManualPage {
    /// The page of one tool, `martlet-TOOL(1)`.
    static func text(_ page: ToolPage) -> String {
        let title = "martlet-\(page.name)"
        var lines = head(title, page.summary)
        lines += [".SH SYNOPSIS", ".B martlet \(escaped(page.name))"]
        if !page.synopsis.isEmpty { lines.append(escaped(page.synopsis)) }
        lines.append("[flags]")
        if let script = page.scripts.first {
            lines += [".SH DESCRIPTION", "Called as", ".B \(escaped(script))", "it is the same."]
        }
        lines.append(".SH OPTIONS")
        for flag in page.shownFlags {
            lines += [".TP", ".B \(escaped(flag.usage))", escaped(flag.explanation)]
            let older = flag.aliases.map { "--\($0)" }.joined(separator: ", ")
            if !older.isEmpty { lines.append("Older names: \(escaped(older)).") }
        }
        lines += [".SH SEE ALSO", ".BR martlet (1)"]
        return lines.joined(separator: "\n") + "\n"
    }

    /// The page of the program, `martlet(1)`.
    static func overview(_ pages: [ToolPage]) -> String {
        var lines = head("martlet", "Apache Kafka's cluster in one program.")
        lines += [".SH SYNOPSIS", ".B martlet", "TOOL [flags]", ".SH TOOLS"]
        for page in pages {
            lines += [".TP", ".BR martlet\\-\(escaped(page.name)) (1)", escaped(page.summary)]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func head(_ title: String, _ summary: String) -> [String] {
        [
            ".TH \(escaped(title.uppercased())) 1 \"\" \"Martlet \(Tools.version)\" \"Martlet\"",
            ".SH NAME", "\(escaped(title)) \\- \(escaped(summary))",
        ]
    }

    /// Text that `man` shows as it is.
    static func escaped(_ text: String) -> String {
        let plain = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
        return plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&" + plain : plain
    }
}
