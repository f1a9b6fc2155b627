package import Coordination
internal import InternalRecords
package import Metadata
package import Model

/// Requests of the consumer protocol (KIP-848).
extension GroupShard {
    /// ConsumerGroupHeartbeat.
    package mutating func heartbeat(
        _ request: ConsumerHeartbeat, _ ticket: Ticket, now: Instant, time: Timestamp
    ) -> [GroupEffect] {
        handle(now, time) { shard, turn in
            if let fault = request.fault(assignors: turn.settings.consumer.assignors) {
                turn.reply(ticket, .heartbeat(fault))
                return
            }
            do throws(ConsumerFault) {
                if request.epoch < 0 {
                    try shard.leave(request, ticket, &turn)
                } else {
                    try shard.stay(request, ticket, &turn)
                }
            } catch {
                turn.reply(ticket, .heartbeat(.failure(error.code, error.message)))
            }
        }
    }

    // MARK: Staying

    private mutating func stay(
        _ request: ConsumerHeartbeat, _ ticket: Ticket, _ turn: inout Turn
    ) throws(ConsumerFault) {
        var draft = try draft(for: request, &turn)
        let id =
            request.memberID.isEmpty
            ? UUID.random { turn.random.next() }.description : request.memberID
        let isReplaced = try admit(id, request, &draft, turn)
        let before = draft.group.members[id]
        var member = before ?? ConsumerMember(id: id)
        member.update(request)
        let next = settle(
            member, owned: request.owned, isReplaced: isReplaced, &draft, &turn)
        keepTime(of: next, in: request.groupID, &turn)
        var reply = ConsumerHeartbeatReply()
        reply.memberID = id
        reply.epoch = next.epoch
        reply.interval = interval(of: draft.group, turn)
        if request.isFull || next.assigned != before?.assigned { reply.assignment = next.assigned }
        if draft.records.isEmpty {
            turn.reply(ticket, .heartbeat(reply))
        } else {
            turn.write(draft.records, then: .reply(ticket, .heartbeat(reply)))
        }
    }

    /// When a member is to come back: as soon as its target is made, if it waits for one.
    private func interval(of group: ConsumerGroup, _ turn: Turn) -> Duration {
        let heartbeat = times(of: group.id).heartbeat
        guard group.epoch > group.targetEpoch else { return heartbeat }
        return min(heartbeat, group.timeToTarget(image, turn) + Self.targetSlack)
    }

    /// What is added to the time until a target is made, so that it is there then.
    static let targetSlack = Duration.milliseconds(50)

    /// What `member` says of itself is taken over, the partitions are shared out anew if that makes a difference,
    /// and the member takes its next step, which is returned.
    mutating func settle(
        _ member: ConsumerMember, owned: PartitionSet?, isReplaced: Bool,
        _ draft: inout ConsumerDraft, _ turn: inout Turn
    ) -> ConsumerMember {
        let id = draft.group.id
        let before = draft.group.members[member.id]
        if member != before { draft.add(ConsumerRecords.member(id, member)) }
        let hasChanged =
            before == nil || member.topics != before?.topics || member.pattern != before?.pattern
            || member.rackID != before?.rackID
        if member.pattern != before?.pattern {
            draft.forgetUnusedPatterns()
            if let pattern = member.pattern, draft.group.patterns[pattern] == nil {
                resolve(id, &turn)
            }
        }
        if hasChanged || consumers.mustRefresh(id) {
            // The first member has nobody to wait for.
            let isFirst = draft.group.members.count == 1 && before == nil
            draft.bump(image, isUrgent: isFirst, &turn)
            let cause: Rebalance.Cause =
                hasChanged
                ? (before == nil ? .memberJoined : .subscriptionChanged) : .topicsChanged
            consumers.opened(id, cause, member.id, turn)
        } else {
            draft.retargetIfDue(image, &turn)
            if isReplaced { consumers.opened(id, .memberReplaced, member.id, turn) }
        }
        let next = draft.group.next(for: member, owned: owned)
        if next != member || before == nil { draft.add(ConsumerRecords.current(id, next)) }
        finishIfStable(draft.group, member.id, &turn)
        return next
    }

    /// The group that a heartbeat is for; a member that joins may make it, or change its protocol.
    private mutating func draft(
        for request: ConsumerHeartbeat, _ turn: inout Turn
    ) throws(ConsumerFault) -> ConsumerDraft {
        let id = request.groupID
        if let group = consumers.groups[id] { return ConsumerDraft(group) }
        guard request.isJoining else {
            throw ConsumerFault(.groupIdNotFound, "Group \(id) not found.")
        }
        if let old = classic[id] { return try upgrade(old, &turn) }
        guard groupCount < groupsMax else {
            throw ConsumerFault(.groupMaxSizeReached, "There are too many groups.")
        }
        return ConsumerDraft(ConsumerGroup(id: id))
    }

