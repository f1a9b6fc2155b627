package import Coordination
internal import InternalRecords
package import Model

/// Committed offsets.
extension GroupShard {
    /// OffsetCommit.
    package mutating func commit(
        _ request: OffsetCommit, _ ticket: Ticket, now: Instant, time: Timestamp
    ) -> [GroupEffect] {
        handle(now, time) { shard, turn in
            if let fault = shard.fault(of: request) {
                turn.reply(ticket, .error(fault))
                return
            }
            shard.heard(from: request.claim.memberID, in: request.groupID, &turn)
            let (codes, records) = Self.checked(request, turn)
            if records.isEmpty {
                turn.reply(ticket, .offsets(codes))
            } else {
                turn.write(records, then: .reply(ticket, .offsets(codes)))
            }
        }
    }

    /// What each offset of a commit is answered, and the records of those that are taken.
    static func checked(
        _ request: OffsetCommit, _ turn: Turn
    ) -> (codes: [ErrorCode], records: [GroupRecord]) {
        var codes: [ErrorCode] = []
        var records: [GroupRecord] = []
        for entry in request.entries {
            var code = entry.error
            if code == .none, (entry.metadata?.utf8.count ?? 0) > turn.settings.metadataMax {
                code = .offsetMetadataTooLarge
            }
            codes.append(code)
            if code == .none { records.append(record(entry, request, turn)) }
        }
        return (codes, records)
    }

    private static func record(
        _ entry: OffsetEntry, _ request: OffsetCommit, _ turn: Turn
    ) -> GroupRecord {
        var value = OffsetCommitValue()
        value.offset = entry.offset.rawValue
        value.leaderEpoch = entry.leaderEpoch.rawValue
        value.metadata = entry.metadata ?? ""
        value.commitTimestamp = turn.time.rawValue
        value.topicID = entry.topicID.uuid
        if let retention = request.retention {
            value.expireTimestamp = turn.time.rawValue + retention.inMilliseconds
        }
        return .offset(
            OffsetCommitKey(
                group: request.groupID, topic: entry.topic, partition: entry.partition), value)
    }

    /// Whether a commit comes from who may make it; nil if it does. A group that does not exist is made by the
    /// commit of somebody who is no member: it only stores offsets.
    private func fault(of request: OffsetCommit) -> ErrorCode? {
        if request.groupID.isEmpty { return .invalidGroupId }
        if let group = classic[request.groupID] { return group.fault(ofCommit: request.claim) }
        if consumers.has(request.groupID) {
            return consumers.fault(
                ofCommit: request.claim, in: request.groupID, knowsEpochs: request.knowsEpochs)
        }
        guard request.claim.generation < 0 else {
            return request.knowsEpochs ? .groupIdNotFound : .illegalGeneration
        }
        return nil
    }

    private mutating func heard(
        from member: String, in group: String, _ turn: inout Turn
    ) {
        guard !member.isEmpty, let phase = classic[group]?.phase else { return }
        // While the assignment is awaited commits are refused, and those of nobody prove nothing.
        if phase == .stable || phase.isPreparing { classic[group]?.heard(from: member, &turn) }
    }

    /// OffsetFetch: where `group` stands; nil where it has not committed anything, or for another topic of the
    /// same name.
    package func offset(
        of group: String, _ topic: String, _ topicID: TopicID?, _ partition: Int32
    ) -> CommittedOffset? {
        guard let found = offsets.offset(of: group, topic, partition) else { return nil }
        if let topicID, found.topicID != .zero, found.topicID != topicID { return nil }
        return found
    }

    /// OffsetFetch for everything that a group has committed, in the order of topics and partitions.
    package func offsets(
        of group: String
    ) -> [(topic: String, partition: Int32, offset: CommittedOffset)] {
        offsets.entries(of: group).map { ($0.key.topic, $0.key.partition, $0.value) }
    }

    /// Whether somebody who claims to be a member may read offsets; nil if so (KIP-848).
    package func fault(ofFetch claim: MemberClaim, in group: String) -> ErrorCode? {
        guard claim.generation >= 0 || !claim.memberID.isEmpty else { return nil }
        guard consumers.has(group) else {
            return classic[group] == nil && !offsets.has(group) ? .groupIdNotFound : nil
        }
        return consumers.fault(ofFetch: claim, in: group)
    }

    // MARK: Their end

