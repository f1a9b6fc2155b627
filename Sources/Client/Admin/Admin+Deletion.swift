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
        let found = try await atLeaders(of: wanted.map(\.partition)) { node, partitions in
            let mine = wanted.filter { partitions.contains($0.partition) }
            return await delete(mine, at: node, within: limit)
        }
        return wanted.map { item in
            (
                item.partition,
                found[item.partition] ?? .failure(.refused(.leaderNotAvailable, message: nil))
            )
        }
    }

    private func delete(
        _ wanted: [(partition: TopicPartition, before: Offset)], at node: BrokerID,
        within limit: Duration
    ) async -> [TopicPartition: Result<Offset, ClientError>] {
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
        var found: [TopicPartition: Result<Offset, ClientError>] = [:]
        do {
            let answer = try await ask(request, of: .node(node), within: limit).message
            for topic in answer.topics {
                for result in topic.partitions {
                    found[TopicPartition(topic.name, result.partitionIndex)] =
                        result.errorCode == .none
                        ? .success(Offset(result.lowWatermark))
                        : .failure(.refused(result.errorCode, message: nil))
                }
            }
        } catch {
            for item in wanted { found[item.partition] = .failure(error) }
        }
        return found
    }
}