    /// Checks that the member may be who it says. Returns whether it takes the place of a static member that is
    /// away, which `draft` then has handed over.
    private func admit(
        _ id: String, _ request: ConsumerHeartbeat, _ draft: inout ConsumerDraft, _ turn: Turn
    ) throws(ConsumerFault) -> Bool {
        if let instance = request.instanceID,
            let known = draft.group.staticMembers[instance], known != id
        {
            guard request.isJoining else {
                throw ConsumerFault(.fencedInstanceId, "The instance id has another member id.")
            }
            guard let old = draft.group.members[known], old.isAway else {
                throw ConsumerFault(
                    .unreleasedInstanceId, "Static member with instance id \(instance) is active.")
            }
            draft.handOver(old, to: id)
            return true
        }
        if let member = draft.group.members[id] {
            if !request.isJoining { try member.check(request) }
            guard request.isJoining, member.isAway else { return false }
            draft.handOver(member, to: id)
            return true
        }
        guard request.isJoining else {
            throw ConsumerFault(.unknownMemberId, "Member \(id) is not a member of the group.")
        }
        try draft.group.checkRoom(for: id, limit: turn.settings.consumer.sizeMax)
        return false
    }

    // MARK: Leaving

    private mutating func leave(
        _ request: ConsumerHeartbeat, _ ticket: Ticket, _ turn: inout Turn
    ) throws(ConsumerFault) {
        guard let group = consumers.groups[request.groupID] else {
            throw ConsumerFault(.groupIdNotFound, "Group \(request.groupID) not found.")
        }
        if let instance = request.instanceID {
            try group.checkInstance(instance, is: request.memberID)
        }
        guard let member = group.members[request.memberID] else {
            throw ConsumerFault(.unknownMemberId, "Member \(request.memberID) is unknown.")
        }
        var reply = ConsumerHeartbeatReply()
        reply.memberID = member.id
        reply.epoch = request.epoch
        guard request.epoch == ConsumerMember.leaveEpoch else {
            var away = member
            away.previousEpoch = member.epoch
            away.epoch = ConsumerMember.awayEpoch
            away.state = .stable
            away.revoking = PartitionSet()
            consumers.sessions.hasActed(ConsumerMemberKey(group: group.id, member: member.id))
            turn.write(
                [ConsumerRecords.current(group.id, away)], then: .reply(ticket, .heartbeat(reply)))
            return
        }
        remove(
            [member.id], from: group, .memberLeft(reason: nil), &turn,
            telling: (ticket, .heartbeat(reply)))
    }

    /// Members are taken out, and their partitions are given to others; a group that only has members of the
    /// classic protocol left becomes a classic group.
    mutating func remove(
        _ gone: [String], from group: ConsumerGroup, _ cause: Rebalance.Cause, _ turn: inout Turn,
        telling answer: (ticket: Ticket, reply: GroupReply)? = nil
    ) {
        if let records = downgrade(group, without: Set(gone), turn) {
            turn.write(records, then: .downgraded(group: group.id))
            if let answer { turn.reply(answer.ticket, answer.reply) }
            return
        }
        var draft = ConsumerDraft(group)
        for member in gone { draft.add(ConsumerRecords.removal(group.id, member)) }
        draft.forgetUnusedPatterns()
        draft.bump(image, &turn)
        let last = gone.last ?? ""
        consumers.opened(group.id, cause, last, turn)
        finishIfStable(draft.group, last, &turn)
        let then = answer.map { GroupWrite.reply($0.ticket, $0.reply) }
        turn.write(draft.records, then: then ?? .nothing)
    }

    // MARK: Rebalances

    mutating func finishIfStable(
        _ group: ConsumerGroup, _ last: String, _ turn: inout Turn
    ) {
        guard let done = consumers.closed(group, last, turn) else { return }
        turn.report(group.id, done)
    }

    /// The metadata has changed in a way that consumers may see: the named topics, or (nil) where any of them may
    /// be. Groups whose topics look different get a new target.
    package mutating func metadataChanged(
        _ image: MetadataImage, topics: [String]?, now: Instant, time: Timestamp
    ) -> [GroupEffect] {
        self.image = image
        return handle(now, time) { shard, turn in
            for id in shard.consumers.ids {
                // A topic that is new may match.
                if shard.consumers.groups[id]?.hasPatterns == true { shard.resolve(id, &turn) }
                guard let group = shard.consumers.groups[id], !group.members.isEmpty,
                    topics?.contains(where: group.isSubscribed) != false,
                    group.hash(of: image) != group.metadataHash
                else { continue }
                // If it cannot be written now, the next heartbeat tries again.
                shard.consumers.refresh(id)
                var draft = ConsumerDraft(group)
                draft.bump(image, &turn)
                shard.consumers.opened(id, .topicsChanged, "", turn)
                turn.write(draft.records)
            }
        }
    }

    /// ConsumerGroupDescribe: a consumer group; nil if there is none of that name.
    package func describeConsumer(_ group: String) -> ConsumerDescription? {
        consumers.groups[group].map { ConsumerDescription($0, settings) }
    }
}
