/// One command-line tool: flags in, Kafka's own output out.
protocol Tool: Sendable {
    /// Kafka's script name without `kafka-` and `.sh`.
    static var name: String { get }
    /// Other names under which it is called.
    static var aliases: [String] { get }
    /// One line for `martlet help`.
    static var summary: String { get }
    /// Shown in the usage between the name and the flags: subcommands.
    static var synopsis: String { get }
    /// Whether Kafka has a script of that name.
    static var isKafkas: Bool { get }
    static var flags: [Flag] { get }
    /// How many words that are no flags it takes.
    static var positionalsMax: Int { get }
    /// Kafka's older tools exit 1 after help, those with subcommands 0.
    static var helpCode: Int32 { get }
    /// Whether Ctrl-C and SIGTERM reach the tool as an `Interruption`.
    static var heedsInterruption: Bool { get }

    /// Does the work and answers with the exit code.
    static func run(_ arguments: Arguments, on host: ToolHost) async throws(ToolFailure) -> Int32
}

extension Tool {
    static var aliases: [String] { [] }
    static var isKafkas: Bool { true }
    static var synopsis: String { "" }
    static var positionalsMax: Int { 0 }
    static var helpCode: Int32 { ExitCode.failure }
    static var heedsInterruption: Bool { false }

    /// What `--help` prints.
    static func help() -> String {
        var lines = [
            summary, "", "usage: martlet \(name)\(synopsis.isEmpty ? "" : " " + synopsis)",
        ]
        let shown = (flags + Tools.commonFlags).filter { flag in
            if case .gone = flag.kind { return false }
            return true
        }
        let width = min(shown.map(\.usage.count).max() ?? 0, 42)
        lines.append("")
        for flag in shown {
            let needed = flag.isRequired ? "REQUIRED: " : ""
            lines.append("  \(Format.left(flag.usage, width))  \(needed)\(flag.help)")
        }
        return lines.joined(separator: "\n")
    }
}
