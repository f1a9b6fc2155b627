internal import InternalRecords
internal import Model

/// The records of a consumer group.
enum ConsumerRecords {
    static func group(_ id: String, epoch: Int32, hash: Int64) -> GroupRecord {
        .consumerGroup(
            ConsumerGroupMetadataKey(groupID: id),
            ConsumerGroupMetadataValue(epoch: epoch, metadataHash: hash))
    }

    static func member(_ group: String, _ member: ConsumerMember) -> GroupRecord {
        var value = ConsumerGroupMemberMetadataValue()
        value.instanceID = member.instanceID
        value.rackID = member.rackID
        value.clientID = member.client.id
        value.clientHost = member.client.host
        value.subscribedTopicNames = member.topics
        value.subscribedTopicRegex = member.pattern
        value.rebalanceTimeoutMs = member.rebalance.int32Milliseconds
        value.serverAssignor = member.assignor
        value.classicMemberMetadata = member.classic.map { side in
            var stored = ConsumerGroupMemberMetadataValue.ClassicMemberMetadata()
            stored.sessionTimeoutMs = side.session.int32Milliseconds
            stored.supportedProtocols = side.protocols.map {
                .init(name: $0.name, metadata: $0.metadata)
            }
            return stored
        }
        return .consumerMember(
            ConsumerGroupMemberMetadataKey(groupID: group, memberID: member.id), value)
    }

    static func target(_ group: String, epoch: Int32, at time: Timestamp) -> GroupRecord {
        .consumerTarget(
            ConsumerGroupTargetAssignmentMetadataKey(groupID: group),
            ConsumerGroupTargetAssignmentMetadataValue(
                assignmentEpoch: epoch, assignmentTimestamp: time.rawValue))
    }

    static func target(_ group: String, of member: String, _ set: PartitionSet?) -> GroupRecord {
        let key = ConsumerGroupTargetAssignmentMemberKey(groupID: group, memberID: member)
        guard let set else { return .consumerTargetMember(key, nil) }
        let stored = set.inOrder.map {
            ConsumerGroupTargetAssignmentMemberValue.TopicPartition(
                topicID: $0.id.uuid, partitions: $0.partitions)
        }
        return .consumerTargetMember(
            key, ConsumerGroupTargetAssignmentMemberValue(topicPartitions: stored))
    }

    static func current(_ group: String, _ member: ConsumerMember) -> GroupRecord {
        var value = ConsumerGroupCurrentMemberAssignmentValue()
        value.memberEpoch = member.epoch
        value.previousMemberEpoch = member.previousEpoch
        value.state = member.state.rawValue
        value.assignedPartitions = stored(member.assigned)
        value.partitionsPendingRevocation = stored(member.revoking)
        return .consumerCurrent(
            ConsumerGroupCurrentMemberAssignmentKey(groupID: group, memberID: member.id), value)
    }

    private static func stored(
        _ set: PartitionSet
    ) -> [ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions] {
        set.inOrder.map { topic in
            var stored = ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions()
            stored.topicID = topic.id.uuid
            stored.partitions = topic.partitions
            return stored
        }
    }

    static func pattern(
        _ group: String, _ text: String, _ resolved: ResolvedPattern?
    ) -> GroupRecord {
        .consumerPattern(
            ConsumerGroupRegularExpressionKey(groupID: group, regularExpression: text),
            resolved.map {
                ConsumerGroupRegularExpressionValue(
                    topics: $0.topics.sorted(), version: $0.version,
                    timestamp: $0.timestamp.rawValue)
            })
    }

    /// The records that take a member out.
    static func removal(_ group: String, _ member: String) -> [GroupRecord] {
        [
            .consumerCurrent(.init(groupID: group, memberID: member), nil),
            .consumerTargetMember(.init(groupID: group, memberID: member), nil),
            .consumerMember(.init(groupID: group, memberID: member), nil),
        ]
    }
}
