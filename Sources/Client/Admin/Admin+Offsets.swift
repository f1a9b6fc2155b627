public import Model
internal import Wire
internal import WireMessages

extension Admin {
    /// Looks positions up at the partitions' leaders, in the order asked for; a failure for each partition
    /// that has no leader or refuses.
    public func listOffsets(
        _ wanted: [(partition: TopicPartition, spec: OffsetSpec)],
        isolation: IsolationLevel = .readUncommitted
    ) async throws(ClientError)
        -> [(partition: TopicPartition, result: Result<ListedOffset, ClientError>)]
    {
        guard !wanted.isEmpty else { return [] }
        let limit = configuration.operationTimeout
        let found = try await atLeaders(of: wanted.map(\.partition)) { node, partitions in
            let mine = wanted.filter { partitions.contains($0.partition) }
            return await ask(node, mine, isolation: isolation, within: limit)
        }
        return wanted.map { item in
            (
                item.partition,
                found[item.partition] ?? .failure(.refused(.leaderNotAvailable, message: nil))
            )
        }
    }

    private func ask(
        _ node: BrokerID, _ wanted: [(partition: TopicPartition, spec: OffsetSpec)],
        isolation: IsolationLevel, within limit: Duration
    ) async -> [TopicPartition: Result<ListedOffset, ClientError>] {
        var found: [TopicPartition: Result<ListedOffset, ClientError>] = [:]
        var request = ListOffsetsRequest()
        request.replicaID = -1
        request.isolationLevel = isolation.rawValue
        request.timeoutMs = Self.serverTimeout(limit)
        for item in wanted {
            var entry = ListOffsetsRequest.ListOffsetsPartition()
            entry.partitionIndex = item.partition.partition
            entry.timestamp = item.spec.wireValue
            if let at = request.topics.firstIndex(where: { $0.name == item.partition.topic }) {
                request.topics[at].partitions.append(entry)
            } else {
                var topic = ListOffsetsRequest.ListOffsetsTopic()
                topic.name = item.partition.topic
                topic.partitions = [entry]
                request.topics.append(topic)
            }
        }
        let lowest = wanted.map(\.spec.firstVersion).max() ?? 1
        do {
            let answer = try await ask(
                request, of: .node(node),
                versions: lowest...ListOffsetsRequest.validVersions.upperBound, within: limit
            ).message
            for topic in answer.topics {
                for result in topic.partitions {
                    let partition = TopicPartition(topic.name, result.partitionIndex)
                    guard result.errorCode == .none else {
                        found[partition] = .failure(.refused(result.errorCode, message: nil))
                        continue
                    }
                    found[partition] = .success(
                        ListedOffset(
                            offset: Offset(result.offset), timestamp: Timestamp(result.timestamp),
                            leaderEpoch: LeaderEpoch(result.leaderEpoch)))
                }
            }
        } catch {
            for item in wanted { found[item.partition] = .failure(error) }
        }
        return found
    }
}
