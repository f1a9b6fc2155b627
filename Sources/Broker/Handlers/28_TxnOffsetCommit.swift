internal import Bytes
internal import Groups
internal import Metadata
internal import Model
internal import WireMessages

/// TxnOffsetCommit, v0 to v5 (KIP-98, 320, 447): offsets that count when the producer's transaction is committed. Not
/// supported: asking the coordinator of the transaction whether it goes on (KIP-890), for there is none yet.
enum TxnOffsetCommitHandler {
    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let wire: TxnOffsetCommitRequest = try scope.request()
        let exchange = scope.exchange
        let request = commit(wire, scope.shard.image)
        let producer = OffsetProducer(
            id: ProducerID(wire.producerID), epoch: wire.producerEpoch)
        scope.shard.coordinate(request.groupID) { error in
            exchange.respond(response(.error(error), wire))
        } _: { coordinator in
            coordinator.handle(request.groupID) { reply in
                exchange.respond(response(reply, wire))
            } _: { mind, ticket, now, time in
                mind.commit(request, by: producer, ticket, now: now, time: time)
            }
        }
    }

    private static func commit(
        _ wire: TxnOffsetCommitRequest, _ image: MetadataImage
    ) -> OffsetCommit {
        var commit = OffsetCommit(
            wire.groupID,
            MemberClaim(
                wire.memberID, instanceID: wire.groupInstanceID,
                generation: wire.generationIDOrMemberEpoch))
        for topic in wire.topics {
            let known = image.topic(named: topic.name)
            for partition in topic.partitions {
                commit.entries.append(OffsetEntry(partition, of: known, named: topic.name))
            }
        }
        return commit
    }

    private static func response(
        _ reply: GroupReply, _ wire: TxnOffsetCommitRequest
    ) -> TxnOffsetCommitResponse {
        let codes = OffsetCodes(reply)
        var index = 0
        var response = TxnOffsetCommitResponse()
        response.topics = wire.topics.map { topic in
            var shown = TxnOffsetCommitResponse.TxnOffsetCommitResponseTopic()
            shown.name = topic.name
            shown.partitions = topic.partitions.map { partition in
                defer { index += 1 }
                var answered = TxnOffsetCommitResponse.TxnOffsetCommitResponsePartition()
                answered.partitionIndex = partition.partitionIndex
                answered.errorCode = codes[index]
                return answered
            }
            return shown
        }
        return response
    }
}
