internal import Bytes
internal import Groups
internal import Metadata
internal import Model
internal import Ports
internal import WireMessages

/// OffsetFetch, v1 to v10 (KIP-320, 447, 709, 848): where groups stand, of one group before v8 and of many from
/// then on. A group that nobody knows stands nowhere, which is no error.
enum OffsetFetchHandler {
    static let groupsFrom: Int16 = 8
    static let topicIDsFrom: Int16 = 10
    /// Before v2 there was no error but a partition's.
    static let topLevelErrorFrom: Int16 = 2

    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let wire: OffsetFetchRequest = try scope.request()
        let exchange = scope.exchange
        let image = scope.shard.image
        let version = exchange.version
        let questions =
            version >= groupsFrom
            ? wire.groups.map {
                OffsetQuestion($0, mustBeStable: wire.requireStable, version, image)
            }
            : [OffsetQuestion(wire, image)]
        GroupQuery<OffsetAnswer>.run(on: scope.shard, questions.map(\.group)) { index, error in
            OffsetAnswer(failing: questions[index], error)
        } ask: { coordinator, index, reply in
            let question = questions[index]
            coordinator.whenCommitted(question.group) { error in
                reply(coordinator.answer(question, error))
            }
        } finish: { answers in
            exchange.respond(
                version >= groupsFrom
                    ? OffsetFetchResponse(many: answers, version)
                    : OffsetFetchResponse(one: answers[0], version))
        }
    }
}

/// What is asked about one group.
struct OffsetQuestion: Sendable {
    struct Topic: Sendable {
        var name: String
        var id: TopicID
        /// What is wrong with the topic as it was named.
        var error = ErrorCode.none
        let partitions: [Int32]
    }

    let group: String
    let claim: MemberClaim
    /// Nil asks for everything.
    let topics: [Topic]?
    /// What a transaction that goes on may change is not told (KIP-447).
    let mustBeStable: Bool
    /// Ids by name, for answers about everything.
    let image: MetadataImage
    let usesIDs: Bool

    init(_ wire: OffsetFetchRequest, _ image: MetadataImage) {
        mustBeStable = wire.requireStable
        group = wire.groupID
        claim = MemberClaim("")
        topics = wire.topics?.map { topic in
            Topic(
                name: topic.name, id: image.topicID(named: topic.name) ?? .zero,
                partitions: topic.partitionIndexes)
        }
        self.image = image
        usesIDs = false
    }

    init(
        _ wire: OffsetFetchRequest.OffsetFetchRequestGroup, mustBeStable: Bool, _ version: Int16,
        _ image: MetadataImage
    ) {
        self.mustBeStable = mustBeStable
        let usesIDs = version >= OffsetFetchHandler.topicIDsFrom
        group = wire.groupID
        claim = MemberClaim(wire.memberID ?? "", generation: wire.memberEpoch)
        topics = wire.topics?.map { topic in
            guard usesIDs else {
                return Topic(
                    name: topic.name, id: image.topicID(named: topic.name) ?? .zero,
                    partitions: topic.partitionIndexes)
            }
            let id = TopicID(topic.topicID)
            guard let known = image.topic(id) else {
                return Topic(
                    name: "", id: id, error: .unknownTopicId, partitions: topic.partitionIndexes)
            }
            return Topic(name: known.name, id: id, partitions: topic.partitionIndexes)
        }
        self.image = image
        self.usesIDs = usesIDs
    }
}

/// Where one group stands.
struct OffsetAnswer: Sendable {
    struct Topic: Sendable {
        let name: String
        let id: TopicID
        var partitions: [Partition]
    }

    struct Partition: Sendable {
        let index: Int32
        var found: CommittedOffset?
        var error = ErrorCode.none
    }

    let group: String
    var error = ErrorCode.none
    var topics: [Topic] = []

    init(_ group: String) { self.group = group }

    init(failing question: OffsetQuestion, _ error: ErrorCode) {
        group = question.group
        self.error = error
        topics = (question.topics ?? []).map { topic in
            Topic(
                name: topic.name, id: topic.id,
                partitions: topic.partitions.map { Partition(index: $0, error: error) })
        }
    }
}

