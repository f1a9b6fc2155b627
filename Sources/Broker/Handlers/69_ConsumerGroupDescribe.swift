internal import Bytes
internal import Groups
internal import InternalRecords
internal import Metadata
internal import Model
internal import WireMessages

/// ConsumerGroupDescribe, v0 and v1 (KIP-848, 1099): groups of the consumer protocol, with epochs and targets.
enum ConsumerGroupDescribeHandler {
    typealias Group = ConsumerGroupDescribeResponse.DescribedGroup

    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let wire: ConsumerGroupDescribeRequest = try scope.request()
        let exchange = scope.exchange
        let groups = wire.groupIDs
        let wantsHistory = GroupHistory.isAsked(by: wire.unknownTaggedFields)
        let image = scope.shard.image
        let operations = wire.includeAuthorizedOperations ? AuthorizedOperations.group : nil
        GroupQuery<Group>.run(on: scope.shard, groups) { index, error in
            var shown = Group()
            shown.groupID = groups[index]
            shown.errorCode = error
            return shown
        } ask: { coordinator, index, reply in
            let group = groups[index]
            coordinator.whenCommitted(group) { error in
                var shown = Group()
                shown.groupID = group
                shown.errorCode = error
                if error == .none {
                    shown.show(coordinator.mind.describeConsumer(group), image)
                    if let operations { shown.authorizedOperations = operations }
                    shown.unknownTaggedFields = GroupHistory.fields(
                        coordinator.mind.history(of: group), isAsked: wantsHistory)
                }
                reply(shown)
            }
        } finish: { shown in
            var response = ConsumerGroupDescribeResponse()
            response.groups = shown
            exchange.respond(response)
        }
    }
}

extension ConsumerGroupDescribeResponse.DescribedGroup {
    fileprivate mutating func show(_ found: ConsumerDescription?, _ image: MetadataImage) {
        guard let found else {
            errorCode = .groupIdNotFound
            errorMessage = "Group \(groupID) not found."
            return
        }
        groupState = found.state
        groupEpoch = found.epoch
        assignmentEpoch = found.targetEpoch
        assignorName = found.assignor
        members = found.members.map { member in
            var shown = ConsumerGroupDescribeResponse.Member()
            shown.memberID = member.id
            shown.instanceID = member.instanceID
            shown.rackID = member.rackID
            shown.memberEpoch = member.epoch
            shown.clientID = member.client.id
            shown.clientHost = member.client.host
            shown.subscribedTopicNames = member.topics
            shown.subscribedTopicRegex = member.pattern
            shown.assignment = .init(member.assigned, image)
            shown.targetAssignment = .init(member.target, image)
            shown.memberType = member.isClassic ? 0 : 1
            return shown
        }
    }
}

extension ConsumerGroupDescribeResponse.Assignment {
    fileprivate init(_ set: PartitionSet, _ image: MetadataImage) {
        self.init()
        topicPartitions = set.inOrder.compactMap { topic in
            guard let name = image.topic(topic.id)?.name else { return nil }
            return .init(topicID: topic.id.uuid, topicName: name, partitions: topic.partitions)
        }
    }
}
