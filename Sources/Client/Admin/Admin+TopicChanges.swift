public import Model
internal import Wire
internal import WireMessages

extension Admin {
    /// Makes topics. Throws the first failure; several topics in one question are made or refused each for
    /// itself.
    public func createTopics(
        _ topics: [NewTopic], validateOnly: Bool = false
    ) async throws(ClientError) {
        var request = CreateTopicsRequest()
        request.validateOnly = validateOnly
        request.topics = topics.map { topic in
            var entry = CreateTopicsRequest.CreatableTopic()
            entry.name = topic.name
            let isAssigned = !topic.assignment.isEmpty
            entry.numPartitions = isAssigned ? -1 : topic.partitionCount ?? -1
            entry.replicationFactor = isAssigned ? -1 : topic.replicationFactor ?? -1
            entry.assignments = topic.assignment.enumerated().map { index, brokers in
                var assignment = CreateTopicsRequest.CreatableReplicaAssignment()
                assignment.partitionIndex = Int32(index)
                assignment.brokerIDs = brokers.map(\.rawValue)
                return assignment
            }
            entry.configs = topic.configs.map { setting in
                var config = CreateTopicsRequest.CreatableTopicConfig()
                config.name = setting.name
                config.value = setting.value
                return config
            }
            return entry
        }
        // Defaults for both numbers came with version 4.
        let usesDefaults = topics.contains {
            $0.assignment.isEmpty && ($0.partitionCount == nil || $0.replicationFactor == nil)
        }
        let lowest: Int16 = usesDefaults ? 4 : 2
        let asked = request
        try await retrying("creating topics") { left throws(ClientError) -> Void in
            var request = asked
            request.timeoutMs = Self.serverTimeout(left)
            let answer = try await ask(
                request, of: .controller,
                versions: lowest...CreateTopicsRequest.validVersions.upperBound, within: left
            ).message
            for topic in answer.topics { try topic.errorCode.check(topic.errorMessage) }
        }
    }

    /// Removes topics. Throws the first failure.
    public func deleteTopics(_ names: [String]) async throws(ClientError) {
        try await retrying("deleting topics") { left throws(ClientError) -> Void in
            var request = DeleteTopicsRequest()
            request.timeoutMs = Self.serverTimeout(left)
            // Names were a list of their own up to version 5; which one is sent depends on the version.
            request.topicNames = names
            let answer = try await ask(
                request, of: .controller, versions: 1...5, within: left
            ).message
            for topic in answer.responses { try topic.errorCode.check(topic.errorMessage) }
        }
    }

    /// Removes a topic by its id, so that no other of the same name is hit (KIP-516).
    public func deleteTopic(id: TopicID) async throws(ClientError) {
        try await retrying("deleting topic \(id)") { left throws(ClientError) -> Void in
            var topic = DeleteTopicsRequest.DeleteTopicState()
            topic.topicID = id.uuid
            var request = DeleteTopicsRequest()
            request.timeoutMs = Self.serverTimeout(left)
            request.topics = [topic]
            let answer = try await ask(
                request, of: .controller, versions: 6...6, within: left
            ).message
            for topic in answer.responses { try topic.errorCode.check(topic.errorMessage) }
        }
    }

    /// Raises a topic's number of partitions to `count`; `assignment` places the new ones.
    public func createPartitions(
        of topic: String, count: Int32, assignment: [[BrokerID]]? = nil
    ) async throws(ClientError) {
        try await retrying("adding partitions to \(topic)") { left throws(ClientError) -> Void in
            var entry = CreatePartitionsRequest.CreatePartitionsTopic()
            entry.name = topic
            entry.count = count
            entry.assignments = assignment?.map { brokers in
                var assignment = CreatePartitionsRequest.CreatePartitionsAssignment()
                assignment.brokerIDs = brokers.map(\.rawValue)
                return assignment
            }
            var request = CreatePartitionsRequest()
            request.timeoutMs = Self.serverTimeout(left)
            request.topics = [entry]
            let answer = try await ask(request, of: .controller, within: left).message
            for result in answer.results { try result.errorCode.check(result.errorMessage) }
        }
    }

    /// Elects leaders; nil means of all partitions. Answers for each partition that was looked at; nil where
    /// the election succeeded.
    public func electLeaders(
        _ type: ElectionType, of partitions: [TopicPartition]?
    ) async throws(ClientError) -> [(partition: TopicPartition, failure: ClientError?)] {
        try await retrying("electing leaders") {
            left throws(ClientError) -> [(partition: TopicPartition, failure: ClientError?)] in
            var request = ElectLeadersRequest()
            request.electionType = type.rawValue
            request.timeoutMs = Self.serverTimeout(left)
            request.topicPartitions = partitions.map(Self.grouped)
            let lowest: Int16 = type == .unclean ? 1 : 0
            let answer = try await ask(
                request, of: .controller,
                versions: lowest...ElectLeadersRequest.validVersions.upperBound, within: left
            ).message
            try answer.errorCode.check()
            return answer.replicaElectionResults.flatMap { topic in
                topic.partitionResult.map { result in
                    let partition = TopicPartition(topic.topic, result.partitionID)
                    guard result.errorCode != .none else { return (partition, nil) }
                    return (
                        partition, .refused(result.errorCode, message: result.errorMessage)
                    )
                }
            }.sorted { $0.partition < $1.partition }
        }
    }

    private static func grouped(
        _ partitions: [TopicPartition]
    ) -> [ElectLeadersRequest.TopicPartitions] {
        var topics: [ElectLeadersRequest.TopicPartitions] = []
        for partition in partitions.sorted() {
            if topics.last?.topic == partition.topic {
                topics[topics.count - 1].partitions.append(partition.partition)
            } else {
                var topic = ElectLeadersRequest.TopicPartitions()
                topic.topic = partition.topic
                topic.partitions = [partition.partition]
                topics.append(topic)
            }
        }
        return topics
    }

    /// What the server is told of the time left: no longer than an answer may take.
    static func serverTimeout(_ left: Duration) -> Int32 {
        Int32(clamping: min(left, .seconds(30)).inMilliseconds)
    }
}
