internal import Metadata
internal import Bytes
internal import Groups
internal import Model
internal import WireMessages

/// OffsetDelete, v0 (KIP-496): committed offsets of topics that a group does not subscribe to.
enum OffsetDeleteHandler {
    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let wire: OffsetDeleteRequest = try scope.request()
        let exchange = scope.exchange
        let image = scope.shard.image
        let isKnown = wire.topics.flatMap { topic in
            topic.partitions.map {
                image.topic(named: topic.name)?.partition($0.partitionIndex) != nil
            }
        }
        let asked = wire.topics.flatMap { topic in
            topic.partitions.map { TopicPartition(topic.name, $0.partitionIndex) }
        }
        let known = zip(asked, isKnown).filter(\.1).map(\.0)
        scope.shard.coordinate(wire.groupID) { error in
            exchange.respond(response(.error(error), wire, isKnown))
        } _: { coordinator in
            coordinator.handle(wire.groupID) { reply in
                exchange.respond(response(reply, wire, isKnown))
            } _: { mind, ticket, now, time in
                mind.deleteOffsets(of: wire.groupID, known, ticket, now: now, time: time)
            }
        }
    }

    private static func response(
        _ reply: GroupReply, _ wire: OffsetDeleteRequest, _ isKnown: [Bool]
    ) -> OffsetDeleteResponse {
        let codes = OffsetCodes(reply)
        var response = OffsetDeleteResponse()
        response.errorCode = codes.all
        guard codes.all == .none else { return response }
        var index = 0
        var answered = 0
        response.topics = wire.topics.map { topic in
            var shown = OffsetDeleteResponse.OffsetDeleteResponseTopic()
            shown.name = topic.name
            shown.partitions = topic.partitions.map { partition in
                var result = OffsetDeleteResponse.OffsetDeleteResponsePartition()
                result.partitionIndex = partition.partitionIndex
                if isKnown[index] {
                    result.errorCode = codes[answered]
                    answered += 1
                } else {
                    result.errorCode = .unknownTopicOrPartition
                }
                index += 1
                return result
            }
            return shown
        }
        return response
    }
}
