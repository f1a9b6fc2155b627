internal import Client
internal import Model

/// `kafka-reassign-partitions`: moves replicas between brokers, and between the log directories of a broker.
enum ReassignPartitions: Tool {
    static let name = "reassign-partitions"
    static let summary = "Move replicas of partitions between brokers and log directories."
    static let flags = [
        Flag("bootstrap-server", .value("host:port,..."), "Brokers to connect to."),
        Flag.bootstrapController, Flag.commandConfig, Flag.zookeeper,
        Flag("generate", "Propose where replicas of topics may lie on a list of brokers."),
        Flag("execute", "Begin the moves of a file."),
        Flag("verify", "Tell how far the moves of a file are; when done, take throttles away."),
        Flag("cancel", "End the moves of a file and go back."),
        Flag("list", "List all moves under way."),
        Flag("reassignment-json-file", .value("file"), "The moves."),
        Flag("topics-to-move-json-file", .value("file"), "The topics to propose moves for."),
        Flag("broker-list", .value("ids"), "The brokers to move them to, as in 0,1,2."),
        Flag("disable-rack-aware", "Propose without regard to racks."),
        Flag("throttle", .value("bytes/s"), "The most that moves between brokers may take."),
        Flag(
            "replica-alter-log-dirs-throttle", .value("bytes/s"),
            "The most that moves between log directories may take."),
        Flag("additional", "Begin although others are under way."),
        Flag("timeout", .value("ms"), "How long to wait for replicas to be there, 10000."),
        Flag("preserve-throttles", "Leave throttles as they are."),
        Flag("disallow-replication-factor-change", "Refuse moves that change the factor."),
    ]

    static func run(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        let action = try arguments.only(
            of: ["generate", "execute", "verify", "cancel", "list"])
        try check(arguments, of: action)
        if action == "generate" { return try await generate(arguments, host) }
        if action == "list" {
            let admin = try await host.admin(arguments)
            let ongoing = try await reporting { () async throws(ClientError) in
                try await admin.listReassignments()
            }
            await admin.close()
            for line in lines(ongoing) { host.output.line(line) }
            return ExitCode.success
        }
        let path = try arguments.required("reassignment-json-file")
        let plan = try ReassignmentPlan(parsing: try host.text(ofFile: path), of: path)
        let throttle = try Throttle(arguments)
        let admin = try await host.admin(arguments)
        let run = ReassignmentRun(admin: admin, output: host.output, plan: plan)
        let code: Int32 =
            switch action {
            case "execute": try await run.execute(arguments, throttle)
            case "verify":
                try await run.verify(keepsThrottles: arguments.has("preserve-throttles"))
            default: try await run.cancel(keepsThrottles: arguments.has("preserve-throttles"))
            }
        await admin.close()
        return code
    }

    /// Flags that go with each action, beside those that say whom to ask.
    private static let flagsByAction: [String: [String]] = [
        "generate": ["topics-to-move-json-file", "broker-list", "disable-rack-aware"],
        "execute": [
            "reassignment-json-file", "throttle", "replica-alter-log-dirs-throttle", "additional",
            "timeout", "disallow-replication-factor-change",
        ],
        "verify": ["reassignment-json-file", "preserve-throttles"],
        "cancel": ["reassignment-json-file", "preserve-throttles", "timeout"],
        "list": [],
    ]

    private static func check(_ arguments: Arguments, of action: String) throws(ToolFailure) {
        let allowed = flagsByAction[action] ?? []
        let all = Set(flagsByAction.values.flatMap(\.self)).sorted()
        for flag in all where arguments.has(flag) && !allowed.contains(flag) {
            throw .usage("Option \"[\(flag)]\" can't be used with action \"[\(action)]\"")
        }
    }

    // MARK: Listing

