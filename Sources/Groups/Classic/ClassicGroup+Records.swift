internal import Bytes
internal import InternalRecords
internal import Model

/// What of a group is stored.
extension ClassicGroup {
    /// The group as its record: the present generation with its assignment.
    func record(_ turn: Turn) -> GroupRecord {
        var value = GroupMetadataValue()
        value.protocolType = protocolType ?? ""
        value.generation = generation
        value.protocol = members.isEmpty ? nil : protocolName
        value.leader = members.isEmpty ? nil : leader
        value.currentStateTimestamp = (stateTime ?? turn.time).rawValue
        value.members = membersInOrder.map { member in
            var stored = GroupMetadataValue.MemberMetadata()
            stored.memberID = member.id
            stored.groupInstanceID = member.instanceID
            stored.clientID = member.client.id
            stored.clientHost = member.client.host
            stored.rebalanceTimeout = member.rebalance.int32Milliseconds
            stored.sessionTimeout = member.session.int32Milliseconds
            stored.subscription = member.metadata(for: protocolName ?? "")
            stored.assignment = member.assignment
            return stored
        }
        return .classicGroup(GroupMetadataKey(group: id), value)
    }

    /// The record that ends the group.
    var tombstone: GroupRecord { .classicGroup(GroupMetadataKey(group: id), nil) }

    /// A group as it was stored.
    init(_ key: GroupMetadataKey, _ value: GroupMetadataValue) {
        self.init(id: key.group)
        generation = value.generation
        protocolType = value.protocolType.isEmpty ? nil : value.protocolType
        protocolName = value.members.isEmpty ? nil : value.protocol
        stateTime = value.currentStateTimestamp < 0 ? nil : Timestamp(value.currentStateTimestamp)
        for stored in value.members where members[stored.memberID] == nil {
            let session = Duration.milliseconds(max(stored.sessionTimeout, 0))
            let rebalance =
                stored.rebalanceTimeout < 0
                ? session : Duration.milliseconds(stored.rebalanceTimeout)
            var member = ClassicMember(
                id: stored.memberID, instanceID: stored.groupInstanceID,
                client: GroupClient(id: stored.clientID, host: stored.clientHost),
                number: nextNumber, session: session, rebalance: rebalance,
                protocols: [ClassicProtocol(value.protocol ?? "", stored.subscription)],
                deadline: .zero)
            nextNumber += 1
            member.assignment = stored.assignment
            if let instance = member.instanceID { staticMembers[instance] = member.id }
            count(member.protocols, by: 1)
            members[member.id] = member
        }
        leader =
            value.leader.flatMap { members[$0] == nil ? nil : $0 }
            ?? members.values.min { $0.number < $1.number }?.id
        mustMeet = value.leader == nil && !members.isEmpty
        phase = members.isEmpty ? .empty : .stable
        subscribedTopics = topicsOfMembers()
    }

    /// The partition's coordinator has loaded the group: sessions begin now.
    mutating func loaded(_ turn: inout Turn) {
        for member in membersInOrder { heard(from: member.id, &turn) }
        if members.count > turn.settings.sizeMax {
            rebalance(because: .groupTooLarge, "", &turn)
        } else if mustMeet {
            rebalance(because: .protocolChanged, "", &turn)
        }
        mustMeet = false
        assertInvariants()
    }

    /// The topics that the members of a consumer group subscribe to; nil if any of them does not say it in a
    /// form that we read.
    func topicsOfMembers() -> Set<String>? {
        guard protocolType == Self.consumerType, let name = protocolName, !members.isEmpty else {
            return nil
        }
        var topics: Set<String> = []
        for member in members.values {
            guard let subscription = Self.subscription(in: member.metadata(for: name)) else {
                return nil
            }
            topics.formUnion(subscription.topics)
        }
        return topics
    }

    /// The protocol type of consumers.
    static let consumerType = "consumer"

    /// What a consumer subscribes to; nil if it cannot be read.
    static func subscription(in metadata: SharedBytes) -> ConsumerProtocolSubscription? {
        var reader = ByteReader(metadata)
        do {
            let version = try reader.int16()
            guard version >= 0 else { return nil }
            // Newer versions only add fields at the end.
            let known = min(version, ConsumerProtocolSubscription.validVersions.upperBound)
            return try ConsumerProtocolSubscription(from: &reader, version: known)
        } catch {
            return nil
        }
    }
}

extension Duration {
    /// For records and answers, which have no more room.
    var int32Milliseconds: Int32 { Int32(clamping: inMilliseconds) }
}
