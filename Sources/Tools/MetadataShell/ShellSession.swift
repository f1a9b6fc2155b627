/// A session of the metadata shell: a line in, lines out. It knows no terminal.
struct ShellSession {
    struct Answer: Equatable {
        var lines: [String] = []
        /// Whether something went wrong.
        var isFailure = false
        var isOver = false

        static func failure(_ line: String) -> Answer { Answer(lines: [line], isFailure: true) }
    }

    /// Lines that are remembered.
    static let historyMax = 1_000

    private static let manual: [(command: String, usage: String, what: String)] = [
        ("cat", "cat FILE...", "Show files."),
        ("cd", "cd [DIRECTORY]", "Change the directory; without one, to the root."),
        ("exit", "exit", "Leave the shell."),
        ("find", "find [PATH...]", "List all that is below."),
        ("help", "help", "Show the commands."),
        ("history", "history [NUMBER]", "Show the last lines."),
        ("ls", "ls [PATH...]", "List directories."),
        ("man", "man COMMAND", "Show what a command does."),
        ("pwd", "pwd", "Show the directory."),
        ("tree", "tree [PATH...]", "Show all that is below, with what is in the files."),
    ]

    let tree: MetadataTree
    private(set) var directory: [String] = []
    private(set) var history: [String] = []

    init(_ tree: MetadataTree) { self.tree = tree }

    mutating func run(_ line: String) -> Answer {
        let words = line.split { $0 == " " || $0 == "\t" }.map(String.init)
        guard let command = words.first else { return Answer() }
        history.append(line)
        if history.count > Self.historyMax { history.removeFirst() }
        let rest = Array(words.dropFirst())
        switch command {
        case "cat": return each(of: rest, command, orHere: false) { cat($0) }
        case "cd": return changeDirectory(rest)
        case "exit", "quit": return Answer(isOver: true)
        case "find": return each(of: rest, command) { find($0) }
        case "help": return Answer(lines: Self.help)
        case "history": return showHistory(rest)
        case "ls": return list(rest)
        case "man": return man(rest)
        case "pwd": return Answer(lines: [Self.text(of: directory)])
        case "tree": return each(of: rest, command) { Answer(lines: below($0, depth: 0)) }
        default:
            return .failure("\(command): no such command. Try help.")
        }
    }

    // MARK: Commands

    private static var help: [String] {
        manual.map { "\(Format.left($0.usage, 20))\($0.what)" }
    }

    private func man(_ words: [String]) -> Answer {
        guard let word = words.first, words.count == 1 else {
            return .failure("man: one command is needed")
        }
        guard let page = Self.manual.first(where: { $0.command == word }) else {
            return .failure("man: no page for \(word)")
        }
        return Answer(lines: ["usage: \(page.usage)", page.what])
    }

    private func showHistory(_ words: [String]) -> Answer {
        var count = history.count
        if let word = words.first {
            guard let number = Int(word), number >= 0 else {
                return .failure("history: \(word) is no number")
            }
            count = number
        }
        let first = max(0, history.count - count)
        return Answer(lines: (first..<history.count).map { "\($0 + 1)  \(history[$0])" })
    }

    private mutating func changeDirectory(_ words: [String]) -> Answer {
        guard words.count <= 1 else { return .failure("cd: more than one directory") }
        let found = tree.matches(MetadataTree.resolve(words.first ?? "/", from: directory))
        guard let path = found.first, found.count == 1 else {
            return .failure(
                "cd: \(words.first ?? ""): "
                    + (found.isEmpty ? "no such file or directory." : "more than one directory."))
        }
        guard tree.node(at: path)?.isDirectory == true else {
            return .failure("cd: \(words.first ?? ""): not a directory.")
        }
        directory = path
        return Answer()
    }

    /// Does something with every path that the words stand for.
    private func each(
        of words: [String], _ command: String, orHere: Bool = true,
        _ body: ([String]) -> Answer
    ) -> Answer {
        guard orHere || !words.isEmpty else { return .failure("\(command): a file is needed") }
        var answer = Answer()
        for word in words.isEmpty ? ["."] : words {
            let paths = tree.matches(MetadataTree.resolve(word, from: directory))
            if paths.isEmpty {
                answer.lines.append("\(command): \(word): no such file or directory.")
                answer.isFailure = true
            }
            for path in paths {
                let one = body(path)
                answer.lines += one.lines
                answer.isFailure = answer.isFailure || one.isFailure
            }
        }
        return answer
    }

    private func cat(_ path: [String]) -> Answer {
        guard let text = tree.node(at: path)?.text else {
            return .failure("cat: \(Self.text(of: path)): is a directory.")
        }
        return Answer(lines: [text])
    }

    private func list(_ words: [String]) -> Answer {
        let isAlone = words.count <= 1 && !(words.first ?? "").contains { "*?".contains($0) }
        return each(of: words, "ls") { path in
            guard let node = tree.node(at: path) else { return Answer() }
            guard node.isDirectory else { return Answer(lines: [Self.text(of: path)]) }
            return Answer(lines: (isAlone ? [] : ["\(Self.text(of: path)):"]) + node.names)
        }
    }

    private func find(_ path: [String]) -> Answer {
        guard let node = tree.node(at: path) else { return Answer() }
        var lines = [Self.text(of: path)]
        for name in node.names { lines += find(path + [name]).lines }
        return Answer(lines: lines)
    }

    private func below(_ path: [String], depth: Int) -> [String] {
        guard let node = tree.node(at: path) else { return [] }
        let indent = String(repeating: "  ", count: depth)
        let name = path.last ?? "/"
        if let text = node.text { return ["\(indent)\(name): \(text)"] }
        return ["\(indent)\(name):"] + node.names.flatMap { below(path + [$0], depth: depth + 1) }
    }

    static func text(of path: [String]) -> String { "/" + path.joined(separator: "/") }

    // MARK: Completion

    /// What the last word of a line may become, whole lines, in order.
    func completions(of line: String) -> [String] {
        let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard let last = words.last else { return [] }
        let head = words.dropLast().map { $0 + " " }.joined()
        if words.count == 1 {
            return Self.manual.map(\.command).filter { $0.hasPrefix(last) }.map { $0 + " " }
        }
        if words.first == "man" {
            return Self.manual.map(\.command).filter { $0.hasPrefix(last) }.map { head + $0 }
        }
        let slash = last.lastIndex(of: "/")
        let shown = slash.map { String(last[...$0]) } ?? ""
        let start = slash.map { String(last[last.index(after: $0)...]) } ?? last
        let place = MetadataTree.resolve(shown.isEmpty ? "." : shown, from: directory)
        guard let node = tree.node(at: place) else { return [] }
        return node.names.filter { $0.hasPrefix(start) }.map { name in
            head + shown + name + (node[name]?.isDirectory == true ? "/" : "")
        }
    }
}