    static func lines(_ ongoing: [OngoingReassignment]) -> [String] {
        guard !ongoing.isEmpty else { return ["No partition reassignments found."] }
        return ["Current partition reassignments:"]
            + ongoing.map { one in
                var line = "\(one.partition): replicas: \(list(one.replicas))."
                if !one.adding.isEmpty { line += " adding: \(list(one.adding))." }
                if !one.removing.isEmpty { line += " removing: \(list(one.removing))." }
                return line
            }
    }

    static func list(_ brokers: [BrokerID]) -> String {
        brokers.map { "\($0.rawValue)" }.joined(separator: ",")
    }

    // MARK: Proposing

    private static func generate(
        _ arguments: Arguments, _ host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        let path = try arguments.required("topics-to-move-json-file")
        let topics = try ReassignmentPlan.topics(parsing: try host.text(ofFile: path), of: path)
        let wanted = try LogDirs.brokers(
            try arguments.required("broker-list"), of: "broker-list")
        let admin = try await host.admin(arguments)
        let nodes = try await reporting { () async throws(ClientError) in
            try await admin.describeCluster().nodes
        }
        let described = try await describe(topics, admin)
        await admin.close()
        var brokers: [(id: BrokerID, rack: String?)] = []
        for id in wanted {
            guard let node = nodes.first(where: { $0.id == id }) else {
                throw .failed("Unknown broker id \(id.rawValue)")
            }
            brokers.append((id, arguments.has("disable-rack-aware") ? nil : node.rack))
        }
        guard brokers.allSatisfy({ $0.rack == nil }) || brokers.allSatisfy({ $0.rack != nil })
        else {
            throw .failed(
                "Not all brokers have rack information. Add --disable-rack-aware in command line "
                    + "to make replica assignment without rack information.")
        }
        let (current, proposed) = try proposal(described, on: brokers)
        host.output.line("Current partition replica assignment")
        host.output.line(current.json)
        host.output.line("")
        host.output.line("Proposed partition reassignment configuration")
        host.output.line(proposed.json)
        return ExitCode.success
    }

    /// Where replicas are, and where they might be.
    static func proposal(
        _ topics: [TopicDescription], on brokers: [(id: BrokerID, rack: String?)]
    ) throws(ToolFailure) -> (current: ReassignmentPlan, proposed: ReassignmentPlan) {
        var current: [ReassignmentPlan.Entry] = []
        var proposed: [ReassignmentPlan.Entry] = []
        for topic in topics {
            let factor = topic.partitions.first?.replicas.count ?? 0
            // The leaders of the next topic go on where this one's end.
            let spread = try ReplicaSpread.replicas(
                of: topic.partitions.count, factor: factor, on: brokers, start: proposed.count)
            for (partition, replicas) in zip(topic.partitions, spread) {
                let name = TopicPartition(topic.name, partition.partition)
                current.append(.init(name, partition.replicas))
                proposed.append(.init(name, replicas))
            }
        }
        return (ReassignmentPlan(current), ReassignmentPlan(proposed))
    }

    /// Topics by name; one that is not there fails.
    static func describe(
        _ topics: [String], _ admin: Admin
    ) async throws(ToolFailure) -> [TopicDescription] {
        let results = try await reporting { () async throws(ClientError) in
            try await admin.describeTopics(topics)
        }
        var found: [TopicDescription] = []
        for (name, result) in results {
            switch result {
            case .success(let topic): found.append(topic)
            case .failure(.refused(.unknownTopicOrPartition, _)):
                throw .failed("Topic \(name) not found.")
            case .failure(let error): throw .failed(error.description)
            }
        }
        return found
    }

    /// Limits in bytes a second, as far as they were given.
    struct Throttle {
        let betweenBrokers: Int64?
        let betweenDirectories: Int64?

        init(_ arguments: Arguments) throws(ToolFailure) {
            betweenBrokers = try arguments.number("throttle", in: 1...Int64.max)
            betweenDirectories = try arguments.number(
                "replica-alter-log-dirs-throttle", in: 1...Int64.max)
        }
    }
}
