internal import Bytes
internal import Configuration
internal import Model
internal import Platform
internal import Ports

/// `kafka-server-stop`: asks the nodes on this machine to shut down in order.
enum ServerStop: Tool {
    static let name = "server-stop"
    static let summary = "Ask nodes on this machine to shut down: all, those of a role, or one."
    static let helpCode = ExitCode.success
    static let flags = [
        Flag("process-role", .value("role"), "Only nodes with this role: broker or controller."),
        Flag("node-id", .value("id"), "Only the node of this id."),
    ]

    /// The command line of a process, as far as it is looked at.
    private static let commandBytesMax = 64 << 10

    static func run(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        try arguments.exclude("process-role", "node-id")
        let role = arguments.value("process-role")
        guard role == nil || role == "broker" || role == "controller" else {
            throw .usage(
                "Argument \(role ?? "") of option process-role is neither broker nor controller")
        }
        let id = try arguments.number("node-id", in: 0...Int64(Int32.max))
        var stopped = 0
        for process in processes(on: host) {
            guard let file = configurationPath(process.words) else { continue }
            if role != nil || id != nil {
                guard matches(process, file, role: role, id: id, host) else { continue }
            }
            do {
                try HostProcess.terminate(process.id)
                stopped += 1
            } catch {
                // One that has just ended is stopped as well.
                host.output.error("process \(process.id): \(error.reason)")
            }
        }
        guard stopped > 0 else { throw .failed("No kafka server to stop") }
        return ExitCode.success
    }

    private struct Running {
        let id: Int32
        let words: [String]
    }

    /// Processes that can be looked at; the others are not ours to stop.
    private static func processes(on host: ToolHost) -> [Running] {
        let entries: [DirectoryEntry]
        do { entries = try host.fileSystem.list("/proc") } catch { return [] }
        return entries.compactMap { entry in
            guard let id = Int32(entry.name), id != HostProcess.id else { return nil }
            do {
                let file = try host.fileSystem.open("/proc/\(id)/cmdline", .read)
                defer { file.close() }
                let bytes = try file.read(at: 0, count: commandBytesMax)
                guard let text = bytes.utf8 else { return nil }
                return Running(id: id, words: text.split(separator: "\0").map(String.init))
            } catch {
                // It has ended, or belongs to somebody else.
                return nil
            }
        }.sorted { $0.id < $1.id }
    }

    /// The `server.properties` that a command line starts a node with; nil if it does not.
    static func configurationPath(_ words: [String]) -> String? {
        guard let (name, rest) = Tools.toolName(words), name == "server-start",
            let program = words.first?.split(separator: "/").last,
            program == "martlet" || program.hasPrefix("kafka-server-start")
        else { return nil }
        return rest.first { !$0.hasPrefix("-") }
    }

    /// Whether a node's own file says that it is meant. One whose file is gone, or which has ended meanwhile, is
    /// left alone.
    private static func matches(
        _ process: Running, _ file: String, role: String?, id: Int64?, _ host: ToolHost
    ) -> Bool {
        let path = file.hasPrefix("/") ? file : "/proc/\(process.id)/cwd/\(file)"
        let properties: Properties
        do { properties = try host.properties(ofFile: path) } catch {
            host.output.error("process \(process.id) is left alone: \(path) cannot be read")
            return false
        }
        if let id {
            return (properties["node.id"] ?? properties["broker.id"]) == String(id)
        }
        let roles = (properties["process.roles"] ?? "").split(separator: ",")
        return roles.contains { $0.filter { !$0.isWhitespace } == role ?? "" }
    }
}
