@testable import Tools

/// Renders `docs/tools.md` from the tools' tables.
enum ToolsPage {
    static let path = "docs/tools.md"

    static var text: String {
        var lines = [
            "# Tools", "",
            "Generated from the tables in `Sources/Tools`; a test compares. `martlet TOOL --help` says the same.",
            "Installed under Kafka's script names (`make install`), a tool is what it is called as: "
                + "`kafka-topics.sh` is `martlet topics`.",
            "A tool that cannot reach the cluster says so in one sentence and exits 1, as for a wrong command line; "
                + "`doctor` has codes of its own.",
        ]
        for page in Tools.pages.sorted(by: { $0.name < $1.name }) { lines += section(page) }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func section(_ page: ToolPage) -> [String] {
        var lines = ["", "## \(page.name)", "", page.summary, ""]
        let call = "martlet \(page.name)" + (page.synopsis.isEmpty ? "" : " \(page.synopsis)")
        let scripts = page.scripts.map { "`\($0)`" }.joined(separator: ", ")
        lines.append("`\(call)`" + (scripts.isEmpty ? "" : ", in Kafka \(scripts)"))
        lines += ["", "| flag | meaning |", "|---|---|"]
        for flag in page.shownFlags {
            let older = flag.aliases.map { "`--\($0)`" }.joined(separator: ", ")
            let note = older.isEmpty ? "" : " Older: \(older)."
            lines.append("| `\(cell(flag.usage))` | \(cell(flag.explanation))\(note) |")
        }
        for flag in page.flags {
            guard case .gone(let instead) = flag.kind else { continue }
            lines.append("| `--\(flag.name)` | Gone: use \(cell(instead)). |")
        }
        return lines
    }

    private static func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }
}
