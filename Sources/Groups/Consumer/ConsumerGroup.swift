internal import InternalRecords
internal import Model

/// A pattern and the topics that it stood for when it was last looked at.
struct ResolvedPattern: Equatable, Sendable {
    let topics: Set<String>
    /// The offset of the metadata that it was matched with.
    let version: Int64
    let timestamp: Timestamp
}

/// A group of the consumer protocol (KIP-848): the coordinator shares the partitions out, and moves one at a time.
///
/// - The **group epoch** rises with every change of members, subscriptions or topics.
/// - The **target** is what each member is to have; it is made for a group epoch, and carries it as its own.
/// - Each member walks from what it has to its target by itself: first it gives up, then it moves to the target's
///   epoch, then it gets what is free. So nobody stops but for the partitions that move.
///
/// ```
///   empty ─► assigning (group epoch > target epoch) ─► reconciling (a member is not there yet) ─► stable
/// ```
///
/// Invariant: a partition has one owner at most, counting those who have been told to give it up and have not said
/// that they did.
struct ConsumerGroup: Sendable {
    let id: String
    var epoch: Int32 = 0
    /// What the topics looked like at this epoch.
    var metadataHash: Int64 = 0
    var members: [String: ConsumerMember] = [:]
    var staticMembers: [String: String] = [:]
    var targetEpoch: Int32 = 0
    /// When the target was made.
    var targetTime: Timestamp?
    var target: [String: PartitionSet] = [:]
    var patterns: [String: ResolvedPattern] = [:]
    /// Who has each partition, or has not given it up yet.
    private(set) var owners: [PartitionKey: String] = [:]
    /// Topics of all subscriptions, with the number of members that name them.
    private(set) var subscribers: [String: Int] = [:]
    /// Members that speak the classic protocol.
    private(set) var classicCount = 0

    init(id: String) { self.id = id }

    // MARK: Queries

    /// Members in the order of their ids.
    var membersInOrder: [ConsumerMember] { members.values.sorted { $0.id < $1.id } }

    /// Kafka's name of the state.
    var state: String {
        if members.isEmpty { return "Empty" }
        if epoch > targetEpoch { return "Assigning" }
        return members.values.allSatisfy(isReconciled) ? "Stable" : "Reconciling"
    }

    /// Whether a member has what it is to have.
    func isReconciled(_ member: ConsumerMember) -> Bool {
        member.isAway || (member.state == .stable && member.epoch == targetEpoch)
    }

    func owner(of key: PartitionKey) -> String? { owners[key] }

    /// Whether any member subscribes to a pattern.
    var hasPatterns: Bool { !patterns.isEmpty || members.values.contains { $0.pattern != nil } }

    /// The topics that a member subscribes to, its pattern included. Sorted.
    func topics(of member: ConsumerMember) -> [String] {
        guard let pattern = member.pattern, let resolved = patterns[pattern] else {
            return member.topics
        }
        return resolved.topics.union(member.topics).sorted()
    }

    /// The topics that any member subscribes to. Sorted.
    var subscribedTopics: [String] {
        var topics = Set(subscribers.keys)
        for member in members.values {
            if let pattern = member.pattern, let resolved = patterns[pattern] {
                topics.formUnion(resolved.topics)
            }
        }
        return topics.sorted()
    }

    func isSubscribed(to topic: String) -> Bool {
        if subscribers[topic] != nil { return true }
        return members.values.contains { member in
            member.pattern.flatMap { patterns[$0] }?.topics.contains(topic) == true
        }
    }

    // MARK: Replay

    /// Creates or changes what a member says of itself.
    mutating func replayMember(_ memberID: String, _ value: ConsumerGroupMemberMetadataValue?) {
        let before = members[memberID]
        if before?.classic != nil { classicCount -= 1 }
        for topic in before?.topics ?? [] {
            let count = (subscribers[topic] ?? 0) - 1
            subscribers[topic] = count > 0 ? count : nil
        }
        if let instance = before?.instanceID, staticMembers[instance] == memberID {
            staticMembers[instance] = nil
        }
        guard let value else {
            if let before { release(before.assigned, before.revoking, of: memberID) }
            members[memberID] = nil
            return
        }
        var member = before ?? ConsumerMember(id: memberID)
        member.instanceID = value.instanceID
        member.rackID = value.rackID
        member.client = GroupClient(id: value.clientID, host: value.clientHost)
        member.topics = value.subscribedTopicNames
        member.pattern = value.subscribedTopicRegex
        member.rebalance = .milliseconds(max(value.rebalanceTimeoutMs, 0))
        member.assignor = value.serverAssignor
        member.classic = value.classicMemberMetadata.map { stored in
            ClassicSide(
                session: .milliseconds(max(stored.sessionTimeoutMs, 0)),
                protocols: stored.supportedProtocols.map { ClassicProtocol($0.name, $0.metadata) })
        }
        if member.classic != nil { classicCount += 1 }
        for topic in member.topics { subscribers[topic, default: 0] += 1 }
        if let instance = member.instanceID { staticMembers[instance] = memberID }
        members[memberID] = member
    }

    /// What a member has, and how far it is.
    mutating func replayCurrent(
        _ memberID: String, _ value: ConsumerGroupCurrentMemberAssignmentValue?
    ) {
        // Compaction may have left what it has before what it says of itself.
        guard let before = members[memberID] ?? value.map({ _ in ConsumerMember(id: memberID) })
        else { return }
        if members[memberID] == nil { members[memberID] = before }
        release(before.assigned, before.revoking, of: memberID)
        let assigned = PartitionSet(stored: value?.assignedPartitions ?? [])
        let revoking = PartitionSet(stored: value?.partitionsPendingRevocation ?? [])
        members[memberID]?.epoch = value?.memberEpoch ?? ConsumerMember.leaveEpoch
        members[memberID]?.previousEpoch = value?.previousMemberEpoch ?? 0
        members[memberID]?.state = value.flatMap { MemberState(rawValue: $0.state) } ?? .stable
        members[memberID]?.assigned = assigned
        members[memberID]?.revoking = revoking
        for key in assigned.keys { owners[key] = memberID }
        for key in revoking.keys { owners[key] = memberID }
    }

    private mutating func release(
        _ assigned: PartitionSet, _ revoking: PartitionSet, of memberID: String
    ) {
        for key in assigned.keys + revoking.keys where owners[key] == memberID {
            owners[key] = nil
        }
    }
}

extension PartitionSet {
    init(stored: [ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions]) {
        self.init(stored.map { (TopicID($0.topicID), $0.partitions) })
    }
}
