internal import Model

/// A consumer group as an admin client sees it.
package struct ConsumerDescription: Equatable, Sendable {
    package struct Member: Equatable, Sendable {
        package let id: String
        package let instanceID: String?
        package let rackID: String?
        package let epoch: Int32
        package let client: GroupClient
        package let topics: [String]
        package let pattern: String?
        package let assigned: PartitionSet
        package let target: PartitionSet
        package let isClassic: Bool
    }

    package let state: String
    package let epoch: Int32
    package let targetEpoch: Int32
    package let assignor: String
    package let members: [Member]

    init(_ group: ConsumerGroup, _ settings: GroupSettings) {
        state = group.state
        epoch = group.epoch
        targetEpoch = group.targetEpoch
        assignor = group.assignor(settings).rawValue
        members = group.membersInOrder.map { member in
            Member(
                id: member.id, instanceID: member.instanceID, rackID: member.rackID,
                epoch: member.epoch, client: member.client, topics: member.topics,
                pattern: member.pattern, assigned: member.assigned,
                target: group.target[member.id] ?? PartitionSet(),
                isClassic: member.classic != nil)
        }
    }
}
