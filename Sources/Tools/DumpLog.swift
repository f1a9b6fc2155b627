internal import Bytes
internal import Model
internal import Ports

/// `kafka-dump-log`: shows what is in a partition's files.
enum DumpLog: Tool {
    static let name = "dump-log"
    static let summary = "Parse a log file and dump its contents, for debugging."
    static let flags = [
        Flag("files", .value("a,b,..."), "The files.", isRequired: true),
        Flag("print-data-log", "Show keys and values."),
        Flag("deep-iteration", "Show each record, not only the batches."),
        Flag("cluster-metadata-decoder", "Show the metadata log's records."),
        Flag("skip-record-metadata", "Show values alone."),
        Flag("index-sanity-check", "Only check that the index files are sane."),
        Flag("verify-index-only", "Only check index files against the log."),
        Flag("max-bytes", .value("number"), "Read so much of each log file."),
        Flag("max-message-size", .value("number"), "The largest batch that is read."),
        Flag("value-decoder-class", .value("class"), "No effect: bytes are printed as they are."),
        Flag("key-decoder-class", .value("class"), "No effect: bytes are printed as they are."),
        Flag(
            "offsets-decoder", .gone(insteadUse: "a later version: groups are not served yet"), ""),
        Flag(
            "transaction-log-decoder",
            .gone(insteadUse: "a later version: transactions are not served yet"), ""),
        Flag(
            "share-group-state-decoder",
            .gone(insteadUse: "a later version: share groups are not served yet"), ""),
        Flag(
            "remote-log-metadata-decoder",
            .gone(insteadUse: "a later version: tiered storage is not served yet"), ""),
    ]

    static func run(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        let options = try LogDump.Options(arguments)
        var problems: [String] = []
        for path in try arguments.required("files").split(separator: ",").map(String.init) {
            host.output.line("Dumping \(path)")
            let file = try open(path, host)
            defer { file.close() }
            do {
                switch kind(of: path) {
                case "log", "checkpoint":
                    var dump = LogDump(file, path: path, options: options, output: host.output)
                    try dump.run()
                    problems += dump.problems
                case "index", "timeindex":
                    var dump = IndexDump(file, path: path, options: options, host: host)
                    try dump.run()
                    problems += dump.problems
                case "txnindex":
                    try TableDump.transactions(file, output: host.output)
                case "snapshot":
                    try TableDump.producers(file, output: host.output)
                case let other:
                    host.output.error("Ignoring unknown file \(path): it ends in .\(other)")
                }
            } catch {
                throw .failed("\(path): \(error.reason)")
            }
        }
        for problem in problems { host.output.error(problem) }
        return ExitCode.success
    }

    private static func open(
        _ path: String, _ host: ToolHost
    ) throws(ToolFailure) -> any File {
        do { return try host.fileSystem.open(path, .read) } catch {
            throw .failed("\(path): \(error.reason)")
        }
    }

    private static func kind(of path: String) -> String {
        path.split(separator: ".").last.map(String.init) ?? ""
    }
}
