internal import Client
internal import Model

/// `kafka-leader-election`: moves leadership to preferred replicas, or to one that is not in sync.
enum LeaderElection: Tool {
    static let name = "leader-election"
    static let summary = "Attempt to elect a new leader for a set of topic partitions."
    static let flags = [
        Flag.bootstrapServer, Flag.bootstrapController, Flag.zookeeper,
        Flag(
            "command-config", .value("file"), "Client properties.",
            aliases: ["admin.config", "config-file"]),
        Flag("election-type", .value("preferred|unclean"), "Which leader to elect."),
        Flag("topic", .value("name"), "The topic, with --partition."),
        Flag("partition", .value("number"), "The partition, with --topic."),
        Flag("all-topic-partitions", "Elect for all partitions."),
        Flag(
            "path-to-json-file", .value("file"),
            "Partitions as {\"partitions\":[{\"topic\":\"t\",\"partition\":0}]}."),
    ]

    static func run(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        let type = try electionType(arguments)
        let partitions = try partitions(arguments, host)
        let admin = try await host.admin(arguments)
        let results = try await reporting { () async throws(ClientError) in
            try await admin.electLeaders(type, of: partitions)
        }
        await admin.close()
        return report(results, type, on: host.output)
    }

    private static func electionType(_ arguments: Arguments) throws(ToolFailure) -> ElectionType {
        switch try arguments.required("election-type").lowercased() {
        case "preferred": return .preferred
        case "unclean": return .unclean
        case let other:
            throw .usage(
                "Cannot parse argument '\(other)' of option election-type: "
                    + "must be preferred or unclean")
        }
    }

    /// Nil for all.
    private static func partitions(
        _ arguments: Arguments, _ host: ToolHost
    ) throws(ToolFailure) -> [TopicPartition]? {
        let choice = try arguments.only(
            of: ["topic", "all-topic-partitions", "path-to-json-file"])
        if choice != "topic", arguments.has("partition") {
            throw .usage("Option partition is only allowed with option topic")
        }
        switch choice {
        case "topic":
            let topic = try arguments.required("topic")
            guard let number = try arguments.number("partition", in: 0...Int64(Int32.max)) else {
                throw .usage("Missing required option(s) partition")
            }
            return [TopicPartition(topic, Int32(number))]
        case "all-topic-partitions":
            return nil
        default:
            return try partitions(inFile: try arguments.required("path-to-json-file"), host)
        }
    }

    private static func partitions(
        inFile path: String, _ host: ToolHost
    ) throws(ToolFailure) -> [TopicPartition] {
        let text = try host.text(ofFile: path)
        let json: JSONValue
        do { json = try JSONValue(parsing: text) } catch { throw .failed("\(path): \(error)") }
        guard let list = json["partitions"]?.array else {
            throw .failed("\(path): Replica election data is missing \"partitions\" field")
        }
        var found: [TopicPartition] = []
        for entry in list {
            guard let topic = entry["topic"]?.string,
                let number = entry["partition"]?.integer.flatMap({ Int32(exactly: $0) })
            else { throw .failed("\(path): each entry needs \"topic\" and \"partition\"") }
            let partition = TopicPartition(topic, number)
            guard !found.contains(partition) else {
                throw .failed(
                    "Replica election data contains duplicate partitions: \(partition)")
            }
            found.append(partition)
        }
        return found
    }

    static func report(
        _ results: [(partition: TopicPartition, failure: ClientError?)], _ type: ElectionType,
        on output: ToolOutput
    ) -> Int32 {
        let word = type == .preferred ? "PREFERRED" : "UNCLEAN"
        func names(_ partitions: [TopicPartition]) -> String {
            partitions.map(\.description).joined(separator: ", ")
        }
        var moved: [TopicPartition] = []
        var needless: [TopicPartition] = []
        var failed: [(TopicPartition, ClientError)] = []
        for (partition, failure) in results {
            switch failure {
            case nil: moved.append(partition)
            case .refused(.electionNotNeeded, _)?: needless.append(partition)
            case let error?: failed.append((partition, error))
            }
        }
        if !moved.isEmpty {
            output.line(
                "Successfully completed leader election (\(word)) for partitions \(names(moved))")
        }
        if !needless.isEmpty {
            output.line("Valid replica already elected for partitions \(names(needless))")
        }
        for (partition, error) in failed {
            var kind = "ClientError"
            if case .refused(let code, _) = error { kind = code.name }
            output.line(
                "Error completing leader election (\(word)) for partition: \(partition): "
                    + "\(kind): \(error.description)")
        }
        guard failed.isEmpty else {
            output.error("\(failed.count) replica(s) could not be elected")
            return ExitCode.failure
        }
        return ExitCode.success
    }
}
