public import Model
internal import Wire
internal import WireMessages

extension Admin {
    /// What a group has committed, in these partitions or in all; those without an offset are absent.
    public func listGroupOffsets(
        _ group: String, of partitions: [TopicPartition]? = nil, requireStable: Bool = false
    ) async throws(ClientError) -> [TopicPartition: CommittedOffset] {
        var wanted = OffsetFetchRequest.OffsetFetchRequestGroup()
        wanted.groupID = group
        wanted.topics = partitions.map(OffsetFetchRequest.topics(of:))
        var request = OffsetFetchRequest()
        request.groups = [wanted]
        request.requireStable = requireStable
        let asked = request
        let answer = try await atCoordinator(of: group, "reading offsets of group \(group)") {
            node, left throws(ClientError) -> OffsetFetchResponse.OffsetFetchResponseGroup in
            let answer = try await ask(asked, of: .node(node.id), versions: 8...9, within: left)
                .message
            guard let found = answer.groups.first else {
                throw .refused(.unknownServerError, message: "the answer names no group")
            }
            try found.errorCode.check()
            for topic in found.topics {
                for entry in topic.partitions { try entry.errorCode.check() }
            }
            return found
        }
        return CommittedOffset.byPartition(answer)
    }

    /// Sets committed offsets of a group without members; a result for each partition.
    public func alterGroupOffsets(
        _ group: String, _ offsets: [TopicPartition: CommittedOffset]
    ) async throws(ClientError) -> [(partition: TopicPartition, failure: ClientError?)] {
        guard !offsets.isEmpty else { return [] }
        var request = OffsetCommitRequest()
        request.groupID = group
        request.topics = OffsetCommitRequest.topics(of: offsets)
        let asked = request
        let answer = try await atCoordinator(of: group, "setting offsets of group \(group)") {
            node, left throws(ClientError) -> OffsetCommitResponse in
            let answer = try await ask(asked, of: .node(node.id), versions: 2...9, within: left)
                .message
            try Self.checkCoordinator(
                answer.topics.flatMap { $0.partitions.map(\.errorCode) })
            return answer
        }
        return answer.topics.flatMap { topic in
            topic.partitions.map {
                (TopicPartition(topic.name, $0.partitionIndex), Self.failure($0.errorCode))
            }
        }.sorted { $0.partition < $1.partition }
    }

    /// Forgets committed offsets in partitions that no member reads; a result for each.
    public func deleteGroupOffsets(
        _ group: String, of partitions: [TopicPartition]
    ) async throws(ClientError) -> [(partition: TopicPartition, failure: ClientError?)] {
        var request = OffsetDeleteRequest()
        request.groupID = group
        request.topics = ConsumerProtocol.byTopic(partitions).map { topic, numbers in
            var entry = OffsetDeleteRequest.OffsetDeleteRequestTopic()
            entry.name = topic
            entry.partitions = numbers.map { number in
                var partition = OffsetDeleteRequest.OffsetDeleteRequestPartition()
                partition.partitionIndex = number
                return partition
            }
            return entry
        }
        let asked = request
        let answer = try await atCoordinator(of: group, "deleting offsets of group \(group)") {
            node, left throws(ClientError) -> OffsetDeleteResponse in
            let answer = try await ask(asked, of: .node(node.id), within: left).message
            try answer.errorCode.check()
            return answer
        }
        return answer.topics.flatMap { topic in
            topic.partitions.map {
                (TopicPartition(topic.name, $0.partitionIndex), Self.failure($0.errorCode))
            }
        }.sorted { $0.partition < $1.partition }
    }

    private static func failure(_ code: ErrorCode) -> ClientError? {
        code == .none ? nil : .refused(code, message: nil)
    }

    /// Throws what another attempt may cure: that the coordinator moved or loads.
    private static func checkCoordinator(_ codes: [ErrorCode]) throws(ClientError) {
        let moved: [ErrorCode] = [
            .notCoordinator, .coordinatorNotAvailable, .coordinatorLoadInProgress,
        ]
        for code in codes where moved.contains(code) { try code.check() }
    }
}

extension CommittedOffset {
    /// What an answer names, without partitions that have no offset.
    static func byPartition(
        _ group: OffsetFetchResponse.OffsetFetchResponseGroup
    ) -> [TopicPartition: CommittedOffset] {
        var found: [TopicPartition: CommittedOffset] = [:]
        for topic in group.topics {
            for entry in topic.partitions where entry.committedOffset >= 0 {
                found[TopicPartition(topic.name, entry.partitionIndex)] = CommittedOffset(
                    Offset(entry.committedOffset),
                    leaderEpoch: LeaderEpoch(entry.committedLeaderEpoch),
                    metadata: entry.metadata ?? "")
            }
        }
        return found
    }
}

extension OffsetFetchRequest {
    /// The partitions as the request carries them, ascending.
    static func topics(of partitions: [TopicPartition]) -> [OffsetFetchRequestTopics] {
        ConsumerProtocol.byTopic(partitions).map { topic, numbers in
            var entry = OffsetFetchRequestTopics()
            entry.name = topic
            entry.partitionIndexes = numbers
            return entry
        }
    }
}

extension OffsetCommitRequest {
    /// The offsets as the request carries them, ascending.
    static func topics(
        of offsets: [TopicPartition: CommittedOffset]
    ) -> [OffsetCommitRequestTopic] {
        ConsumerProtocol.byTopic(Array(offsets.keys)).map { topic, partitions in
            var entry = OffsetCommitRequestTopic()
            entry.name = topic
            entry.partitions = partitions.map { number in
                var partition = OffsetCommitRequestPartition()
                partition.partitionIndex = number
                if let offset = offsets[TopicPartition(topic, number)] {
                    partition.committedOffset = offset.offset.rawValue
                    partition.committedLeaderEpoch = offset.leaderEpoch.rawValue
                    partition.committedMetadata = offset.metadata
                }
                return partition
            }
            return entry
        }
    }
}
