internal import Client
internal import Model

/// Whether the replicas of partitions hold the same: what `kafka-replica-verification` was for, as one pass
/// with an answer.
enum Verify: Tool {
    static let name = "verify"
    static let summary = "Compare the replicas of partitions, batch by batch."
    static let isKafkas = false
    static let helpCode = ExitCode.success
    static let heedsInterruption = true
    static let flags = [
        Flag.bootstrapServer, Flag.commandConfig,
        Flag("topic", .values("name"), "A topic to verify; may be given again."),
        Flag(
            "topics-include", .value("regex"), "Topics to verify; all if no topic is given.",
            aliases: ["topic-white-list"]),
        Flag("fetch-size", .value("bytes"), "Bytes read of a replica at a time."),
        Flag("report-interval-ms", .value("ms"), "How often to tell how far it is."),
        Flag.timeout,
    ]

    static func run(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        try arguments.exclude("topic", "topics-include")
        let pattern = try arguments.value("topics-include").map { text throws(ToolFailure) in
            try TopicPattern(text)
        }
        let fetchSize = try arguments.number("fetch-size", in: 1...1 << 30) ?? 1 << 20
        let interval = try arguments.number("report-interval-ms", in: 1...1 << 31)
        let admin = try await host.admin(arguments)
        let plans = try await plans(arguments.values("topic"), pattern, admin)
        let verification = ReplicaVerification(
            admin: admin, output: host.output, fetchBytes: Int(fetchSize),
            interval: interval.map { .milliseconds($0) })
        let code = await verification.run(plans)
        await admin.close()
        return code
    }

    /// The partitions to verify, by topic and number.
    private static func plans(
        _ names: [String], _ pattern: TopicPattern?, _ admin: Admin
    ) async throws(ToolFailure) -> [ReplicaVerification.Plan] {
        let wanted: [String]
        if names.isEmpty {
            let all = try await reporting { () async throws(ClientError) in
                try await admin.listTopics()
            }
            wanted = all.map(\.name).filter { pattern?.matches($0) ?? true }
        } else {
            wanted = Set(names).sorted()
        }
        guard !wanted.isEmpty else { throw .failed("No topic is there to be verified.") }
        let described = try await reporting { () async throws(ClientError) in
            try await admin.describeTopics(wanted)
        }
        var topics: [TopicDescription] = []
        for (name, result) in described {
            switch result {
            case .success(let topic): topics.append(topic)
            case .failure(.refused(.unknownTopicOrPartition, _)):
                throw .failed("Topic '\(name)' does not exist")
            case .failure(let error): throw .failed("\(name): \(error.description)")
            }
        }
        let configs = try await reporting { () async throws(ClientError) in
            try await admin.describeConfigs(topics.map { ConfigResource(.topic, $0.name) })
        }
        var plans: [ReplicaVerification.Plan] = []
        for (topic, (_, entries)) in zip(topics, configs) {
            let policy = entries.first { $0.name == "cleanup.policy" }?.value ?? ""
            plans += topic.partitions.map { partition in
                ReplicaVerification.Plan(
                    partition: TopicPartition(topic.name, partition.partition),
                    replicas: partition.replicas, isCompacted: policy.contains("compact"))
            }
        }
        return plans
    }
}
