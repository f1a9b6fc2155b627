internal import Metadata
internal import Model

/// What a group has set for itself, within the broker's bounds, or else what the broker says.
struct ConsumerTimes {
    let session: Duration
    let heartbeat: Duration
    /// Between two targets.
    let assignmentInterval: Duration

    init(of group: String, _ image: MetadataImage, _ settings: ConsumerGroupSettings) {
        let resource = ConfigResource(.group, group)
        func own(_ name: String, within bounds: ClosedRange<Duration>) -> Duration? {
            image.config(name, of: resource).flatMap { Int64($0) }.map {
                min(max(.milliseconds($0), bounds.lowerBound), bounds.upperBound)
            }
        }
        session =
            own("consumer.session.timeout.ms", within: settings.sessionBounds) ?? settings.session
        heartbeat =
            own("consumer.heartbeat.interval.ms", within: settings.heartbeatBounds)
            ?? settings.heartbeat
        assignmentInterval =
            own("consumer.assignment.interval.ms", within: settings.assignmentBounds)
            ?? settings.assignmentInterval
    }
}

/// The time that members of consumer groups have.
extension GroupShard {
    /// A group's own times, or the broker's.
    func times(of group: String) -> ConsumerTimes {
        ConsumerTimes(of: group, image, settings.consumer)
    }

    private func session(of member: ConsumerMember, in group: String) -> Duration {
        member.classic?.session ?? times(of: group).session
    }

    /// A member was heard of, and may have to give partitions up.
    mutating func keepTime(
        of member: ConsumerMember, in group: String, _ turn: inout Turn
    ) {
        heard(from: member, in: group, &turn)
        if member.state == .unrevoked {
            mustAct(member, in: group, &turn)
        } else {
            consumers.sessions.hasActed(ConsumerMemberKey(group: group, member: member.id))
        }
    }

    /// A member's session begins anew.
    mutating func heard(
        from member: ConsumerMember, in group: String, _ turn: inout Turn
    ) {
        let key = ConsumerMemberKey(group: group, member: member.id)
        if let due = consumers.sessions.heard(
            key, at: turn.now, lasting: session(of: member, in: group))
        {
            turn.wake(.consumerSession(group: group, member: member.id), at: due)
        }
    }

    /// A member has been told to do something, and has its rebalance time-out for it.
    mutating func mustAct(_ member: ConsumerMember, in group: String, _ turn: inout Turn) {
        let key = ConsumerMemberKey(group: group, member: member.id)
        if let due = consumers.sessions.mustAct(
            key, epoch: member.epoch, by: turn.now + member.rebalance)
        {
            turn.wake(.consumerTask(group: group, member: member.id), at: due)
        }
    }

    mutating func consumerSessionTimedOut(
        _ group: String, _ memberID: String, at due: Instant, _ turn: inout Turn
    ) {
        guard let found = consumers.groups[group], let member = found.members[memberID] else {
            return
        }
        let verdict = consumers.sessions.looked(
            at: ConsumerMemberKey(group: group, member: memberID), due: due, now: turn.now,
            length: session(of: member, in: group))
        switch verdict {
        case .doesNotCount: break
        case .lookAgain(let next):
            turn.wake(.consumerSession(group: group, member: memberID), at: next)
        case .isOver(let next):
            turn.wake(.consumerSession(group: group, member: memberID), at: next)
            remove([memberID], from: found, .sessionExpired, &turn)
        }
    }

    mutating func consumerTaskTimedOut(
        _ group: String, _ memberID: String, _ turn: inout Turn
    ) {
        let key = ConsumerMemberKey(group: group, member: memberID)
        guard let found = consumers.groups[group], let member = found.members[memberID],
            consumers.sessions.isLate(key, now: turn.now)
        else { return }
        mustAct(member, in: group, &turn)
        remove([memberID], from: found, .partitionsNotRevoked, &turn)
    }

    /// The time between two targets is over: changes since the last one get theirs.
    mutating func consumerTargetDue(_ group: String, _ turn: inout Turn) {
        guard let found = consumers.groups[group] else { return }
        var draft = ConsumerDraft(found)
        draft.retargetIfDue(image, &turn)
        guard !draft.records.isEmpty else { return }
        finishIfStable(draft.group, "", &turn)
        turn.write(draft.records)
    }

    /// The partition is loaded: the members' sessions begin, and the time of those who must give up partitions. What
    /// changed without a target gets one.
    mutating func consumersLoaded(_ turn: inout Turn) {
        for id in consumers.ids {
            for member in consumers.groups[id]?.membersInOrder ?? [] {
                keepTime(of: member, in: id, &turn)
            }
            if consumers.groups[id]?.hasPatterns == true { resolve(id, &turn) }
            consumerTargetDue(id, &turn)
        }
    }
}
