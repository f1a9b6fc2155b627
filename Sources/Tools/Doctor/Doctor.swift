internal import Client
internal import Configuration
internal import Model

/// `martlet doctor`: looks at a running cluster, or at a node's configuration before it starts, for what
/// people get stuck on. Each finding says what is wrong, how it was seen and what to do.
enum Doctor: Tool {
    static let name = "doctor"
    static let summary = "Look for what is wrong with a cluster, or with a node before it starts."
    static let isKafkas = false
    static let helpCode = ExitCode.success
    static let flags = [
        Flag.bootstrapServer, Flag.commandConfig,
        Flag(
            "config", .value("file"), "Examine this server.properties instead, on its machine.",
            letter: "c"),
        Flag("json", "Write one JSON object instead of text."),
        Flag.timeout,
    ]

    static func run(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        let report: DoctorReport
        if let path = arguments.value("config") {
            try arguments.exclude("config", "bootstrap-server")
            try arguments.exclude("config", "command-config")
            report = try await NodeExamination(host: host, path: path).report()
        } else {
            var client = try host.clientConfiguration(arguments)
            client.operationTimeout = min(
                ClusterExamination.questionLimit, client.operationTimeout)
            let admin = try await host.admin(arguments, limit: client.operationTimeout)
            let examination = ClusterExamination(admin: admin, client: client, host: host)
            let facts = try await reporting { () async throws(ClientError) in
                try await examination.facts()
            }
            await admin.close()
            report = DoctorReport(
                findings: Diagnosis.findings(facts),
                examined: [
                    ("brokers", facts.cluster.nodes.count), ("topics", facts.topics.count),
                    ("partitions", facts.partitions.count),
                ])
        }
        for line in arguments.has("json") ? [report.json] : report.lines { host.output.line(line) }
        return report.exitCode
    }
}
