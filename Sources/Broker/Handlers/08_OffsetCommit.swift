internal import Bytes
internal import Groups
internal import Metadata
internal import Model
internal import WireMessages

/// OffsetCommit, v0 to v10 (KIP-211, 320, 345, 848). v0 and v1 are below what Kafka 4 takes and are not shown;
/// clients that use them do not ask which versions there are, and would lose their place in silence.
enum OffsetCommitHandler {
    private static let topicIDsFrom: Int16 = 10
    private static let epochsFrom: Int16 = 9

    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let wire: OffsetCommitRequest = try scope.request()
        let exchange = scope.exchange
        let request = commit(wire, exchange.version, scope.shard.image)
        scope.shard.coordinate(request.groupID) { error in
            exchange.respond(response(.error(error), wire))
        } _: { coordinator in
            coordinator.handle(request.groupID) { reply in
                exchange.respond(response(reply, wire))
            } _: { mind, ticket, now, time in
                mind.commit(request, ticket, now: now, time: time)
            }
        }
    }

    private static func commit(
        _ wire: OffsetCommitRequest, _ version: Int16, _ image: MetadataImage
    ) -> OffsetCommit {
        var commit = OffsetCommit(
            wire.groupID,
            MemberClaim(
                wire.memberID, instanceID: wire.groupInstanceID,
                generation: wire.generationIDOrMemberEpoch))
        commit.knowsEpochs = version >= epochsFrom
        if wire.retentionTimeMs >= 0 { commit.retention = .milliseconds(wire.retentionTimeMs) }
        for topic in wire.topics {
            let known =
                version >= topicIDsFrom
                ? image.topic(TopicID(topic.topicID)) : image.topic(named: topic.name)
            for partition in topic.partitions {
                var entry = OffsetEntry(partition, of: known, named: topic.name)
                if known == nil, version >= topicIDsFrom { entry.error = .unknownTopicId }
                commit.entries.append(entry)
            }
        }
        return commit
    }

    private static func response(
        _ reply: GroupReply, _ wire: OffsetCommitRequest
    ) -> OffsetCommitResponse {
        let codes = OffsetCodes(reply)
        var index = 0
        var response = OffsetCommitResponse()
        response.topics = wire.topics.map { topic in
            var shown = OffsetCommitResponse.OffsetCommitResponseTopic()
            shown.name = topic.name
            shown.topicID = topic.topicID
            shown.partitions = topic.partitions.map { partition in
                var answered = OffsetCommitResponse.OffsetCommitResponsePartition()
                answered.partitionIndex = partition.partitionIndex
                answered.errorCode = codes[index]
                index += 1
                return answered
            }
            return shown
        }
        return response
    }
}

/// What requests say of an offset that is to be committed.
protocol WireOffset {
    var partitionIndex: Int32 { get }
    var committedOffset: Int64 { get }
    var committedLeaderEpoch: Int32 { get }
    var committedMetadata: String? { get }
}

extension OffsetCommitRequest.OffsetCommitRequestPartition: WireOffset {}
extension TxnOffsetCommitRequest.TxnOffsetCommitRequestPartition: WireOffset {}

extension OffsetEntry {
    /// An offset in the topic that a request means, nil if there is none.
    init(_ wire: some WireOffset, of topic: TopicImage?, named name: String) {
        self.init(
            topic: topic?.name ?? name, topicID: topic?.id ?? .zero,
            partition: wire.partitionIndex)
        offset = Offset(wire.committedOffset)
        leaderEpoch = LeaderEpoch(wire.committedLeaderEpoch)
        metadata = wire.committedMetadata
        if topic?.partition(wire.partitionIndex) == nil { error = .unknownTopicOrPartition }
    }
}

/// The codes of a request about offsets: one for each, or one for all.
struct OffsetCodes {
    private let each: [ErrorCode]
    /// The error of the request as a whole.
    let all: ErrorCode

    init(_ reply: GroupReply) {
        switch reply {
        case .offsets(let codes): (each, all) = (codes, .none)
        case .error(let error, _): (each, all) = ([], error)
        case .joined, .synced, .left, .heartbeat:
            preconditionFailure("offsets are answered as such")
        }
    }

    subscript(index: Int) -> ErrorCode { each.isEmpty ? all : each[index] }
}
