internal import Bytes
internal import LogStorage
internal import Metadata
internal import Model
internal import Replication
internal import WireMessages

/// OffsetForLeaderEpoch, v2 to v4 (KIP-101, 279, 320): where an epoch ends, to find where logs part.
enum OffsetForLeaderEpochHandler {
    struct Question: Sendable {
        let index: Int32
        let currentLeaderEpoch: LeaderEpoch
        let epoch: LeaderEpoch
    }

    struct Answer: Sendable {
        let index: Int32
        var error = ErrorCode.none
        var epoch = LeaderEpoch.none
        var end = Offset.none
    }

    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let request: OffsetForLeaderEpochRequest = try scope.request()
        let shard = scope.shard
        var items: [PartitionQuery<Question, Answer>.Item] = []
        for topic in request.topics {
            let id = shard.image.topicID(named: topic.topic)
            for partition in topic.partitions {
                items.append(
                    .init(
                        key: id.map { PartitionKey($0, partition.partition) },
                        question: Question(
                            index: partition.partition,
                            currentLeaderEpoch: LeaderEpoch(partition.currentLeaderEpoch),
                            epoch: LeaderEpoch(partition.leaderEpoch))))
            }
        }
        let exchange = scope.exchange
        PartitionQuery.run(on: shard, items) { question in
            Answer(index: question.index, error: .unknownTopicOrPartition)
        } ask: { shard, key, question in
            answer(shard, key, question)
        } finish: { answers in
            exchange.respond(response(request, answers))
        }
    }

    private static func answer(_ shard: Shard, _ key: PartitionKey, _ question: Question) -> Answer
    {
        var answer = Answer(index: question.index)
        guard let partition = shard.partitions[key] else {
            answer.error = shard.absence(of: key).error
            return answer
        }
        if let refusal = partition.refusal(currentLeaderEpoch: question.currentLeaderEpoch) {
            answer.error = refusal.error
            return answer
        }
        // The present epoch may have no record yet; it ends where the log ends.
        if question.epoch == partition.leader?.leaderEpoch {
            answer.epoch = question.epoch
            answer.end = partition.log.logEndOffset
            return answer
        }
        let end = partition.log.endOffset(of: question.epoch)
        answer.epoch = end.epoch
        answer.end = end.offset
        return answer
    }

    private static func response(
        _ request: OffsetForLeaderEpochRequest, _ answers: [Answer]
    ) -> OffsetForLeaderEpochResponse {
        var response = OffsetForLeaderEpochResponse()
        var next = answers.makeIterator()
        for topic in request.topics {
            var answered = OffsetForLeaderEpochResponse.OffsetForLeaderTopicResult()
            answered.topic = topic.topic
            for _ in topic.partitions {
                guard let answer = next.next() else { break }
                var partition = OffsetForLeaderEpochResponse.EpochEndOffset()
                partition.partition = answer.index
                partition.errorCode = answer.error
                partition.leaderEpoch = answer.epoch.rawValue
                partition.endOffset = answer.end.rawValue
                answered.partitions.append(partition)
            }
            response.topics.append(answered)
        }
        return response
    }
}
