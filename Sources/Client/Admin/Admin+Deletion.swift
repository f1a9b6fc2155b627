public import Model
internal import Wire
internal import WireMessages

extension Admin {
    /// Moves the start of logs up to `before`, -1 for what is committed (KIP-107). Answers with the lowest start
    /// among the replicas, in the order asked; a failure for each partition that refuses.
    public func deleteRecords(
        _ wanted: [(partition: TopicPartition, before: Offset)]
    ) async throws(ClientError)
        -> [(partition: TopicPartition, result: Result<Offset, ClientError>)]
    {
        let limit = configuration.operationTimeout
        var found: [TopicPartition: Result<Offset, ClientError>] = [:]
        var left = wanted
        // A few rounds: leaders may be changing right now. What is still refused then is reported.
        for round in 0..<Self.deletionRoundsMax where !left.isEmpty {
            if round > 0 { await sleep(for: configuration.retryBackoff * (1 << round)) }
            let metadata = try await metadata(of: Set(left.map(\.partition.topic)).sorted())
            var leaders: [TopicPartition: BrokerID] = [:]
            for topic in metadata.topics {
                for entry in topic.partitions where entry.leaderID >= 0 {
                    leaders[TopicPartition(topic.name ?? "", entry.partitionIndex)] = BrokerID(
                        entry.leaderID)
                }
                guard topic.errorCode != .none else { continue }
                for item in left where item.partition.topic == topic.name {
                    found[item.partition] = .failure(.refused(topic.errorCode, message: nil))
                }
            }
            for item in left where leaders[item.partition] == nil && found[item.partition] == nil {
                found[item.partition] = .failure(.refused(.unknownTopicOrPartition, message: nil))
            }
            for node in Set(leaders.values).sorted() {
                let mine = left.filter { leaders[$0.partition] == node }
                guard !mine.isEmpty else { continue }
                try await delete(mine, at: node, within: limit, into: &found)
            }
            left = left.filter { item in
                guard case .failure(let error)? = found[item.partition] else { return false }
                return error.isRetriable
            }
        }
        return wanted.map { item in
            (
                item.partition,
                found[item.partition] ?? .failure(.refused(.leaderNotAvailable, message: nil))
            )
        }
    }

    private static let deletionRoundsMax = 4

    private func delete(
        _ wanted: [(partition: TopicPartition, before: Offset)], at node: BrokerID,
        within limit: Duration, into found: inout [TopicPartition: Result<Offset, ClientError>]
    ) async throws(ClientError) {
        var request = DeleteRecordsRequest()
        request.timeoutMs = Self.serverTimeout(limit)
        for item in wanted {
            var entry = DeleteRecordsRequest.DeleteRecordsPartition()
            entry.partitionIndex = item.partition.partition
            entry.offset = item.before.rawValue
            if request.topics.last?.name != item.partition.topic {
                var topic = DeleteRecordsRequest.DeleteRecordsTopic()
                topic.name = item.partition.topic
                request.topics.append(topic)
            }
            request.topics[request.topics.count - 1].partitions.append(entry)
        }
        let answer = try await ask(request, of: .node(node), within: limit).message
        for topic in answer.topics {
            for result in topic.partitions {
                found[TopicPartition(topic.name, result.partitionIndex)] =
                    result.errorCode == .none
                    ? .success(Offset(result.lowWatermark))
                    : .failure(.refused(result.errorCode, message: nil))
            }
        }
    }
}
