internal import InternalRecords
internal import Metadata
internal import Model

/// A consumer group as it will be: records gather, and each is replayed on a copy, so that what is decided next
/// sees it. The group itself changes when the household has appended the records.
struct ConsumerDraft {
    private(set) var group: ConsumerGroup
    private(set) var records: [GroupRecord]

    /// - Parameter records: what must be written before the group's own records.
    init(_ group: ConsumerGroup, after records: [GroupRecord] = []) {
        self.group = group
        self.records = records
    }

    mutating func add(_ record: GroupRecord) {
        records.append(record)
        group.replay(record)
    }

    mutating func add(_ more: [GroupRecord]) {
        for record in more { add(record) }
    }

    /// The group's members, subscriptions or topics have changed: a new epoch, and a target for it as soon as the
    /// last one is old enough.
    ///
    /// - Parameter isUrgent: nobody would be disturbed by one at once.
    mutating func bump(_ image: MetadataImage, isUrgent: Bool = false, _ turn: inout Turn) {
        let epoch = group.epoch == .max ? 1 : group.epoch + 1
        add(
            ConsumerRecords.group(
                group.id, epoch: epoch, hash: group.hash(of: image)))
        if isUrgent { retarget(image, &turn) } else { retargetIfDue(image, &turn) }
    }

    /// Makes the target of the present epoch if there is none yet and the last one is old enough; if it is not, the
    /// shard is woken when it is (KIP-1263).
    mutating func retargetIfDue(_ image: MetadataImage, _ turn: inout Turn) {
        guard group.epoch > group.targetEpoch else { return }
        let wait = group.timeToTarget(image, turn)
        if wait > .zero {
            turn.wake(.consumerTarget(group: group.id), at: turn.now + wait)
        } else {
            retarget(image, &turn)
        }
    }

    /// Patterns that no member subscribes to any more are no part of the group.
    mutating func forgetUnusedPatterns() {
        guard !group.patterns.isEmpty else { return }
        let used = Set(group.members.values.compactMap(\.pattern))
        for pattern in group.patterns.keys.sorted() where !used.contains(pattern) {
            add(ConsumerRecords.pattern(group.id, pattern, nil))
        }
    }

    /// Shares the partitions out for the present epoch; a large group's away from the loop, when what is drafted here
    /// is written.
    private mutating func retarget(_ image: MetadataImage, _ turn: inout Turn) {
        if group.isOffloaded(image, turn.settings.consumer) {
            turn.makeTarget(group.id)
        } else {
            take(TargetTask(group, image, turn.settings, number: 0).run(), turn)
        }
    }

    /// A target is made: what it changes is written.
    mutating func take(_ target: GroupTarget, _ turn: Turn) {
        for member in group.membersInOrder {
            let share = target.share(of: member) ?? PartitionSet()
            guard group.target[member.id] != share else { continue }
            add(ConsumerRecords.target(group.id, of: member.id, share))
        }
        add(ConsumerRecords.target(group.id, epoch: target.epoch, at: turn.time))
    }

    /// A static member has come back, under another id perhaps: it has what it had.
    mutating func handOver(_ old: ConsumerMember, to id: String) {
        let target = group.target[old.id] ?? PartitionSet()
        if old.id != id { add(ConsumerRecords.removal(group.id, old.id)) }
        var member = ConsumerMember(id: id)
        member.instanceID = old.instanceID
        member.rackID = old.rackID
        member.client = old.client
        member.rebalance = old.rebalance
        member.topics = old.topics
        member.pattern = old.pattern
        member.assignor = old.assignor
        member.classic = old.classic
        member.assigned = old.assigned
        add([
            ConsumerRecords.member(group.id, member),
            ConsumerRecords.target(group.id, of: id, target),
            ConsumerRecords.current(group.id, member),
        ])
    }
}

extension ConsumerGroup {
    /// How long the next target has to wait.
    func timeToTarget(_ image: MetadataImage, _ turn: Turn) -> Duration {
        guard let targetTime, targetTime <= turn.time else { return .zero }
        let interval = ConsumerTimes(of: id, image, turn.settings.consumer).assignmentInterval
        let passed = Duration.milliseconds(turn.time.rawValue - targetTime.rawValue)
        return max(interval - passed, .zero)
    }

    /// What most members ask for; the broker's first where nobody asks, or as many for one as for another.
    func assignor(_ settings: GroupSettings) -> ConsumerAssignor {
        let known = settings.consumer.assignors.compactMap(ConsumerAssignor.init)
        var votes: [String: Int] = [:]
        for member in members.values {
            if let name = member.assignor { votes[name, default: 0] += 1 }
        }
        var best = known.first ?? .uniform
        for other in known where (votes[other.rawValue] ?? 0) > (votes[best.rawValue] ?? 0) {
            best = other
        }
        return best
    }
}

extension ConsumerGroup {
    /// The topics subscribed to that exist, by name.
    func assignableTopics(in image: MetadataImage) -> [AssignableTopic] {
        // Mostly nobody tells a rack, and nothing is gathered for thousands of partitions.
        var rackOf: [BrokerID: String] = [:]
        image.brokers.forEach { id, broker in rackOf[id] = broker.rack }
        return subscribedTopics.compactMap { name in
            guard let topic = image.topic(named: name) else { return nil }
            var racks: [Set<String>] = []
            if !rackOf.isEmpty {
                topic.forEachPartition { _, partition in
                    racks.append(Set(partition.replicas.compactMap { rackOf[$0] }))
                }
            }
            return AssignableTopic(
                id: topic.id, name: name, partitionCount: Int32(topic.partitionCount),
                racks: racks)
        }
    }

    /// What the topics subscribed to look like, in one number: FNV-1a over names, ids, partitions and racks.
    func hash(of image: MetadataImage) -> Int64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func mix(_ text: String) {
            for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            hash = (hash ^ 0xff) &* 0x100_0000_01b3
        }
        for topic in assignableTopics(in: image) {
            mix(topic.name)
            mix(topic.id.description)
            mix(String(topic.partitionCount))
            for racks in topic.racks { mix(racks.sorted().joined(separator: ",")) }
        }
        return Int64(bitPattern: hash)
    }

    mutating func replay(_ record: GroupRecord) {
        switch record {
        case .consumerGroup(_, let value):
            epoch = value?.epoch ?? epoch
            metadataHash = value?.metadataHash ?? metadataHash
        case .consumerMember(let key, let value): replayMember(key.memberID, value)
        case .consumerTarget(_, let value):
            targetEpoch = value?.assignmentEpoch ?? -1
            targetTime = value.map { Timestamp($0.assignmentTimestamp) }
        case .consumerTargetMember(let key, let value):
            target[key.memberID] = value.map {
                PartitionSet($0.topicPartitions.map { (TopicID($0.topicID), $0.partitions) })
            }
        case .consumerCurrent(let key, let value): replayCurrent(key.memberID, value)
        case .consumerPattern(let key, let value):
            patterns[key.regularExpression] = value.map {
                ResolvedPattern(
                    topics: Set($0.topics), version: $0.version,
                    timestamp: Timestamp($0.timestamp))
            }
        case .offset, .classicGroup, .consumerTopics: break
        }
    }
}
