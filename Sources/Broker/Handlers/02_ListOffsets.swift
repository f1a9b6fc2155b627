internal import Bytes
internal import LogStorage
internal import Metadata
internal import Model
internal import Replication
internal import WireMessages

/// ListOffsets, v1 to v11 (KIP-79, 207, 320, 734, 1005, 1023). Nothing is in tiered storage, so the local
/// start is the earliest offset and the tiered end is unknown.
enum ListOffsetsHandler {
    /// The special positions of `protocol.md` §6.
    enum Position {
        static let latest: Int64 = -1
        static let earliest: Int64 = -2
        static let maxTimestamp: Int64 = -3
        static let earliestLocal: Int64 = -4
        static let latestTiered: Int64 = -5
        static let earliestPendingUpload: Int64 = -6

        /// The first version in which a client may ask for a position; nil if no version has it.
        static func firstVersion(of timestamp: Int64) -> Int16? {
            switch timestamp {
            case latest, earliest, 0...: 0
            case maxTimestamp: 7
            case earliestLocal: 8
            case latestTiered: 9
            case earliestPendingUpload: 11
            default: nil
            }
        }
    }

    struct Question: Sendable {
        let index: Int32
        let timestamp: Int64
        let currentLeaderEpoch: LeaderEpoch
        let reader: FetchReader
        let version: Int16
    }

    struct Answer: Sendable {
        let index: Int32
        var error = ErrorCode.none
        var timestamp: Int64 = -1
        var offset: Int64 = -1
        var epoch: Int32 = -1
    }

    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let request: ListOffsetsRequest = try scope.request()
        let shard = scope.shard
        let version = scope.exchange.version
        let reader: FetchReader =
            request.replicaID >= 0
            ? .follower(BrokerID(request.replicaID), .none)
            : .consumer(
                readCommitted: request.isolationLevel == 1,
                // Tools ask each replica for its own; consumers their leader.
                at: request.replicaID == -2
                    ? ClientPlace(
                        rack: "", listener: scope.exchange.listener.name, isTool: true) : nil)
        var items: [PartitionQuery<Question, Answer>.Item] = []
        for topic in request.topics {
            let id = shard.image.topicID(named: topic.name)
            for partition in topic.partitions {
                let question = Question(
                    index: partition.partitionIndex, timestamp: partition.timestamp,
                    currentLeaderEpoch: LeaderEpoch(partition.currentLeaderEpoch), reader: reader,
                    version: version)
                items.append(
                    .init(
                        key: id.map { PartitionKey($0, partition.partitionIndex) },
                        question: question))
            }
        }
        let exchange = scope.exchange
        PartitionQuery.run(on: shard, items) { question in
            Answer(index: question.index, error: .unknownTopicOrPartition)
        } ask: { shard, key, question in
            answer(shard, key, question)
        } finish: { answers in
            exchange.respond(response(request, version, answers))
        }
    }

    private static func response(
        _ request: ListOffsetsRequest, _ version: Int16, _ answers: [Answer]
    ) -> ListOffsetsResponse {
        var response = ListOffsetsResponse()
        var next = answers.makeIterator()
        for topic in request.topics {
            var answered = ListOffsetsResponse.ListOffsetsTopicResponse()
            answered.name = topic.name
            for _ in topic.partitions {
                guard let answer = next.next() else { break }
                var partition = ListOffsetsResponse.ListOffsetsPartitionResponse()
                partition.partitionIndex = answer.index
                partition.errorCode = answer.error
                partition.timestamp = answer.timestamp
                partition.offset = answer.offset
                if version >= 4 { partition.leaderEpoch = answer.epoch }
                answered.partitions.append(partition)
            }
            response.topics.append(answered)
        }
        return response
    }

    private static func answer(_ shard: Shard, _ key: PartitionKey, _ question: Question) -> Answer
    {
        var answer = Answer(index: question.index)
        guard let first = Position.firstVersion(of: question.timestamp), question.version >= first
        else {
            answer.error = .unsupportedVersion
            return answer
        }
        guard let partition = shard.partitions[key] else {
            answer.error = shard.absence(of: key).error
            return answer
        }
        let refusal = partition.refusal(
            currentLeaderEpoch: question.currentLeaderEpoch, to: question.reader)
        if let refusal {
            answer.error = refusal.error
            return answer
        }
        do throws(LogError) {
            try look(in: partition, question, &answer)
        } catch {
            answer.error = partition.errorCode(reading: error)
        }
        return answer
    }

    private static func look(
        in partition: Partition, _ question: Question, _ answer: inout Answer
    ) throws(LogError) {
        let log = partition.log
        let end = partition.readableEnd(for: question.reader)
        // KIP-207: a new leader may know an older high watermark than clients have seen already, so it cannot
        // say where the end is, nor that a record is not there.
        let isCurrent =
            question.reader.isFollower || partition.leader?.isHighWatermarkCurrent ?? true
        let unavailable: ErrorCode? =
            isCurrent ? nil : question.version >= 5 ? .offsetNotAvailable : .leaderNotAvailable
        switch question.timestamp {
        case Position.latest:
            if let unavailable {
                answer.error = unavailable
                return
            }
            tell(end, of: partition, &answer)
            answer.epoch = partition.leader?.leaderEpoch.rawValue ?? -1
        case Position.earliest, Position.earliestLocal, Position.earliestPendingUpload:
            tell(log.logStartOffset, of: partition, &answer)
        case Position.latestTiered:
            break
        case Position.maxTimestamp:
            guard let found = try log.offsetOfMaxTimestamp(), found.offset < end else {
                answer.error = unavailable ?? .none
                return
            }
            answer.timestamp = found.timestamp.rawValue
            tell(found.offset, of: partition, &answer)
        case 0...:
            guard let found = try log.lookUp(Timestamp(question.timestamp)),
                found.offset < end
            else {
                answer.error = unavailable ?? .none
                return
            }
            answer.timestamp = found.timestamp.rawValue
            tell(found.offset, of: partition, &answer)
        default:
            answer.error = .unsupportedVersion
        }
    }

    private static func tell(_ offset: Offset, of partition: Partition, _ answer: inout Answer) {
        answer.offset = offset.rawValue
        answer.epoch = (partition.log.epoch(at: offset) ?? .none).rawValue
    }
}
