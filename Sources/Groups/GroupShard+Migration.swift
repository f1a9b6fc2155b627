internal import Bytes
internal import Coordination
internal import InternalRecords
internal import Metadata
internal import Model

/// How a group changes its protocol while it has members (KIP-848, online migration).
extension GroupShard {
    /// A classic group becomes a consumer group: its members stay, with what they have as their targets, and are
    /// told to join again. Returns a draft whose records end the one and begin the other.
    mutating func upgrade(
        _ old: ClassicGroup, _ turn: inout Turn
    ) throws(ConsumerFault) -> ConsumerDraft {
        var draft = ConsumerDraft(ConsumerGroup(id: old.id), after: [old.tombstone])
        guard old.phase != .empty else { return draft }
        guard turn.settings.consumer.migration.allowsUpgrade,
            old.protocolType == ClassicGroup.consumerType,
            old.members.count <= turn.settings.consumer.sizeMax
        else { throw ConsumerFault(.groupIdNotFound, "Group \(old.id) is not a consumer group.") }
        try draft.add(old, image)
        classic[old.id]?.answerAll(.rebalanceInProgress, &turn)
        for member in draft.group.membersInOrder { heard(from: member, in: old.id, &turn) }
        consumers.opened(old.id, .protocolChanged, "", turn)
        return draft
    }

    /// The records by which a group that speaks the classic protocol only, but for `gone`, becomes a classic group;
    /// nil if it does not.
    func downgrade(
        _ group: ConsumerGroup, without gone: Set<String>, _ turn: Turn
    ) -> [GroupRecord]? {
        guard turn.settings.consumer.migration.allowsDowngrade, group.classicCount > 0,
            group.classicCount >= group.members.count - gone.count
        else { return nil }
        let left = group.membersInOrder.filter { !gone.contains($0.id) }
        guard !left.isEmpty, left.allSatisfy({ $0.classic != nil }),
            left.count <= turn.settings.sizeMax,
            let classic = ClassicGroup(group, left, image)
        else { return nil }
        return consumers.tombstones(of: group.id) + [classic.record(turn)]
    }
}

extension ConsumerDraft {
    /// The members of a classic group, as they stand.
    fileprivate mutating func add(
        _ old: ClassicGroup, _ image: MetadataImage
    ) throws(ConsumerFault) {
        var taken = PartitionSet()
        for classic in old.membersInOrder {
            let name = old.protocolName ?? classic.protocols.first?.name ?? ""
            guard let subscription = ClassicGroup.subscription(in: classic.metadata(for: name)),
                let assigned = ConsumerMember.partitions(in: classic.assignment, image)
            else {
                throw ConsumerFault(
                    .groupIdNotFound, "What member \(classic.id) says cannot be read.")
            }
            var member = ConsumerMember(id: classic.id)
            member.instanceID = classic.instanceID
            member.rackID = subscription.rackID
            member.client = classic.client
            member.rebalance = classic.rebalance
            member.topics = Set(subscription.topics).sorted()
            member.classic = ClassicSide(session: classic.session, protocols: classic.protocols)
            member.epoch = old.generation
            member.previousEpoch = old.generation
            // A leader may have given a partition to two.
            member.assigned = assigned.subtracting(taken)
            taken = taken.union(assigned)
            add([
                ConsumerRecords.member(old.id, member),
                ConsumerRecords.target(old.id, of: member.id, member.assigned),
                ConsumerRecords.current(old.id, member),
            ])
        }
        add(ConsumerRecords.group(old.id, epoch: old.generation, hash: 0))
    }
}

extension ConsumerMember {
    /// What a classic leader has given to a member; nil if that cannot be read, or says more than partitions.
    fileprivate static func partitions(
        in bytes: SharedBytes, _ image: MetadataImage
    ) -> PartitionSet? {
        guard !bytes.isEmpty else { return PartitionSet() }
        var reader = ByteReader(bytes)
        do {
            let version = try reader.int16()
            guard version >= 0 else { return nil }
            let known = min(version, ConsumerProtocolAssignment.validVersions.upperBound)
            let read = try ConsumerProtocolAssignment(from: &reader, version: known)
            guard read.userData?.isEmpty != false else { return nil }
            return PartitionSet(
                read.assignedPartitions.compactMap { topic in
                    image.topic(named: topic.topic).map { ($0.id, topic.partitions) }
                })
        } catch {
            return nil
        }
    }

    /// What the member has, as a classic leader would say it.
    func classicAssignment(in image: MetadataImage) -> SharedBytes {
        var assignment = ConsumerProtocolAssignment()
        assignment.assignedPartitions = assigned.inOrder.compactMap { topic in
            image.topic(topic.id).map { .init(topic: $0.name, partitions: topic.partitions) }
        }.sorted { $0.topic < $1.topic }
        let version = classicVersion
        var writer = ByteWriter(capacity: 256)
        writer.int16(version)
        do {
            try assignment.encode(to: &writer, version: version)
        } catch {
            preconditionFailure("names of topics are short: \(error)")
        }
        return writer.finish()
    }

    /// The version in which the member told its subscription.
    private var classicVersion: Int16 {
        let newest = ConsumerProtocolAssignment.validVersions.upperBound
        guard let metadata = classic?.protocols.first?.metadata else { return newest }
        var reader = ByteReader(metadata)
        do {
            return min(max(try reader.int16(), 0), newest)
        } catch {
            return newest
        }
    }
}

extension PartitionSet {
    /// What a classic member says it has.
    init(_ subscription: ConsumerProtocolSubscription, in image: MetadataImage) {
        self.init(
            subscription.ownedPartitions.compactMap { topic in
                image.topic(named: topic.topic).map { ($0.id, topic.partitions) }
            })
    }
}

extension ClassicGroup {
    /// A consumer group of classic members as a classic group whose members must meet; nil if they share no
    /// assignor.
    fileprivate init?(
        _ group: ConsumerGroup, _ left: [ConsumerMember], _ image: MetadataImage
    ) {
        self.init(id: group.id)
        generation = group.epoch
        protocolType = Self.consumerType
        for (place, one) in left.enumerated() {
            guard let side = one.classic else { return nil }
            var member = ClassicMember(
                id: one.id, instanceID: one.instanceID, client: one.client,
                number: UInt64(place), session: side.session, rebalance: one.rebalance,
                protocols: side.protocols, deadline: .zero)
            member.assignment = one.classicAssignment(in: image)
            count(member.protocols, by: 1)
            members[member.id] = member
        }
        guard let name = elected() else { return nil }
        protocolName = name
        phase = .stable
    }
}
