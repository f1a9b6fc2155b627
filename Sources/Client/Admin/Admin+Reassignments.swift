public import Model
internal import Wire
internal import WireMessages

/// A partition whose replicas are moved (KIP-455).
public struct OngoingReassignment: Hashable, Sendable {
    public let partition: TopicPartition
    /// Old and new ones.
    public let replicas: [BrokerID]
    public let adding: [BrokerID]
    public let removing: [BrokerID]

    /// The replicas once it is done.
    public var target: [BrokerID] { replicas.filter { !removing.contains($0) } }
}

extension Admin {
    /// Begins or, with nil, ends reassignments, each for itself. Answers in the order asked; nil where it was done.
    public func alterReassignments(
        _ wishes: [(partition: TopicPartition, replicas: [BrokerID]?)],
        mayChangeFactor: Bool = true
    ) async throws(ClientError) -> [(partition: TopicPartition, failure: ClientError?)] {
        var request = AlterPartitionReassignmentsRequest()
        request.allowReplicationFactorChange = mayChangeFactor
        for wish in wishes {
            var partition = AlterPartitionReassignmentsRequest.ReassignablePartition()
            partition.partitionIndex = wish.partition.partition
            partition.replicas = wish.replicas.map { $0.map(\.rawValue) }
            if request.topics.last?.name != wish.partition.topic {
                var topic = AlterPartitionReassignmentsRequest.ReassignableTopic()
                topic.name = wish.partition.topic
                request.topics.append(topic)
            }
            request.topics[request.topics.count - 1].partitions.append(partition)
        }
        let asked = request
        return try await retrying("reassigning partitions") {
            left throws(ClientError) -> [(partition: TopicPartition, failure: ClientError?)] in
            var request = asked
            request.timeoutMs = Self.serverTimeout(left)
            let answer = try await ask(
                request, of: .controller, versions: (mayChangeFactor ? 0 : 1)...1, within: left
            ).message
            try answer.errorCode.check(answer.errorMessage)
            var found: [TopicPartition: ClientError] = [:]
            for topic in answer.responses {
                for result in topic.partitions where result.errorCode != .none {
                    found[TopicPartition(topic.name, result.partitionIndex)] = .refused(
                        result.errorCode, message: result.errorMessage)
                }
            }
            return wishes.map { ($0.partition, found[$0.partition]) }
        }
    }

    /// The reassignments under way, by topic and number.
    public func listReassignments() async throws(ClientError) -> [OngoingReassignment] {
        try await retrying("listing reassignments") {
            left throws(ClientError) -> [OngoingReassignment] in
            var request = ListPartitionReassignmentsRequest()
            request.timeoutMs = Self.serverTimeout(left)
            request.topics = nil
            let answer = try await ask(request, of: .controller, within: left).message
            try answer.errorCode.check(answer.errorMessage)
            return answer.topics.flatMap { topic in
                topic.partitions.map { partition in
                    OngoingReassignment(
                        partition: TopicPartition(topic.name, partition.partitionIndex),
                        replicas: partition.replicas.map { BrokerID($0) },
                        adding: partition.addingReplicas.map { BrokerID($0) },
                        removing: partition.removingReplicas.map { BrokerID($0) })
                }
            }.sorted { $0.partition < $1.partition }
        }
    }

    /// Moves replicas of one broker into others of its log directories. Answers in the order asked; nil where the
    /// move has begun, or was needless.
    public func moveReplicas(
        on broker: BrokerID, _ moves: [(partition: TopicPartition, path: String)]
    ) async throws(ClientError) -> [(partition: TopicPartition, failure: ClientError?)] {
        var request = AlterReplicaLogDirsRequest()
        for move in moves {
            let place = request.dirs.firstIndex { $0.path == move.path }
            if place == nil {
                var directory = AlterReplicaLogDirsRequest.AlterReplicaLogDir()
                directory.path = move.path
                request.dirs.append(directory)
            }
            let own = place ?? request.dirs.count - 1
            if request.dirs[own].topics.last?.name != move.partition.topic {
                var topic = AlterReplicaLogDirsRequest.AlterReplicaLogDirTopic()
                topic.name = move.partition.topic
                request.dirs[own].topics.append(topic)
            }
            let last = request.dirs[own].topics.count - 1
            request.dirs[own].topics[last].partitions.append(move.partition.partition)
        }
        let asked = request
        return try await retrying("moving replicas") {
            left throws(ClientError) -> [(partition: TopicPartition, failure: ClientError?)] in
            let answer = try await ask(asked, of: .node(broker), within: left).message
            var found: [TopicPartition: ClientError] = [:]
            for topic in answer.results {
                for result in topic.partitions where result.errorCode != .none {
                    found[TopicPartition(topic.topicName, result.partitionIndex)] = .refused(
                        result.errorCode, message: nil)
                }
            }
            return moves.map { ($0.partition, found[$0.partition]) }
        }
    }

    /// Drops the registration of a broker that is gone for good.
    public func unregisterBroker(_ broker: BrokerID) async throws(ClientError) {
        try await retrying("unregistering broker \(broker.rawValue)") {
            left throws(ClientError) -> Void in
            var request = UnregisterBrokerRequest()
            request.brokerID = broker.rawValue
            let answer = try await ask(request, of: .controller, within: left).message
            try answer.errorCode.check(answer.errorMessage)
        }
    }
}
