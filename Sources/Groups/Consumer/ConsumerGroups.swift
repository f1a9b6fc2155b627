internal import InternalRecords
internal import Model

/// The consumer groups of a shard, as their records say.
struct ConsumerGroups: Sendable {
    var groups: [String: ConsumerGroup] = [:]

    var count: Int { groups.count }
    var ids: [String] { groups.keys.sorted() }

    func has(_ group: String) -> Bool { groups[group] != nil }
    func isEmpty(_ group: String) -> Bool { groups[group]?.members.isEmpty ?? true }

    func isSubscribed(_ group: String, to topic: String) -> Bool {
        groups[group]?.isSubscribed(to: topic) ?? false
    }

    func history(of group: String) -> [Rebalance] { groups[group]?.history.rebalances ?? [] }

    var listing: [GroupListing] {
        groups.values.map {
            GroupListing(
                id: $0.id, protocolType: ClassicGroup.consumerType, state: $0.state,
                type: GroupListing.consumerType)
        }
    }

    /// Groups by state.
    var states: [String: Int] {
        groups.values.reduce(into: [:]) { $0[$1.state, default: 0] += 1 }
    }

    /// Whether a commit comes from who may make it; nil if it does.
    func fault(
        ofCommit claim: MemberClaim, in id: String, knowsEpochs: Bool
    ) -> ErrorCode? {
        guard let group = groups[id] else { return .groupIdNotFound }
        if claim.generation < 0, group.members.isEmpty { return nil }
        guard let member = group.members[claim.memberID] else { return .unknownMemberId }
        guard member.epoch == claim.generation else {
            if member.classic != nil { return .illegalGeneration }
            return knowsEpochs ? .staleMemberEpoch : .unsupportedVersion
        }
        return nil
    }

    /// Whether a member that says which epoch it has may read offsets; nil if so.
    func fault(ofFetch claim: MemberClaim, in id: String) -> ErrorCode? {
        guard let group = groups[id] else { return .groupIdNotFound }
        guard let member = group.members[claim.memberID] else { return .unknownMemberId }
        return member.epoch == claim.generation ? nil : .staleMemberEpoch
    }

    // MARK: Replay

    mutating func replay(_ record: GroupRecord) {
        switch record {
        case .consumerGroup(let key, let value):
            guard let value else {
                groups[key.groupID] = nil
                return
            }
            make(key.groupID)
            groups[key.groupID]?.epoch = value.epoch
            groups[key.groupID]?.metadataHash = value.metadataHash
        case .consumerMember(let key, let value):
            if value != nil { make(key.groupID) }
            groups[key.groupID]?.replayMember(key.memberID, value)
        case .consumerTarget(let key, let value):
            if value != nil { make(key.groupID) }
            groups[key.groupID]?.targetEpoch = value?.assignmentEpoch ?? -1
            groups[key.groupID]?.targetTime = value.map { Timestamp($0.assignmentTimestamp) }
        case .consumerTargetMember(let key, let value):
            if value != nil { make(key.groupID) }
            groups[key.groupID]?.target[key.memberID] = value.map {
                PartitionSet($0.topicPartitions.map { (TopicID($0.topicID), $0.partitions) })
            }
        case .consumerCurrent(let key, let value):
            if value != nil { make(key.groupID) }
            groups[key.groupID]?.replayCurrent(key.memberID, value)
        case .consumerPattern(let key, let value):
            if value != nil { make(key.groupID) }
            groups[key.groupID]?.patterns[key.regularExpression] = value.map {
                ResolvedPattern(
                    topics: Set($0.topics), version: $0.version,
                    timestamp: Timestamp($0.timestamp))
            }
        case .offset, .classicGroup, .consumerTopics:
            break
        }
    }

    private mutating func make(_ group: String) {
        if groups[group] == nil { groups[group] = ConsumerGroup(id: group) }
    }

    /// The records that end a group, members first.
    func tombstones(of id: String) -> [GroupRecord] {
        guard let group = groups[id] else { return [] }
        var records: [GroupRecord] = []
        for member in group.membersInOrder {
            records += [
                .consumerCurrent(.init(groupID: id, memberID: member.id), nil),
                .consumerTargetMember(.init(groupID: id, memberID: member.id), nil),
                .consumerMember(.init(groupID: id, memberID: member.id), nil),
            ]
        }
        records += group.patterns.keys.sorted().map {
            .consumerPattern(.init(groupID: id, regularExpression: $0), nil)
        }
        return records + [
            .consumerTarget(.init(groupID: id), nil), .consumerGroup(.init(groupID: id), nil),
        ]
    }
}
