internal import Client
internal import Model

/// `kafka-topics --describe`.
struct TopicDescriber {
    private let arguments: Arguments
    private let partitionsPerAnswer: Int32

    /// Flags that leave only some partitions; topic lines are then left out.
    private static let partitionFilters = [
        "under-replicated-partitions", "unavailable-partitions", "under-min-isr-partitions",
        "at-min-isr-partitions",
    ]

    init(_ arguments: Arguments) throws(ToolFailure) {
        self.arguments = arguments
        let limit = try arguments.number(
            "partition-size-limit-per-response", in: 1...Int64(Int32.max))
        partitionsPerAnswer = Int32(limit ?? 2_000)
        let filters = Self.partitionFilters.filter(arguments.has)
        if let first = filters.first, filters.count > 1 {
            throw .usage("Option \"[\(filters[1])]\" can't be used with option \"[\(first)]\"")
        }
        if let first = filters.first, arguments.has("topics-with-overrides") {
            throw .usage(
                "Option \"[topics-with-overrides]\" can't be used with option \"[\(first)]\"")
        }
        if let text = arguments.value("topic-id"), UUID(text) == nil {
            throw .usage("'\(text)' is not a topic id")
        }
    }

    func run(_ admin: Admin, _ host: ToolHost) async throws(ToolFailure) {
        let names = try await names(admin)
        guard !names.isEmpty else { return }
        let described = try await reporting { () async throws(ClientError) in
            try await admin.describeTopics(names, partitionsPerAnswer: partitionsPerAnswer)
        }
        let needsConfigs =
            arguments.has("under-min-isr-partitions")
            || arguments.has("at-min-isr-partitions") || showsTopics
        for (name, result) in described {
            let topic: TopicDescription
            switch result {
            case .success(let found): topic = found
            case .failure(.refused(.unknownTopicOrPartition, _)): continue
            case .failure(let error): throw .failed("\(name): \(error.description)")
            }
            let configs = needsConfigs ? try await configs(of: name, admin) : []
            print(topic, configs, host.output)
        }
    }

    private func names(_ admin: Admin) async throws(ToolFailure) -> [String] {
        var topics = try await Topics.matching(arguments, admin)
        if let text = arguments.value("topic-id") {
            topics = topics.filter { $0.id.description == text }
            if topics.isEmpty, !arguments.has("if-exists") {
                throw .failed("TopicId '\(text)' does not exist as expected")
            }
        } else if topics.isEmpty, let name = arguments.value("topic"),
            !arguments.has("if-exists")
        {
            throw .failed("Topic '\(name)' does not exist as expected")
        }
        return topics.map(\.name)
    }

    private func configs(
        of topic: String, _ admin: Admin
    ) async throws(ToolFailure) -> [ConfigEntry] {
        let described = try await reporting { () async throws(ClientError) in
            try await admin.describeConfigs([ConfigResource(.topic, topic)])
        }
        return described.first?.entries ?? []
    }

    // MARK: Lines

    private var showsTopics: Bool { !Self.partitionFilters.contains(where: arguments.has) }

    private func print(
        _ topic: TopicDescription, _ configs: [ConfigEntry], _ output: ToolOutput
    ) {
        let own = configs.filter { $0.source != .defaultValue }
        let overrides = configs.filter { $0.source == .dynamicTopic }
        if arguments.has("topics-with-overrides") {
            if !overrides.isEmpty { output.line(Self.topicLine(topic, own)) }
            return
        }
        if showsTopics { output.line(Self.topicLine(topic, own)) }
        let minimum =
            configs.first { $0.name == "min.insync.replicas" }
            .flatMap { $0.value.flatMap { Int($0) } } ?? 1
        for partition in topic.partitions where isWanted(partition, minInSync: minimum) {
            output.line(Self.partitionLine(partition, of: topic.name))
        }
    }

    private func isWanted(_ partition: PartitionDescription, minInSync: Int) -> Bool {
        let inSync = partition.inSyncReplicas.count
        if arguments.has("under-replicated-partitions") {
            return inSync < partition.replicas.count
        }
        if arguments.has("unavailable-partitions") { return partition.leader == .none }
        if arguments.has("under-min-isr-partitions") { return inSync < minInSync }
        if arguments.has("at-min-isr-partitions") { return inSync == minInSync }
        return true
    }

    static func topicLine(_ topic: TopicDescription, _ configs: [ConfigEntry]) -> String {
        let factor = topic.partitions.first?.replicas.count ?? 0
        let settings = configs.map { "\($0.name)=\($0.value ?? "null")" }.joined(separator: ",")
        return "Topic: \(topic.name)\tTopicId: \(topic.id)"
            + "\tPartitionCount: \(topic.partitions.count)\tReplicationFactor: \(factor)"
            + "\tConfigs: \(settings)"
    }

    static func partitionLine(_ partition: PartitionDescription, of topic: String) -> String {
        func list(_ ids: [BrokerID]) -> String {
            ids.map { String($0.rawValue) }.joined(separator: ",")
        }
        let leader = partition.leader == .none ? "none" : String(partition.leader.rawValue)
        return "\tTopic: \(topic)\tPartition: \(partition.partition)\tLeader: \(leader)"
            + "\tReplicas: \(list(partition.replicas))\tIsr: \(list(partition.inSyncReplicas))"
            + "\tElr: \(partition.eligibleLeaders.map(list) ?? "N/A")"
            + "\tLastKnownElr: \(partition.lastKnownEligibleLeaders.map(list) ?? "N/A")"
    }
}
