internal import Client
internal import Model
internal import Platform

/// Gathers what a cluster tells of itself. A part that cannot be had is left out, or is itself a fact.
struct ClusterExamination: Sendable {
    let admin: Admin
    let client: ClientConfiguration
    let host: ToolHost

    /// How long one broker may take for one answer.
    private static let answerLimit = Duration.seconds(5)
    /// How long one question may take: a cluster that is sick answers late, or never.
    static let questionLimit = Duration.seconds(10)

    func facts() async throws(ClientError) -> ClusterFacts {
        let cluster = try await describeCluster()
        async let quorum = quorum()
        var facts = ClusterFacts(cluster: cluster, now: SystemClock.wall())
        facts.reach = await reach(facts.serving, of: cluster.clusterID)
        for node in facts.serving where facts.reach[node.id] == .answers {
            facts.directories.append(
                .init(broker: node.id, result: await directories(of: node.id)))
            facts.numbers.append(.init(broker: node.id, settings: await numbers(of: node.id)))
        }
        do {
            facts.topics = try await topics()
            facts.newestTimes = await newestTimes(facts)
        } catch {
            facts.topicsFailure = error
        }
        facts.quorum = await quorum
        return facts
    }

    private func describeCluster() async throws(ClientError) -> ClusterDescription {
        do {
            return try await admin.describeCluster(includingFenced: true)
        } catch {
            guard case .unsupportedVersion = error else { throw error }
            return try await admin.describeCluster()
        }
    }

    private func result<R>(
        _ body: () async throws(ClientError) -> R
    ) async -> Result<R, ClientError> {
        do { return .success(try await body()) } catch { return .failure(error) }
    }

    /// Over connections of its own: without a leader the brokers answer late, and answers keep their order.
    private func quorum() async -> Result<QuorumDescription, ClientError> {
        await result { () async throws(ClientError) in
            try await Self.asking(client, host) { admin throws(ClientError) in
                try await admin.describeQuorum()
            }
        }
    }

    /// Asks by a client that is made for this one question.
    private static func asking<R: Sendable>(
        _ client: ClientConfiguration, _ host: ToolHost,
        _ question: (Admin) async throws(ClientError) -> R
    ) async throws(ClientError) -> R {
        let runtime: ClientRuntime
        do { runtime = try host.runtime() } catch {
            throw .disconnected(
                peer: client.bootstrapServers.map(\.description).joined(separator: ", "),
                cause: "no client can be made")
        }
        let admin = Admin(client, runtime: runtime)
        do {
            let answer = try await question(admin)
            await admin.close()
            return answer
        } catch {
            await admin.close()
            throw error
        }
    }

    private func directories(
        of broker: BrokerID
    ) async -> Result<[LogDirectoryDescription], ClientError> {
        await result { () async throws(ClientError) in
            try await admin.describeLogDirectories(of: broker, topics: [])
        }
    }

    // MARK: Brokers

    /// Connects to every broker anew, under the address that it advertises.
    private func reach(
        _ nodes: [NodeDescription], of clusterID: String
    ) async -> [BrokerID: ClusterFacts.Reach] {
        await withTaskGroup(of: (BrokerID, ClusterFacts.Reach).self) { group in
            for node in nodes {
                group.addTask { (node.id, await reach(node, of: clusterID)) }
            }
            var found: [BrokerID: ClusterFacts.Reach] = [:]
            for await (id, reach) in group { found[id] = reach }
            return found
        }
    }

    private func reach(
        _ node: NodeDescription, of clusterID: String
    ) async -> ClusterFacts.Reach {
        do {
            let answer = try await Self.probe(node.address, for: node.id, client, host)
            if answer.clusterID != clusterID { return .otherCluster(answer.clusterID) }
            return answer.isExpected ? .answers : .otherNode
        } catch {
            return .silent(reason: error.description)
        }
    }

    /// Asks whoever is at an address, by a client that knows no other.
    static func probe(
        _ address: ServerAddress, for broker: BrokerID, _ client: ClientConfiguration,
        _ host: ToolHost
    ) async throws(ClientError) -> ProbeAnswer {
        var alone = client
        alone.bootstrapServers = [address]
        alone.endpointType = .brokers
        return try await asking(alone, host) { admin throws(ClientError) in
            try await admin.probe(
                for: broker, within: min(answerLimit, client.operationTimeout))
        }
    }

    private func numbers(of broker: BrokerID) async -> [String: Int] {
        var numbers: [String: Int] = [:]
        let resource = ConfigResource(.broker, String(broker.rawValue))
        // Brokers of other versions may not have all of them: what is not told is not judged.
        guard
            case .success(let described) = await result({ () async throws(ClientError) in
                try await admin.describeConfigs([resource])
            })
        else { return [:] }
        for entry in described.flatMap(\.entries)
        where ClusterFacts.replicaSettings.contains(entry.name) {
            numbers[entry.name] = entry.value.flatMap { Int($0) }
        }
        return numbers
    }

    // MARK: Topics

    private func topics() async throws(ClientError) -> [ClusterFacts.Topic] {
        let names = try await admin.listTopics().map(\.name)
        let described = try await admin.describeTopics(names)
        var topics: [ClusterFacts.Topic] = []
        for (name, result) in described {
            // One that was deleted meanwhile is no finding.
            guard case .success(let description) = result else { continue }
            let entries = await self.result { () async throws(ClientError) in
                try await admin.describeConfigs([ConfigResource(.topic, name)])
            }
            guard case .success(let configs) = entries else { continue }
            func value(_ name: String) -> String? {
                configs.first?.entries.first { $0.name == name }?.value
            }
            topics.append(
                .init(
                    description: description,
                    minInSync: value("min.insync.replicas").flatMap { Int($0) },
                    allowsUncleanElection: value("unclean.leader.election.enable") == "true"))
        }
        return topics
    }

    private func newestTimes(
        _ facts: ClusterFacts
    ) async -> [(partition: TopicPartition, time: Timestamp)] {
        let led = facts.partitions.filter { $0.partition.leader != .none }.map { topic, partition in
            TopicPartition(topic.description.name, partition.partition)
        }
        let found = await result { () async throws(ClientError) in
            try await admin.listOffsets(led.map { ($0, .maxTimestamp) })
        }
        // A broker that cannot tell is found by the other checks.
        guard case .success(let listed) = found else { return [] }
        return listed.compactMap { partition, result in
            guard case .success(let offset) = result, offset.timestamp != .none else { return nil }
            return (partition, offset.timestamp)
        }
    }
}