extension GroupCoordinator {
    /// Answers what is asked about a group; `error` says that what is known may not come to be.
    fileprivate func answer(_ question: OffsetQuestion, _ error: ErrorCode) -> OffsetAnswer {
        let fault = error == .none ? mayTell(question) : error
        if let fault, fault != .none { return OffsetAnswer(failing: question, fault) }
        var answer = OffsetAnswer(question.group)
        guard let topics = question.topics else {
            answer.topics = everything(question)
            return answer
        }
        answer.topics = topics.map { topic in
            OffsetAnswer.Topic(
                name: topic.name, id: topic.id,
                partitions: topic.partitions.map { index in
                    guard topic.error == .none else {
                        return OffsetAnswer.Partition(index: index, error: topic.error)
                    }
                    return partition(
                        index, of: topic.name, question,
                        mind.offset(
                            of: question.group, topic.name,
                            topic.id == .zero ? nil : topic.id, index))
                })
        }
        return answer
    }

    /// What is told of a partition, where the group stands at `found`.
    private func partition(
        _ index: Int32, of topic: String, _ question: OffsetQuestion, _ found: CommittedOffset?
    ) -> OffsetAnswer.Partition {
        guard question.mustBeStable, mind.isUnstable(question.group, topic, index) else {
            return OffsetAnswer.Partition(index: index, found: found)
        }
        return OffsetAnswer.Partition(index: index, error: .unstableOffsetCommit)
    }

    private func mayTell(_ question: OffsetQuestion) -> ErrorCode? {
        // A coordinator that was frozen may have been replaced: what it knows is of the past.
        guard isTrusted else { return .notCoordinator }
        return mind.fault(ofFetch: question.claim, in: question.group)
    }

    private func everything(_ question: OffsetQuestion) -> [OffsetAnswer.Topic] {
        var topics: [OffsetAnswer.Topic] = []
        for (topic, partition, offset) in mind.offsets(of: question.group) {
            if topics.last?.name != topic {
                let id = question.image.topicID(named: topic) ?? .zero
                // A client that goes by ids has no use for a topic that is gone.
                guard !question.usesIDs || id != .zero else { continue }
                topics.append(OffsetAnswer.Topic(name: topic, id: id, partitions: []))
            }
            topics[topics.count - 1].partitions.append(
                self.partition(partition, of: topic, question, offset))
        }
        return topics
    }
}

extension OffsetFetchResponse {
    fileprivate init(one answer: OffsetAnswer, _ version: Int16) {
        self.init()
        if version >= OffsetFetchHandler.topLevelErrorFrom { errorCode = answer.error }
        guard errorCode == .none else { return }
        topics = answer.topics.map { topic in
            var shown = OffsetFetchResponseTopic()
            shown.name = topic.name
            shown.partitions = topic.partitions.map { partition in
                var told = OffsetFetchResponsePartition()
                told.partitionIndex = partition.index
                told.errorCode = partition.error
                told.committedOffset = (partition.found?.offset ?? .none).rawValue
                told.committedLeaderEpoch = (partition.found?.leaderEpoch ?? .none).rawValue
                told.metadata = partition.found?.metadata ?? ""
                return told
            }
            return shown
        }
    }

    fileprivate init(many answers: [OffsetAnswer], _ version: Int16) {
        self.init()
        groups = answers.map { answer in
            var group = OffsetFetchResponseGroup()
            group.groupID = answer.group
            group.errorCode = answer.error
            guard answer.error == .none else { return group }
            group.topics = answer.topics.map { topic in
                var shown = OffsetFetchResponseTopics()
                shown.name = topic.name
                shown.topicID = topic.id.uuid
                shown.partitions = topic.partitions.map { partition in
                    var told = OffsetFetchResponsePartitions()
                    told.partitionIndex = partition.index
                    told.errorCode = partition.error
                    told.committedOffset = (partition.found?.offset ?? .none).rawValue
                    told.committedLeaderEpoch = (partition.found?.leaderEpoch ?? .none).rawValue
                    told.metadata = partition.found?.metadata ?? ""
                    return told
                }
                return shown
            }
            return group
        }
    }
}
