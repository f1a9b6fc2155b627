package import Model

/// What the leader of a partition knows and decides: who is in sync, what is committed.
///
/// Terms. *ISR*: the replicas the controller has agreed to count on. *Maximal ISR*: the ISR and, while a
/// change is out, the ISR it asks for; the high watermark waits for all of both, because the controller may
/// already have acted on either (KIP-497). *Leaving*: who was taken out of the ISR by the controller's answer,
/// which may overtake the metadata; the high watermark waits for them too, until the metadata has told the
/// same. *Acknowledged end* of a follower: its fetch offset, which is its promise that everything below is on
/// its disk; of the leader itself: its durable end, or its log end where the topic does not ask for a sync
/// before the acknowledgement.
///
/// Invariants, asserted after every event:
/// - the high watermark never falls, and never passes the acknowledged end of a member of the maximal ISR;
/// - the leader is a member of its ISR;
/// - at most one ISR change is out.
///
/// Departure from Kafka: the leader's own part of the high watermark is what it has synced, not what it has
/// written (docs/differences-from-kafka.md).
package struct LeaderReplica: Equatable, Sendable {
    package let id: BrokerID
    /// Which leadership this is.
    package let leaderEpoch: LeaderEpoch
    /// Log end at the moment this leadership began: followers below it may hold another history.
    package let epochStart: Offset

    /// All replicas as the controller assigned them, in its order.
    package private(set) var replicas: [BrokerID]
    /// As last agreed by the controller.
    package private(set) var inSyncReplicas: [BrokerID]
    package private(set) var partitionEpoch: PartitionEpoch
    /// After an unclean election the ISR stays the leader alone until it says RECOVERED.
    package private(set) var isRecovering: Bool
    /// Members that the controller's answer took out of the ISR, and the metadata not yet. Before that it may have told
    /// of a higher `min.insync.replicas`, for which the controller keeps them eligible (KIP-966): what was committed
    /// without them would be lost if one of them led.
    package private(set) var leaving: [BrokerID] = []
    /// The change that waits for the controller's answer.
    package private(set) var pendingChange: ISRChange?

    package private(set) var highWatermark: Offset
    /// Where the leader's own log ends.
    package private(set) var logEnd: Offset
    /// The leader's own acknowledged end.
    package private(set) var ownAcknowledgedEnd: Offset
    private var followers: [FollowerProgress]
    /// `min.insync.replicas`.
    package private(set) var minInSync: Int

    /// The start of a leadership.
    ///
    /// - Parameters:
    ///   - logEnd: own log end, which becomes `epochStart`.
    ///   - durableEnd: what of it is synced.
    ///   - highWatermark: the highest this replica knows of, not above `durableEnd`'s log.
    package init(
        id: BrokerID, state: AssignedState, logEnd: Offset, durableEnd: Offset,
        highWatermark: Offset,
        minInSync: Int, now: Instant
    ) {
        precondition(highWatermark <= logEnd, "a high watermark lies inside the log")
        precondition(state.inSyncReplicas.contains(id), "a leader is in its ISR")
        self.id = id
        leaderEpoch = state.leaderEpoch
        epochStart = logEnd
        replicas = state.replicas
        inSyncReplicas = state.inSyncReplicas
        partitionEpoch = state.partitionEpoch
        isRecovering = state.isRecovering
        self.highWatermark = highWatermark
        self.logEnd = logEnd
        ownAcknowledgedEnd = durableEnd
        self.minInSync = minInSync
        followers = state.replicas.filter { $0 != id }.map { FollowerProgress(id: $0, now: now) }
        assertInvariants()
    }

    /// Counts what is known at the start: a leader alone in its ISR commits at once what it has synced.
    /// True if the high watermark moved.
    package mutating func begin() -> Bool { advanceHighWatermark() }

    // MARK: Events of the log

    /// The leader appended: its log now ends at `end`.
    package mutating func appended(upTo end: Offset) {
        precondition(end >= logEnd, "a leader's log only grows")
        logEnd = end
    }

    /// The leader's own records below `end` may be counted: synced, or merely written where the topic does
    /// not ask for more. True if the high watermark moved.
    package mutating func acknowledgedBySelf(upTo end: Offset) -> Bool {
        precondition(end <= logEnd, "only what was appended is acknowledged")
        guard end > ownAcknowledgedEnd else { return false }
        ownAcknowledgedEnd = end
        return advanceHighWatermark()
    }

    // MARK: Events of followers

    /// A follower fetched from `offset`: everything below is on its disk.
    ///
    /// `isEligible`: the metadata knows the broker under this epoch as unfenced and not shutting down.
    package mutating func followerFetched(
        _ follower: BrokerID, brokerEpoch: BrokerEpoch, from offset: Offset, isEligible: Bool,
        now: Instant
    ) -> FollowerFetchOutcome {
        defer { assertInvariants() }
        guard let index = followers.firstIndex(where: { $0.id == follower }) else {
            return .unknownReplica
        }
        if let known = followers[index].brokerEpoch, brokerEpoch != .none, brokerEpoch < known {
            return .staleBroker
        }
        // A fetch beyond our end is a follower with another history: it must not count as progress.
        guard offset <= logEnd else { return .recorded(highWatermarkMoved: false, change: nil) }
        followers[index].fetched(
            from: offset, leaderEnd: logEnd, brokerEpoch: brokerEpoch, now: now)
        let change = isEligible ? expansion(for: followers[index]) : nil
        if let change { pendingChange = change }
        let moved = inMaximalISR(follower) ? advanceHighWatermark() : false
        return .recorded(highWatermarkMoved: moved, change: change)
    }

    /// A follower told where its log begins.
    package mutating func followerTold(_ follower: BrokerID, logStart: Offset) {
        guard let index = followers.firstIndex(where: { $0.id == follower }) else { return }
        followers[index].logStart = logStart
    }

    /// KIP-497 and KIP-903: a follower may join once it has reached the high watermark and the start of
    /// this leadership, so that it holds everything that is or may be committed.
    private func expansion(for follower: FollowerProgress) -> ISRChange? {
        guard pendingChange == nil, !isRecovering else { return nil }
        guard !inSyncReplicas.contains(follower.id) else { return nil }
        guard let end = follower.acknowledgedEnd else { return nil }
        guard end >= highWatermark, end >= epochStart else { return nil }
        return propose(replicas.filter { inSyncReplicas.contains($0) || $0 == follower.id })
    }

    /// Followers that have not been caught up for `maxLag` leave the ISR; nil if all are well. Called on a
    /// timer. The change counts only when the controller has agreed.
    package mutating func shrinkIfLagging(maxLag: Duration, now: Instant) -> ISRChange? {
        defer { assertInvariants() }
        guard pendingChange == nil else { return nil }
        let lagging = followers.filter { progress in
            inSyncReplicas.contains(progress.id)
                && progress.isLagging(
                    leaderEnd: logEnd, maxLag: maxLag, now: now)
        }
        guard !lagging.isEmpty else { return nil }
        let change = propose(inSyncReplicas.filter { id in !lagging.contains { $0.id == id } })
        pendingChange = change
        return change
    }

    /// After an unclean election, once the log is whole: ask for the state RECOVERED.
    package mutating func recoveryFinished() -> ISRChange? {
        defer { assertInvariants() }
        guard isRecovering, pendingChange == nil else { return nil }
        var change = propose(inSyncReplicas)
        change.isRecovering = false
        pendingChange = change
        return change
    }

    /// Stands down in favour of `successor`, a member of the ISR: asks for the ISR without this replica, which
    /// comes back as a follower. Nil if another change is out. The leadership goes on until the controller has agreed.
    package mutating func handOver(to successor: BrokerID) -> ISRChange? {
        defer { assertInvariants() }
        guard pendingChange == nil, !isRecovering else { return nil }
        guard successor != id, inSyncReplicas.contains(successor) else { return nil }
        let others = inSyncReplicas.filter { $0 != id && $0 != successor }
        let change = propose([successor] + others)
        pendingChange = change
        return change
    }

    private func propose(_ replicas: [BrokerID]) -> ISRChange {
        let members = replicas.map { id in
            ISRMember(
                id: id, brokerEpoch: followers.first { $0.id == id }?.brokerEpoch ?? .none)
        }
        return ISRChange(
            leaderEpoch: leaderEpoch, partitionEpoch: partitionEpoch, members: members,
            isRecovering: isRecovering)
    }

    // MARK: Events of the controller

    /// The controller refused the change, or could not be asked. A later event may propose again.
    package mutating func changeFailed(_ change: ISRChange) {
        guard pendingChange == change else { return }
        pendingChange = nil
    }

    /// The partition's state as the controller now has it, in the same leadership. True if the high
    /// watermark moved. An older state than the one known is ignored; of the same one only the replica list is
    /// taken, which the answer to an ISR change does not tell.
    ///
    /// - Parameter isAnswer: the answer to an ISR change says so, not the metadata.
    package mutating func stateChanged(
        _ state: AssignedState, isAnswer: Bool = false, now: Instant
    ) -> Bool {
        defer { assertInvariants() }
        precondition(
            state.leaderEpoch == leaderEpoch, "another leadership is another LeaderReplica")
        guard state.partitionEpoch >= partitionEpoch else { return false }
        if isAnswer {
            leaving += inSyncReplicas.filter { !state.inSyncReplicas.contains($0) }
        } else {
            leaving = []
        }
        if state.partitionEpoch > partitionEpoch {
            precondition(state.inSyncReplicas.contains(id), "a leader is in its ISR")
            partitionEpoch = state.partitionEpoch
            inSyncReplicas = state.inSyncReplicas
            isRecovering = state.isRecovering
            pendingChange = nil
        }
        replicas = state.replicas
        followers = replicas.filter { $0 != id }.map { replica in
            followers.first { $0.id == replica } ?? FollowerProgress(id: replica, now: now)
        }
        return advanceHighWatermark()
    }

    /// `min.insync.replicas` changed. True if the high watermark moved.
    package mutating func minInSyncChanged(to count: Int) -> Bool {
        minInSync = count
        return advanceHighWatermark()
    }

    // MARK: Queries

    /// Whether acks=all may be accepted now.
    package var hasEnoughInSync: Bool { inSyncReplicas.count >= effectiveMinInSync }

    /// `min.insync.replicas`, but never more than there are replicas.
    package var effectiveMinInSync: Int { min(minInSync, replicas.count) }

    /// Whether the high watermark has reached this leadership's start: before that, what it says about the
    /// end of the log may be older than what a former leader said (KIP-207).
    package var isHighWatermarkCurrent: Bool { highWatermark >= epochStart }

    /// Where a follower's log ends as far as known, for lag metrics.
    package func acknowledgedEnd(of follower: BrokerID) -> Offset? {
        followers.first { $0.id == follower }?.acknowledgedEnd
    }

    /// The lowest start of a log among the leader's `own` and those of followers that are up; `.none` while one
    /// of them has not told its own (KIP-107).
    package func lowestLogStart(own: Offset, isUp: (BrokerID) -> Bool) -> Offset {
        followers.filter { isUp($0.id) }.reduce(own) { min($0, $1.logStart) }
    }

    /// The follower that a consumer shall read `offset` from, of those that are near it: the one that holds
    /// most, then the one that was caught up last. Nil if none of them holds it (KIP-392).
    package func nearReplica(holding offset: Offset, isNear: (BrokerID) -> Bool) -> BrokerID? {
        let holders = followers.filter { follower in
            guard let end = follower.acknowledgedEnd else { return false }
            return end >= offset && follower.logStart <= offset && isNear(follower.id)
        }
        // Ties go to the lowest id, so that all consumers of a rack read from the same page cache.
        return holders.max { a, b in
            (a.acknowledgedEnd ?? .none, a.caughtUpAt, b.id)
                < (b.acknowledgedEnd ?? .none, b.caughtUpAt, a.id)
        }?.id
    }

    private func inMaximalISR(_ replica: BrokerID) -> Bool {
        inSyncReplicas.contains(replica)
            || (pendingChange?.members.contains { $0.id == replica } ?? false)
    }

    /// Lowest acknowledged end in the maximal ISR and among those that leave it; nil while one of them has not fetched
    /// yet.
    private var lowestAcknowledgedEnd: Offset? {
        var lowest = ownAcknowledgedEnd
        for follower in followers where inMaximalISR(follower.id) || leaving.contains(follower.id) {
            guard let end = follower.acknowledgedEnd else { return nil }
            lowest = min(lowest, end)
        }
        return lowest
    }

    private mutating func advanceHighWatermark() -> Bool {
        // KIP-966: below min ISR nothing more is committed, which keeps eligible leaders complete.
        guard hasEnoughInSync else { return false }
        guard let lowest = lowestAcknowledgedEnd, lowest > highWatermark else { return false }
        highWatermark = lowest
        return true
    }

    private func assertInvariants() {
        precondition(inSyncReplicas.contains(id), "a leader is in its ISR")
        precondition(highWatermark <= logEnd, "committed is at most what was appended")
        precondition(ownAcknowledgedEnd <= logEnd, "acknowledged is at most what was appended")
    }
}
