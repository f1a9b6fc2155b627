internal import Client
internal import Model

/// `kafka-topics`: makes, lists, describes, alters and removes topics.
enum Topics: Tool {
    static let name = "topics"
    static let summary = "Create, delete, describe, or change a topic."
    static let flags = [
        Flag.bootstrapServer, Flag.commandConfig, Flag.zookeeper,
        Flag("list", "List all topics."),
        Flag("create", "Make a topic."),
        Flag("delete", "Remove topics."),
        Flag("alter", "Raise the number of partitions."),
        Flag("describe", "Show details of topics."),
        Flag("topic", .value("name"), "The topic; a regular expression except with --create."),
        Flag("topic-id", .value("id"), "Describe the topic of this id."),
        Flag("partitions", .value("number"), "How many partitions."),
        Flag("replication-factor", .value("number"), "How many replicas of each partition."),
        Flag(
            "replica-assignment", .value("0:1,1:2,..."),
            "Brokers of each partition, instead of the two numbers."),
        Flag("config", .values("name=value"), "A setting of the topic being made."),
        Flag("delete-config", .gone(insteadUse: "the tool configs, --delete-config"), ""),
        Flag("if-exists", "No failure if the topic is missing."),
        Flag("if-not-exists", "No failure if the topic is there."),
        Flag("exclude-internal", "Leave out the cluster's own topics."),
        Flag("under-replicated-partitions", "Describe only partitions with lagging replicas."),
        Flag("unavailable-partitions", "Describe only partitions without a leader."),
        Flag("under-min-isr-partitions", "Describe only those below min.insync.replicas."),
        Flag("at-min-isr-partitions", "Describe only those at min.insync.replicas."),
        Flag("topics-with-overrides", "Describe only topics with settings of their own."),
        Flag("partition-size-limit-per-response", .value("number"), "Partitions per answer."),
        Flag("force", "No effect; kept for scripts."),
    ]

    static func run(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        let action = try arguments.only(of: ["create", "delete", "alter", "describe", "list"])
        try check(arguments, for: action)
        let admin = try await host.admin(arguments)
        do {
            switch action {
            case "create": try await TopicChange.create(arguments, admin, host)
            case "delete": try await TopicChange.delete(arguments, admin, host)
            case "alter": try await TopicChange.alter(arguments, admin, host)
            case "describe": try await TopicDescriber(arguments).run(admin, host)
            default: try await list(arguments, admin, host)
            }
        } catch {
            await admin.close()
            guard case .failed(let reason) = error else { throw error }
            throw .failed("Error while executing topic command : \(reason)")
        }
        await admin.close()
        return ExitCode.success
    }

    private static func check(
        _ arguments: Arguments, for action: String
    ) throws(ToolFailure) {
        for needy in ["create", "alter"] where action == needy {
            _ = try arguments.required("topic")
        }
        if action == "delete" { _ = try arguments.required("topic") }
        if action == "alter", !arguments.has("partitions") {
            throw .usage("Missing required argument \"[partitions]\"")
        }
        try arguments.exclude("replica-assignment", "replication-factor")
        if action == "create" { try arguments.exclude("replica-assignment", "partitions") }
        let home: [(flag: String, actions: [String])] = [
            ("config", ["create"]), ("replication-factor", ["create"]),
            ("partitions", ["create", "alter"]), ("replica-assignment", ["create", "alter"]),
            ("if-not-exists", ["create"]), ("if-exists", ["alter", "delete", "describe"]),
            ("topic-id", ["describe"]), ("under-replicated-partitions", ["describe"]),
            ("unavailable-partitions", ["describe"]), ("under-min-isr-partitions", ["describe"]),
            ("at-min-isr-partitions", ["describe"]), ("topics-with-overrides", ["describe"]),
            ("exclude-internal", ["list", "describe"]),
        ]
        for (flag, actions) in home where arguments.has(flag) && !actions.contains(action) {
            throw .usage("Option \"[\(flag)]\" can't be used with option \"[\(action)]\"")
        }
    }

    private static func list(
        _ arguments: Arguments, _ admin: Admin, _ host: ToolHost
    ) async throws(ToolFailure) {
        let names = try await matching(arguments, admin).map(\.name)
        host.output.line(names.joined(separator: "\n"))
    }

    /// The topics that the flags select, ascending.
    static func matching(
        _ arguments: Arguments, _ admin: Admin
    ) async throws(ToolFailure) -> [TopicDescription] {
        var pattern: TopicPattern?
        if let text = arguments.value("topic") { pattern = try TopicPattern(text) }
        let topics = try await reporting { () async throws(ClientError) in
            try await admin.listTopics()
        }
        return topics.filter { topic in
            if arguments.has("exclude-internal"), topic.isInternal { return false }
            return pattern?.matches(topic.name) ?? true
        }
    }
}