    /// OffsetDelete.
    package mutating func deleteOffsets(
        of group: String, _ partitions: [TopicPartition], _ ticket: Ticket, now: Instant,
        time: Timestamp
    ) -> [GroupEffect] {
        handle(now, time) { shard, turn in
            guard shard.exists(group) else {
                turn.reply(ticket, .error(group.isEmpty ? .invalidGroupId : .groupIdNotFound))
                return
            }
            if let other = shard.classic[group], other.phase != .empty,
                other.protocolType != ClassicGroup.consumerType
            {
                // What such members consume cannot be seen from here.
                turn.reply(ticket, .error(.nonEmptyGroup))
                return
            }
            var codes: [ErrorCode] = []
            var records: [GroupRecord] = []
            for partition in partitions {
                let isUsed = shard.isSubscribed(group, to: partition.topic)
                codes.append(isUsed ? .groupSubscribedToTopic : .none)
                let (topic, number) = (partition.topic, partition.partition)
                guard !isUsed,
                    shard.offsets.offset(of: group, topic, number) != nil
                        || shard.offsets.isPending(group, topic, number)
                else { continue }
                let key = OffsetCommitKey(group: group, topic: topic, partition: number)
                records.append(.offset(key, nil))
            }
            if records.isEmpty {
                turn.reply(ticket, .offsets(codes))
            } else {
                turn.write(records, then: .reply(ticket, .offsets(codes)))
            }
        }
    }

    private func isSubscribed(_ group: String, to topic: String) -> Bool {
        if let classic = classic[group] {
            return classic.phase != .empty && classic.subscribedTopics?.contains(topic) != false
        }
        return consumers.isSubscribed(group, to: topic)
    }

    /// Topics are gone: so are the offsets in them.
    package mutating func topicsDeleted(
        _ topics: [String], now: Instant, time: Timestamp
    ) -> [GroupEffect] {
        handle(now, time) { shard, turn in
            let gone = Set(topics)
            for group in shard.offsets.groupIDs {
                shard.write(shard.offsets.tombstones(of: group, topics: gone), &turn)
            }
        }
    }

    /// Offsets that have outlived their group, or their use in it (KIP-211, 496). What a transaction is about has
    /// not.
    mutating func expireOffsets(_ turn: inout Turn) {
        for group in Set(offsets.groupIDs).union(classic.keys).union(consumers.ids).sorted() {
            var records: [GroupRecord] = []
            var isLeft = offsets.isPending(group)
            for (key, value) in offsets.entries(of: group) {
                if !offsets.isPending(group, key.topic, key.partition),
                    let since = countsFrom(group, key.topic, value),
                    value.isExpired(
                        since: since, retention: turn.settings.offsetRetention, at: turn.time)
                {
                    records.append(.offset(key, nil))
                } else {
                    isLeft = true
                }
            }
            if !isLeft { records += tombstonesOfEmpty(group) }
            write(records, &turn)
        }
    }

    /// Since when an offset counts as unused; nil while it is in use.
    private func countsFrom(
        _ group: String, _ topic: String, _ value: CommittedOffset
    ) -> Timestamp? {
        if consumers.has(group) {
            return consumers.isSubscribed(group, to: topic) ? nil : value.committed
        }
        guard let found = classic[group], let type = found.protocolType else {
            return value.committed
        }
        if found.phase == .empty { return max(found.stateTime ?? value.committed, value.committed) }
        guard type == ClassicGroup.consumerType, found.phase == .stable,
            let topics = found.subscribedTopics, !topics.contains(topic)
        else { return nil }
        return value.committed
    }

    private func tombstonesOfEmpty(_ group: String) -> [GroupRecord] {
        if let found = classic[group] {
            let isOver = found.phase == .empty && found.pendingJoins.isEmpty
            return isOver ? [found.tombstone] : []
        }
        return consumers.isEmpty(group) ? consumers.tombstones(of: group) : []
    }

    /// Records of one batch of the log.
    static let batchMax = 1_000

    /// Writes records that nobody waits for.
    func write(_ records: [GroupRecord], _ turn: inout Turn) {
        var rest = records[...]
        while !rest.isEmpty {
            turn.write(Array(rest.prefix(Self.batchMax)))
            rest = rest.dropFirst(Self.batchMax)
        }
    }
}

extension ClassicGroup {
    /// Whether a commit comes from who may make it; nil if it does.
    func fault(ofCommit claim: MemberClaim) -> ErrorCode? {
        if claim.generation < 0, phase == .empty { return nil }
        guard !claim.isNobody else { return .unknownMemberId }
        if let fault = faultOfCurrent(claim) { return fault }
        return phase == .completing ? .rebalanceInProgress : nil
    }
}
