internal import Model
internal import Wire
internal import WireMessages

extension Admin {
    /// All topics, ascending by name, without their partitions' details.
    public func listTopics() async throws(ClientError) -> [TopicDescription] {
        try await retrying("listing topics") {
            left throws(ClientError) -> [TopicDescription] in
            var request = MetadataRequest()
            request.topics = nil
            request.allowAutoTopicCreation = false
            let answer = try await ask(
                request, versions: 4...MetadataRequest.validVersions.upperBound, within: left
            ).message
            try answer.errorCode.check()
            return answer.topics.compactMap { topic in
                topic.errorCode == .none ? Self.description(of: topic) : nil
            }.sorted { $0.name < $1.name }
        }
    }

    /// Topics by name, in the order asked for; a failure for each that cannot be described.
    public func describeTopics(
        _ names: [String], partitionsPerAnswer: Int32 = 2_000
    ) async throws(ClientError) -> [(name: String, result: Result<TopicDescription, ClientError>)] {
        guard !names.isEmpty else { return [] }
        do {
            return try await describePaged(names, partitionsPerAnswer: partitionsPerAnswer)
        } catch {
            guard case .unsupportedVersion = error else { throw error }
            return try await describeByMetadata(names)
        }
    }

    /// Page by page, with eligible leaders (KIP-966).
    private func describePaged(
        _ names: [String], partitionsPerAnswer: Int32
    ) async throws(ClientError) -> [(name: String, result: Result<TopicDescription, ClientError>)] {
        var found: [String: Result<TopicDescription, ClientError>] = [:]
        var cursor: DescribeTopicPartitionsRequest.Cursor?
        // The cursor goes by name, so the question must be in that order.
        let sorted = Set(names).sorted()
        repeat {
            var request = DescribeTopicPartitionsRequest()
            request.topics = sorted.drop { name in cursor.map { name < $0.topicName } ?? false }
                .map { name in
                    var topic = DescribeTopicPartitionsRequest.TopicRequest()
                    topic.name = name
                    return topic
                }
            request.responsePartitionLimit = partitionsPerAnswer
            request.cursor = cursor
            let page = request
            let answer = try await retrying("describing topics") {
                left throws(ClientError) -> DescribeTopicPartitionsResponse in
                try await ask(page, within: left).message
            }
            for topic in answer.topics {
                guard let name = topic.name else { continue }
                Self.merge(topic, named: name, into: &found)
            }
            guard let next = answer.nextCursor else { break }
            var following = DescribeTopicPartitionsRequest.Cursor()
            following.topicName = next.topicName
            following.partitionIndex = next.partitionIndex
            guard following != cursor else { break }
            cursor = following
        } while true
        return names.map { name in
            (name, found[name] ?? .failure(.refused(.unknownTopicOrPartition, message: nil)))
        }
    }

    private static func merge(
        _ topic: DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic,
        named name: String, into found: inout [String: Result<TopicDescription, ClientError>]
    ) {
        guard topic.errorCode == .none else {
            found[name] = .failure(.refused(topic.errorCode, message: nil))
            return
        }
        let partitions = topic.partitions.map { entry in
            PartitionDescription(
                partition: entry.partitionIndex, leader: BrokerID(entry.leaderID),
                leaderEpoch: LeaderEpoch(entry.leaderEpoch),
                replicas: entry.replicaNodes.map { BrokerID($0) },
                inSyncReplicas: entry.isrNodes.map { BrokerID($0) },
                eligibleLeaders: (entry.eligibleLeaderReplicas ?? []).map { BrokerID($0) },
                lastKnownEligibleLeaders: (entry.lastKnownElr ?? []).map { BrokerID($0) },
                offlineReplicas: entry.offlineReplicas.map { BrokerID($0) })
        }
        var all = partitions
        if case .success(let before)? = found[name] { all = before.partitions + partitions }
        found[name] = .success(
            TopicDescription(
                name: name, id: TopicID(topic.topicID), isInternal: topic.isInternal,
                partitions: all.sorted { $0.partition < $1.partition }))
    }

    private func describeByMetadata(
        _ names: [String]
    ) async throws(ClientError) -> [(name: String, result: Result<TopicDescription, ClientError>)] {
        let answer = try await metadata(of: names)
        return names.map { name in
            guard let topic = answer.topics.first(where: { $0.name == name }) else {
                return (name, .failure(.refused(.unknownTopicOrPartition, message: nil)))
            }
            guard topic.errorCode == .none, let description = Self.description(of: topic) else {
                return (name, .failure(.refused(topic.errorCode, message: nil)))
            }
            return (name, .success(description))
        }
    }

    /// The layout of topics as metadata tells it.
    func metadata(of names: [String]) async throws(ClientError) -> MetadataResponse {
        try await retrying("finding topics") {
            left throws(ClientError) -> MetadataResponse in
            var request = MetadataRequest()
            request.topics = names.map { name in
                var topic = MetadataRequest.MetadataRequestTopic()
                topic.name = name
                return topic
            }
            request.allowAutoTopicCreation = false
            let answer = try await ask(
                request, versions: 4...MetadataRequest.validVersions.upperBound, within: left
            ).message
            try answer.errorCode.check()
            return answer
        }
    }

    private static func description(
        of topic: MetadataResponse.MetadataResponseTopic
    ) -> TopicDescription? {
        guard let name = topic.name else { return nil }
        let partitions = topic.partitions.map { entry in
            PartitionDescription(
                partition: entry.partitionIndex, leader: BrokerID(entry.leaderID),
                leaderEpoch: LeaderEpoch(entry.leaderEpoch),
                replicas: entry.replicaNodes.map { BrokerID($0) },
                inSyncReplicas: entry.isrNodes.map { BrokerID($0) }, eligibleLeaders: nil,
                lastKnownEligibleLeaders: nil,
                offlineReplicas: entry.offlineReplicas.map { BrokerID($0) })
        }
        return TopicDescription(
            name: name, id: TopicID(topic.topicID), isInternal: topic.isInternal,
            partitions: partitions.sorted { $0.partition < $1.partition })
    }
}
