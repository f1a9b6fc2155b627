internal import Platform

/// All tools by name: Kafka's, as `martlet topics …` or, by a link of that name, `kafka-topics.sh …`.
package enum Tools {
    static let all: [any Tool.Type] = [
        Topics.self, Configs.self, ConsoleProducer.self, ConsoleConsumer.self, MetadataQuorum.self,
        Features.self, BrokerApiVersions.self, GetOffsets.self, LeaderElection.self, DumpLog.self,
        Storage.self, ConsumerGroups.self, Groups.self, ProducerPerfTest.self,
        ConsumerPerfTest.self, LogDirs.self, ReassignPartitions.self,
        DeleteRecords.self, ClusterTool.self, VerifiableProducer.self, VerifiableConsumer.self,
        EndToEndLatency.self, Verify.self, Doctor.self, MetadataShell.self, ServerStop.self,
        Up.self, Reference.self,
        ContainerStart.self,
    ]

    /// What every tool takes.
    static let commonFlags = [
        Flag("help", "Print this text."), Flag("version", "Print the version."),
    ]

    /// The version of Kafka that is spoken, and ours.
    package static let kafkaVersion = "4.3.1"
    package static let version = "0.1.0"

    /// The words after `server-start`, if that is what is asked for. A node is the door's business: it must
    /// start on the main thread, before there is any other.
    package static func serverWords(_ arguments: [String]) -> [String]? {
        guard let (name, words) = toolName(arguments), name == "server-start" else { return nil }
        return words
    }

    /// Called first, from the main thread before there is any other: signals that tools want to hear of are
    /// kept from all threads.
    package static func prepare(_ arguments: [String]) {
        Signals.ignoreBrokenPipes()
        guard let name = toolName(arguments)?.name else { return }
        if tool(named: name)?.heedsInterruption == true { Interruption.watch() }
    }

    /// Runs the tool that `arguments`, the program's own name first, ask for. Answers with the exit code.
    package static func run(_ arguments: [String], on host: ToolHost) async -> Int32 {
        defer { host.output.flush() }
        guard let (name, words) = toolName(arguments) else {
            host.output.error(overview())
            return ExitCode.failure
        }
        switch name {
        case "help", "--help", "-h":
            return help(words, on: host)
        case "version", "--version":
            host.output.line("martlet \(version) (Kafka \(kafkaVersion))")
            return ExitCode.success
        default:
            break
        }
        guard let tool = tool(named: name) else {
            host.output.error("'\(name)' is not a tool." + nearest(to: name))
            return ExitCode.failure
        }
        return await run(tool, words, on: host)
    }

    private static func run(
        _ tool: any Tool.Type, _ words: [String], on host: ToolHost
    ) async -> Int32 {
        do throws(ToolFailure) {
            let arguments = try Arguments(
                words, flags: tool.flags + commonFlags, positionalsMax: tool.positionalsMax)
            if arguments.isHelpWanted {
                host.output.line(tool.help())
                return tool.helpCode
            }
            if arguments.has("version") {
                host.output.line(kafkaVersion)
                return ExitCode.success
            }
            for (old, new) in arguments.outdated {
                host.output.error("Option \(old) is deprecated and may go; use \(new) instead.")
            }
            return try await tool.run(arguments, on: host)
        } catch {
            switch error {
            case .usage(let reason):
                host.output.error(reason)
                host.output.error(tool.help())
                return ExitCode.failure
            case .failed(let sentence):
                host.output.error(sentence)
                return ExitCode.failure
            case .exit(let code):
                return code
            }
        }
    }

    // MARK: Names

    private static func tool(named name: String) -> (any Tool.Type)? {
        all.first { $0.name == name || $0.aliases.contains(name) }
    }

    /// The tool that is called and the words for it: by the program's own name, if that is a tool's, else
    /// by the first word.
    static func toolName(_ arguments: [String]) -> (name: String, words: [String])? {
        guard let program = arguments.first else { return nil }
        var base = program.split(separator: "/").last.map(String.init) ?? program
        if base.hasSuffix(".sh") { base.removeLast(3) }
        if base.hasPrefix("kafka-") {
            return (String(base.dropFirst(6)), Array(arguments.dropFirst()))
        }
        guard arguments.count > 1 else { return nil }
        return (arguments[1], Array(arguments.dropFirst(2)))
    }

    private static func help(_ words: [String], on host: ToolHost) -> Int32 {
        guard let name = words.first else {
            host.output.line(overview())
            return ExitCode.success
        }
        guard let tool = tool(named: name) else {
            host.output.error("'\(name)' is not a tool." + nearest(to: name))
            return ExitCode.failure
        }
        host.output.line(tool.help())
        return ExitCode.success
    }

    static func overview() -> String {
        var lines = [
            "martlet \(version): Apache Kafka's cluster in one program (speaks Kafka \(kafkaVersion)).",
            "", "usage: martlet TOOL [flags]", "",
        ]
        var rows = all.map { (name: $0.name, summary: $0.summary) }
        rows.append(
            (name: "server-start", summary: "Run a node: server-start FILE [--override k=v]..."))
        rows.append((name: "version", summary: "Print the version."))
        rows.append((name: "help", summary: "Print this text, or a tool's: help TOOL"))
        for row in rows { lines.append("  \(Format.left(row.name, 22))\(row.summary)") }
        return lines.joined(separator: "\n")
    }

    private static func nearest(to name: String) -> String {
        let known = all.flatMap { [$0.name] + $0.aliases } + ["server-start", "version", "help"]
        let similar = known.filter { $0.hasPrefix(name.prefix(3)) || $0.hasSuffix(name) }
        guard !similar.isEmpty else { return " See martlet help." }
        return " Did you mean \(similar.joined(separator: ", "))?"
    }
}
