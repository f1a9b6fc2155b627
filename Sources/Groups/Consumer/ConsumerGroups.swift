internal import InternalRecords
internal import Metadata
internal import Model

/// The consumer groups of a shard, as their records say.
struct ConsumerGroups: Sendable {
    var groups: [String: ConsumerGroup] = [:]
    var sessions = ConsumerSessions()
    /// Rebalances that go on. Not stored.
    private var open: [String: OpenRebalance] = [:]
    /// Groups whose patterns are being matched; true where they must be matched once more afterwards.
    private var resolving: [String: Bool] = [:]
    /// Groups whose targets are being made, by number.
    private var making: [String: UInt64] = [:]
    private var nextTarget: UInt64 = 1
    /// Groups whose topics look different from what their target was made for.
    private var stale: Set<String> = []

    var count: Int { groups.count }
    var ids: [String] { groups.keys.sorted() }

    func has(_ group: String) -> Bool { groups[group] != nil }
    func isEmpty(_ group: String) -> Bool { groups[group]?.members.isEmpty ?? true }

    func isSubscribed(_ group: String, to topic: String) -> Bool {
        groups[group]?.isSubscribed(to: topic) ?? false
    }

    /// A rebalance begins, unless one goes on: then a member that is removed for its silence is whom it waited for.
    mutating func opened(
        _ group: String, _ cause: Rebalance.Cause, _ member: String, _ turn: Turn
    ) {
        guard open[group] != nil else {
            open[group] = OpenRebalance(cause, member, turn)
            return
        }
        guard cause == .sessionExpired || cause == .partitionsNotRevoked else { return }
        open[group]?.waitedFor = member
        open[group]?.hasTimedOut = true
    }

    /// A rebalance ends when every member has what it is to have; `last` is who got there last.
    mutating func closed(
        _ group: ConsumerGroup, _ last: String, _ turn: Turn
    ) -> Rebalance? {
        guard var rebalance = open[group.id], ["Stable", "Empty"].contains(group.state) else {
            return nil
        }
        open[group.id] = nil
        if !rebalance.hasTimedOut { rebalance.waitedFor = last }
        return rebalance.ended(
            at: turn.now, generation: group.epoch, members: group.members.count)
    }

    /// The group's partitions must be shared out anew, since its topics have changed.
    mutating func refresh(_ group: String) { stale.insert(group) }

    /// The group's patterns are to be matched. False if that goes on already: it is done once more then.
    mutating func beginResolving(_ group: String) -> Bool {
        let goesOn = resolving[group] != nil
        resolving[group] = goesOn
        return !goesOn
    }

    /// The group's patterns were matched. True if they must be matched once more.
    mutating func endResolving(_ group: String) -> Bool {
        resolving.removeValue(forKey: group) ?? false
    }

    /// Work on the target of a group begins, if it needs one and none is being made.
    mutating func beginTarget(
        of id: String, _ image: MetadataImage, _ settings: GroupSettings
    ) -> TargetTask? {
        guard making[id] == nil, let group = groups[id], group.epoch > group.targetEpoch else {
            return nil
        }
        making[id] = nextTarget
        defer { nextTarget += 1 }
        return TargetTask(group, image, settings, number: nextTarget)
    }

    /// Work on a target has ended. False if its group has ended before.
    mutating func endTarget(of id: String, _ number: UInt64) -> Bool {
        guard making[id] == number else { return false }
        making[id] = nil
        return true
    }

    func mustRefresh(_ group: String) -> Bool { stale.contains(group) }

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
        let id = record.groupID
        switch record {
        case .consumerGroup(_, nil):
            groups[id] = nil
            open[id] = nil
            making[id] = nil
            stale.remove(id)
            return
        case .consumerGroup: stale.remove(id)
        case .consumerMember(let key, nil):
            sessions.forget(ConsumerMemberKey(group: id, member: key.memberID))
        default: break
        }
        if record.makesGroup { make(id) }
        groups[id]?.replay(record)
    }

    private mutating func make(_ group: String) {
        if groups[group] == nil { groups[group] = ConsumerGroup(id: group) }
    }

    /// The records that end a group, members first.
    func tombstones(of id: String) -> [GroupRecord] {
        guard let group = groups[id] else { return [] }
        var records: [GroupRecord] = []
        for member in group.membersInOrder {
            records += ConsumerRecords.removal(id, member.id)
        }
        records += group.patterns.keys.sorted().map {
            .consumerPattern(.init(groupID: id, regularExpression: $0), nil)
        }
        return records + [
            .consumerTarget(.init(groupID: id), nil), .consumerGroup(.init(groupID: id), nil),
        ]
    }
}

extension GroupRecord {
    /// Whether it says something of a group that exists: compaction may leave it before the group's own record.
    fileprivate var makesGroup: Bool {
        switch self {
        case .consumerGroup(_, let value): value != nil
        case .consumerMember(_, let value): value != nil
        case .consumerTarget(_, let value): value != nil
        case .consumerTargetMember(_, let value): value != nil
        case .consumerCurrent(_, let value): value != nil
        case .consumerPattern(_, let value): value != nil
        case .offset, .classicGroup, .consumerTopics: false
        }
    }
}
