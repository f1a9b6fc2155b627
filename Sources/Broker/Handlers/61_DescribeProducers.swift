internal import Bytes
internal import LogStorage
internal import Metadata
internal import Model
internal import ProducerState
internal import WireMessages

/// DescribeProducers, v0 (KIP-664): what a replica remembers of the producers of its partitions. Any replica
/// answers, not the leader alone.
enum DescribeProducersHandler {
    struct Answer: Sendable {
        let index: Int32
        var error = ErrorCode.none
        var producers: [DescribeProducersResponse.ProducerState] = []
    }

    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let request: DescribeProducersRequest = try scope.request()
        let shard = scope.shard
        var items: [PartitionQuery<Int32, Answer>.Item] = []
        for topic in request.topics {
            let id = shard.image.topicID(named: topic.name)
            for index in topic.partitionIndexes {
                items.append(.init(key: id.map { PartitionKey($0, index) }, question: index))
            }
        }
        let exchange = scope.exchange
        PartitionQuery.run(on: shard, items) { index in
            Answer(index: index, error: .unknownTopicOrPartition)
        } ask: { shard, key, index in
            answer(shard, key, index)
        } finish: { answers in
            exchange.respond(response(request, answers))
        }
    }

    private static func answer(_ shard: Shard, _ key: PartitionKey, _ index: Int32) -> Answer {
        var answer = Answer(index: index)
        guard let partition = shard.partitions[key] else {
            answer.error = shard.absence(of: key).error
            return answer
        }
        guard !partition.isOffline else {
            answer.error = .kafkaStorageError
            return answer
        }
        answer.producers = (partition.log.producers?.sortedEntries ?? []).map(shown)
        return answer
    }

    private static func shown(_ entry: ProducerEntry) -> DescribeProducersResponse.ProducerState {
        var state = DescribeProducersResponse.ProducerState()
        state.producerID = entry.producerID.rawValue
        state.producerEpoch = Int32(entry.epoch)
        state.lastSequence = entry.lastSequence
        state.lastTimestamp = entry.lastTimestamp.rawValue
        state.coordinatorEpoch = entry.coordinatorEpoch
        state.currentTxnStartOffset = (entry.transactionFirstOffset ?? .none).rawValue
        return state
    }

    private static func response(
        _ request: DescribeProducersRequest, _ answers: [Answer]
    ) -> DescribeProducersResponse {
        var response = DescribeProducersResponse()
        var next = answers.makeIterator()
        for topic in request.topics {
            var answered = DescribeProducersResponse.TopicResponse()
            answered.name = topic.name
            for _ in topic.partitionIndexes {
                guard let answer = next.next() else { break }
                var partition = DescribeProducersResponse.PartitionResponse()
                partition.partitionIndex = answer.index
                partition.errorCode = answer.error
                partition.errorMessage = answer.error == .none ? nil : answer.error.name
                partition.activeProducers = answer.producers
                answered.partitions.append(partition)
            }
            response.topics.append(answered)
        }
        return response
    }
}
