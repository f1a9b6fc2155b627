/// `martlet reference`: what is made of the tools' tables, for `make install` and the documentation.
enum Reference: Tool {
    static let name = "reference"
    static let summary =
        "Write shell completion, manual pages and names, made of the tools' tables."
    static let synopsis = "(names | completion SHELL | man [TOOL])"
    static let positionalsMax = 2
    static let helpCode = ExitCode.success
    static let isKafkas = false
    static let flags: [Flag] = []

    static func run(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        let words = arguments.positionals
        switch (words.first, words.dropFirst().first) {
        case ("names", nil):
            for name in names { host.output.line(name) }
        case ("completion", let shell?):
            guard let shell = Completion(rawValue: shell) else {
                throw .usage("completion: the shells are bash, zsh and fish")
            }
            host.output.text(shell.script(Tools.pages))
        case ("completion", nil): throw .usage("completion: a shell is needed")
        case ("man", nil): host.output.text(ManualPage.overview(Tools.pages))
        case ("man", let tool?):
            guard let page = Tools.pages.first(where: { $0.name == tool }) else {
                throw .usage("man: '\(tool)' is not a tool")
            }
            host.output.text(ManualPage.text(page))
        default: throw .usage("one of names, completion and man is needed")
        }
        return ExitCode.success
    }

    /// The scripts of Kafka that this program can be called as.
    static var names: [String] { Tools.pages.flatMap(\.scripts) }
}

/// What there is to know about a tool from outside.
struct ToolPage: Sendable {
    let name: String
    let summary: String
    let synopsis: String
    let flags: [Flag]
    /// Names of Kafka's scripts, empty for a tool that Kafka does not have.
    let scripts: [String]

    /// Flags that are still there.
    var shownFlags: [Flag] { flags.filter { !$0.isGone } }

    /// Words that may stand for the subcommand, as the synopsis lists them: `(a | b X | c)`.
    var subcommands: [String] {
        guard let open = synopsis.firstIndex(of: "("), let close = synopsis.firstIndex(of: ")")
        else { return [] }
        return synopsis[synopsis.index(after: open)..<close].split(separator: "|").compactMap {
            $0.split(separator: " ").first.map(String.init)
        }
    }
}

extension Flag {
    /// Whether it only tells what to use instead.
    var isGone: Bool {
        if case .gone = kind { true } else { false }
    }

    /// As they are typed.
    var words: [String] { ["--\(name)"] + (letter.map { ["-\($0)"] } ?? []) }

    /// What help says.
    var explanation: String { (isRequired ? "Required. " : "") + help }
}

extension Tools {
    /// All tools, and what the door serves itself.
    static var pages: [ToolPage] {
        all.map { tool in
            ToolPage(
                name: tool.name, summary: tool.summary, synopsis: tool.synopsis,
                flags: tool.flags + commonFlags,
                scripts: tool.isKafkas ? ["kafka-\(tool.name).sh"] : [])
        } + [serverStart]
    }

    private static var serverStart: ToolPage {
        ToolPage(
            name: "server-start", summary: "Run a node in the foreground, until SIGTERM or Ctrl-C.",
            synopsis: "server.properties",
            flags: [
                Flag("override", .values("property=value"), "Over what the file says.")
            ], scripts: ["kafka-server-start.sh"])
    }
}
