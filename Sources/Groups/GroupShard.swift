internal import Coordination
package import InternalRecords
package import Metadata
package import Model

/// The groups and committed offsets of one partition of `__consumer_offsets`.
///
/// A method for each event returns what is to be done, in order. Nothing here reads a clock or waits: `now` comes
/// with the event, `nextDeadline` says when `timePassed` wants to be called.
///
/// Offsets and consumer groups change by replay alone: the household appends a write's records and tells of them by
/// `appended`, in the same turn. Classic groups live in memory (see `ClassicGroup`), so their records count when
/// the partition is loaded, and when they end a group.
package struct GroupShard: Sendable {
    /// Groups of one partition. Nobody has as many; it keeps made-up names from filling the memory.
    package var groupsMax = 200_000

    package var settings: GroupSettings
    var classic: [String: ClassicGroup] = [:]
    var consumers = ConsumerGroups()
    /// The topics that consumers may subscribe to, as the household last said.
    package var image = MetadataImage()
    var offsets = OffsetTable()
    private var histories: [String: RebalanceHistory] = [:]
    var random: PRNG
    private var deadlines = DeadlineQueue<GroupTimer>()

    package init(settings: GroupSettings, seed: UInt64) {
        self.settings = settings
        random = PRNG(seed: seed)
    }

    // MARK: What is stored

    /// A record of the log, while the partition is loaded; `transaction` is whose it is, if it is of one.
    package mutating func load(_ record: GroupRecord, in transaction: ProducerID? = nil) {
        switch record {
        case .classicGroup(let key, let value):
            classic[key.group] = value.map { ClassicGroup(key, $0) }
        default: replay(record, in: transaction)
        }
    }

    /// The household has appended what the shard wrote.
    package mutating func appended(
        _ records: [GroupRecord], by producer: OffsetProducer? = nil
    ) {
        for record in records { replay(record, in: producer?.id) }
        guard let group = records.last?.groupID, histories[group] != nil else { return }
        if classic[group] == nil, !consumers.has(group) { histories[group] = nil }
    }

    /// The last rebalances of a group, oldest first.
    package func history(of group: String) -> [Rebalance] { histories[group]?.rebalances ?? [] }

    private mutating func replay(_ record: GroupRecord, in transaction: ProducerID?) {
        switch record {
        case .offset(let key, let value):
            offsets.replay(key, value, in: transaction)
        case .classicGroup(let key, let value):
            // A living group is ahead of its record; one that was a consumer group begins with it.
            if value == nil || classic[key.group] == nil {
                classic[key.group] = value.map { ClassicGroup(key, $0) }
            }
        case .consumerTopics:
            break
        case .consumerGroup, .consumerMember, .consumerTarget, .consumerTargetMember,
            .consumerCurrent, .consumerPattern:
            consumers.replay(record)
        }
    }

    /// The partition is loaded: sessions begin, and offsets grow old.
    package mutating func loaded(now: Instant, time: Timestamp) -> [GroupEffect] {
        handle(now, time) { shard, turn in
            for id in shard.classic.keys.sorted() { shard.classic[id]?.loaded(&turn) }
            shard.consumersLoaded(&turn)
            turn.wake(.expiry, at: turn.now + turn.settings.expiryInterval)
        }
    }

    // MARK: What became of writes

    /// A write is committed.
    package mutating func committed(
        _ write: GroupWrite, now: Instant, time: Timestamp
    ) -> [GroupEffect] {
        handle(now, time) { shard, turn in
            switch write {
            case .nothing: break
            case .reply(let ticket, let reply): turn.reply(ticket, reply)
            case .assignment(let group, let generation):
                shard.classic[group]?.assignmentStored(generation: generation, &turn)
            case .downgraded(let group): shard.classic[group]?.loaded(&turn)
            }
        }
    }

    /// A write was not appended, or nobody knows whether it will be committed.
    package mutating func failed(
        _ write: GroupWrite, _ error: ErrorCode, now: Instant, time: Timestamp
    ) -> [GroupEffect] {
        handle(now, time) { shard, turn in
            switch write {
            case .nothing: break
            case .reply(let ticket, _): turn.reply(ticket, .error(error))
            case .assignment(let group, let generation):
                shard.classic[group]?.assignmentFailed(
                    generation: generation, error, &turn)
            case .downgraded(let group): shard.classic[group]?.loaded(&turn)
            }
        }
    }

    // MARK: Time

    /// When the shard wants to be called.
    package var nextDeadline: Instant? { deadlines.next }

    /// Deadlines may have come up. Those behind the first that makes a write come up again, at once: what they decide
    /// rests on what it wrote, which is not there before it is appended.
    package mutating func timePassed(now: Instant, time: Timestamp) -> [GroupEffect] {
        handle(now, time) { shard, turn in
            while !turn.hasWritten, let due = shard.deadlines.next,
                let subject = shard.deadlines.pop(at: turn.now)
            {
                shard.woken(subject, at: due, &turn)
            }
        }
    }

    private mutating func woken(_ subject: GroupTimer, at due: Instant, _ turn: inout Turn) {
        switch subject {
        case .join(let group): classic[group]?.joinTimedOut(&turn)
        case .sync(let group): classic[group]?.syncTimedOut(&turn)
        case .session(let group, let member):
            classic[group]?.sessionTimedOut(member, at: due, &turn)
        case .pending(let group, let member):
            classic[group]?.pendingTimedOut(member, &turn)
            forgetIfUnused(group)
        case .consumerSession(let group, let member):
            consumerSessionTimedOut(group, member, at: due, &turn)
        case .consumerTask(let group, let member):
            consumerTaskTimedOut(group, member, &turn)
        case .consumerTarget(let group): consumerTargetDue(group, &turn)
        case .expiry:
            expireOffsets(&turn)
            turn.wake(.expiry, at: turn.now + turn.settings.expiryInterval)
        }
    }

    /// Runs one event.
    mutating func handle(
        _ now: Instant, _ time: Timestamp, _ body: (inout GroupShard, inout Turn) -> Void
    ) -> [GroupEffect] {
        var turn = Turn(now: now, time: time, settings: settings, random: random)
        body(&self, &turn)
        random = turn.random
        for (due, subject) in turn.timers { deadlines.add(subject, at: due) }
        for case .rebalanced(let group, let rebalance) in turn.effects {
            histories[group, default: RebalanceHistory()].add(rebalance)
        }
        return turn.effects
    }
}
