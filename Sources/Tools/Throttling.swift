internal import Client
internal import Model

/// Sets and clears what slows the copying of replicas down (KIP-73): rates of brokers, and for each topic the replicas
/// that they hold for.
struct Throttling {
    static let leaderRate = "leader.replication.throttled.rate"
    static let followerRate = "follower.replication.throttled.rate"
    static let directoryRate = "replica.alter.log.dirs.io.max.bytes.per.second"
    static let leaders = "leader.replication.throttled.replicas"
    static let followers = "follower.replication.throttled.replicas"

    let admin: Admin
    let output: ToolOutput

    func begin(
        _ throttle: ReassignPartitions.Throttle, plan: ReassignmentPlan,
        before: [TopicPartition: [BrokerID]], ongoing: [TopicPartition: OngoingReassignment]
    ) async throws(ToolFailure) {
        let moves = Self.moves(plan, before, ongoing)
        if let rate = throttle.betweenBrokers {
            for (topic, lists) in Self.replicas(moves) {
                try await alter(
                    ConfigResource(.topic, topic),
                    [.set(Self.leaders, lists.leaders), .set(Self.followers, lists.followers)])
            }
            for broker in Set(moves.flatMap { $0.sources + $0.targets }).sorted() {
                try await alter(
                    ConfigResource(.broker, "\(broker.rawValue)"),
                    [.set(Self.leaderRate, "\(rate)"), .set(Self.followerRate, "\(rate)")])
            }
            output.line("The inter-broker throttle limit was set to \(rate) B/s")
        }
        if let rate = throttle.betweenDirectories {
            let brokers = plan.entries.flatMap { entry in
                zip(entry.replicas, entry.directories).filter {
                    $0.1 != ReassignmentPlan.Entry.any
                }.map(\.0)
            }
            for broker in Set(brokers).sorted() {
                try await alter(
                    ConfigResource(.broker, "\(broker.rawValue)"),
                    [.set(Self.directoryRate, "\(rate)")])
            }
            output.line("The replica-alter-dir throttle limit was set to \(rate) B/s")
        }
    }

    func end(topics: [String]) async throws(ToolFailure) {
        let brokers = try await reporting { () async throws(ClientError) in
            try await admin.describeCluster().nodes.map(\.id)
        }
        output.line(
            "Clearing broker-level throttles on broker\(brokers.count == 1 ? "" : "s") "
                + ReassignPartitions.list(brokers))
        for broker in brokers {
            try await alter(
                ConfigResource(.broker, "\(broker.rawValue)"),
                [.delete(Self.leaderRate), .delete(Self.followerRate), .delete(Self.directoryRate)])
        }
        output.line(
            "Clearing topic-level throttles on topic\(topics.count == 1 ? "" : "s") "
                + topics.joined(separator: ","))
        for topic in topics {
            try await alter(
                ConfigResource(.topic, topic), [.delete(Self.leaders), .delete(Self.followers)])
        }
    }

    private func alter(
        _ resource: ConfigResource, _ changes: [ConfigChange]
    ) async throws(ToolFailure) {
        try await reporting { () async throws(ClientError) in
            try await admin.alterConfigs(of: resource, changes)
        }
    }

    // MARK: What is slowed down

    struct Move: Equatable {
        let partition: TopicPartition
        /// Who has the records now.
        let sources: [BrokerID]
        /// Who gets them.
        let targets: [BrokerID]
    }

    static func moves(
        _ plan: ReassignmentPlan, _ before: [TopicPartition: [BrokerID]],
        _ ongoing: [TopicPartition: OngoingReassignment]
    ) -> [Move] {
        plan.entries.compactMap { entry in
            let adding = ongoing[entry.partition]?.adding ?? []
            let sources = (before[entry.partition] ?? []).filter { !adding.contains($0) }
            let targets = entry.replicas.filter { !sources.contains($0) }
            guard !targets.isEmpty else { return nil }
            return Move(partition: entry.partition, sources: sources, targets: targets)
        }
    }

    /// Of each topic, `partition:broker` lists of those who send and those who get.
    static func replicas(
        _ moves: [Move]
    ) -> [(topic: String, (leaders: String, followers: String))] {
        Set(moves.map(\.partition.topic)).sorted().map { topic in
            func list(_ brokers: (Move) -> [BrokerID]) -> String {
                moves.filter { $0.partition.topic == topic }.flatMap { move in
                    brokers(move).map { "\(move.partition.partition):\($0.rawValue)" }
                }.joined(separator: ",")
            }
            return (topic, (list(\.sources), list(\.targets)))
        }
    }
}
