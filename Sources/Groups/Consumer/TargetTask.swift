internal import Metadata
internal import Model

/// A target to be made for a group as it stood: all that it takes, so that it can be made on any thread.
package struct TargetTask: Sendable {
    package let group: String
    /// Tells it from others of a group of that name.
    let number: UInt64
    private let state: ConsumerGroup
    private let image: MetadataImage
    private let assignor: ConsumerAssignor

    init(_ group: ConsumerGroup, _ image: MetadataImage, _ settings: GroupSettings, number: UInt64)
    {
        self.group = group.id
        self.number = number
        state = group
        self.image = image
        assignor = group.assignor(settings)
    }

    /// Shares the partitions out: the same on every thread and every broker.
    package func run() -> GroupTarget {
        let topics = state.assignableTopics(in: image)
        let ids = Dictionary(uniqueKeysWithValues: topics.map { ($0.name, $0.id) })
        let members = state.membersInOrder.map { member in
            AssignableMember(
                id: member.id, instanceID: member.instanceID, rack: member.rackID,
                topics: Set(state.topics(of: member).compactMap { ids[$0] }),
                current: state.target[member.id] ?? PartitionSet())
        }
        let shares = assignor.assign(members, topics)
        var target = GroupTarget(group: group, number: number, epoch: state.epoch)
        for member in members {
            target.give(shares[member.id] ?? PartitionSet(), to: member.id, member.instanceID)
        }
        return target
    }
}

/// What the members of a group are to have at an epoch of it.
package struct GroupTarget: Equatable, Sendable {
    package let group: String
    let number: UInt64
    let epoch: Int32
    private var shares: [String: PartitionSet] = [:]
    /// Of static members, who may come back under another id before the target is taken.
    private var staticShares: [String: PartitionSet] = [:]

    init(group: String, number: UInt64, epoch: Int32) {
        self.group = group
        self.number = number
        self.epoch = epoch
    }

    mutating func give(_ share: PartitionSet, to member: String, _ instance: String?) {
        if let instance { staticShares[instance] = share } else { shares[member] = share }
    }

    /// What `member` is to have; nil if it was not there when the target was begun.
    func share(of member: ConsumerMember) -> PartitionSet? {
        if let instance = member.instanceID { staticShares[instance] } else { shares[member.id] }
    }

    /// Whether any of the group's members was there when it was begun.
    func isForAny(of group: ConsumerGroup) -> Bool {
        group.members.values.contains { share(of: $0) != nil }
    }
}

extension ConsumerGroup {
    /// How large a target is: members times the partitions that they share, which is about how long it takes.
    func targetSize(in image: MetadataImage) -> Int {
        members.count
            * subscribedTopics.reduce(0) { $0 + (image.topic(named: $1)?.partitionCount ?? 0) }
    }

    /// Whether the group's next target is made away from the loop (KIP-1263): a large one is, unless that is
    /// forbidden.
    func isOffloaded(_ image: MetadataImage, _ settings: ConsumerGroupSettings) -> Bool {
        let own = image.config("consumer.assignor.offload.enable", of: ConfigResource(.group, id))
        guard own.map({ $0.lowercased() == "true" }) ?? settings.offloads else { return false }
        return targetSize(in: image) >= settings.offloadMin
    }
}
