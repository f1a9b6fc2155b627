internal import Bytes
internal import Metadata
internal import Model
internal import Ports
internal import Replication
internal import WireMessages

/// DeleteRecords, v0 to v2 (KIP-107): moves the start of logs up. Answered when every replica that is up has
/// followed, or the time is over.
enum DeleteRecordsHandler {
    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let request: DeleteRecordsRequest = try scope.request()
        let shard = scope.shard
        let exchange = scope.exchange
        let count = request.topics.reduce(0) { $0 + $1.partitions.count }
        let operation = DeletionOperation(count: count) { outcomes in
            exchange.respond(response(request, outcomes))
        }
        let bound = LoopBound(operation, on: shard.loop)
        var parts: [DeletionPart] = []
        var early: [(Int, DeletionOutcome)] = []
        var index = 0
        for topic in request.topics {
            let isInternal = InternalTopics.contains(topic.name)
            let id = shard.image.topicID(named: topic.name)
            for partition in topic.partitions {
                defer { index += 1 }
                guard let id, !isInternal else {
                    let error =
                        isInternal ? ErrorCode.invalidTopicException : .unknownTopicOrPartition
                    early.append((index, DeletionOutcome(error: error)))
                    continue
                }
                parts.append(
                    DeletionPart(
                        index: index, key: PartitionKey(id, partition.partitionIndex),
                        offset: Offset(partition.offset)))
            }
        }
        let deadline = shard.loop.now + .milliseconds(max(Int64(request.timeoutMs), 0))
        for (owner, parts) in shard.node.byShard(parts, \.key) {
            shard.peers[owner].run { $0.deleteRecords(parts, until: deadline, for: bound) }
        }
        for (index, outcome) in early { operation.take(index, outcome) }
    }

    private static func response(
        _ request: DeleteRecordsRequest, _ outcomes: [DeletionOutcome]
    ) -> DeleteRecordsResponse {
        var response = DeleteRecordsResponse()
        var next = outcomes.makeIterator()
        for topic in request.topics {
            var answered = DeleteRecordsResponse.DeleteRecordsTopicResult()
            answered.name = topic.name
            for partition in topic.partitions {
                guard let outcome = next.next() else { break }
                var result = DeleteRecordsResponse.DeleteRecordsPartitionResult()
                result.partitionIndex = partition.partitionIndex
                result.errorCode = outcome.error
                result.lowWatermark = outcome.lowWatermark.rawValue
                answered.partitions.append(result)
            }
            response.topics.append(answered)
        }
        return response
    }
}
