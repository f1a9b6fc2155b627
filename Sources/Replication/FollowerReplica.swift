package import Model

/// What a follower knows and decides: whom it fetches from, what it may show, where it must cut its log.
///
/// A follower fetches from its acknowledged end only: the fetch offset is its promise that everything below
/// is on its disk, so it moves when the sync has ended, not when the write has. Its log is repaired by
/// epochs (KIP-595): the leader compares (last fetched epoch, fetch offset) with its history and answers
/// with the point up to which both may agree; the follower cuts there and fetches again.
///
/// Invariant: the high watermark never passes the log end and falls only when a truncation cuts below it,
/// which only an unclean election can cause.
package struct FollowerReplica: Equatable, Sendable {
    package let leader: BrokerID
    package let leaderEpoch: LeaderEpoch
    package private(set) var partitionEpoch: PartitionEpoch
    package private(set) var highWatermark: Offset
    /// Where the own log ends, written but perhaps not synced.
    package private(set) var logEnd: Offset
    /// What may be promised: the next fetch offset.
    package private(set) var acknowledgedEnd: Offset

    package init(
        state: AssignedState, logEnd: Offset, acknowledgedEnd: Offset, highWatermark: Offset
    ) {
        precondition(acknowledgedEnd <= logEnd, "acknowledged is at most what was written")
        leader = state.leader
        leaderEpoch = state.leaderEpoch
        partitionEpoch = state.partitionEpoch
        self.logEnd = logEnd
        self.acknowledgedEnd = acknowledgedEnd
        self.highWatermark = min(highWatermark, logEnd)
    }

    /// Records from the leader were written; the log ends at `end`.
    package mutating func appended(upTo end: Offset) {
        precondition(end >= logEnd, "an append extends the log")
        logEnd = end
    }

    /// Records below `end` may be promised.
    package mutating func acknowledged(upTo end: Offset) {
        precondition(end <= logEnd, "only what was written is acknowledged")
        acknowledgedEnd = max(acknowledgedEnd, end)
    }

    /// The leader told its high watermark: the own one is at most what the own log holds. True if it moved.
    package mutating func leaderHighWatermark(_ told: Offset) -> Bool {
        let next = min(told, logEnd)
        guard next > highWatermark else { return false }
        highWatermark = next
        return true
    }

    /// Where to cut when the leader tells that histories differ after `(epoch, endOffset)`.
    ///
    /// `ownEnd` is where the own log ends that epoch or, if it has never seen it, the largest epoch below
    /// it. Each round cuts at least one epoch or finds the common point, so the exchange ends (KIP-279).
    package func truncationPoint(
        divergingEpoch: LeaderEpoch, leaderEnd: Offset, ownEpoch: LeaderEpoch, ownEnd: Offset
    ) -> Offset {
        // Epoch unknown below: nothing of the own log can be told to agree up to here.
        guard ownEnd != .none else { return min(leaderEnd, logEnd) }
        // The own log knows that very epoch: it agrees up to the shorter of both ends. If only an older
        // one is known, everything after the older one's end differs.
        return ownEpoch == divergingEpoch
            ? min(leaderEnd, ownEnd, logEnd) : min(ownEnd, logEnd)
    }

    /// The log was cut to end at `end`.
    package mutating func truncated(to end: Offset) {
        precondition(end <= logEnd, "a truncation shortens the log")
        logEnd = end
        acknowledgedEnd = min(acknowledgedEnd, end)
        highWatermark = min(highWatermark, end)
    }

    /// The log was emptied to begin at `offset`, because the leader no longer has what lies before it.
    package mutating func restarted(at offset: Offset) {
        logEnd = offset
        acknowledgedEnd = offset
        highWatermark = offset
    }

    /// The log begins at `offset` now: what lies below was committed. True if the high watermark moved.
    package mutating func logStartAdvanced(to offset: Offset) -> Bool {
        precondition(offset <= logEnd, "a log begins at or before its end")
        acknowledgedEnd = max(acknowledgedEnd, offset)
        return leaderHighWatermark(offset)
    }

    /// Same leader and epoch, newer state.
    package mutating func stateChanged(_ state: AssignedState) {
        precondition(
            state.leaderEpoch == leaderEpoch, "another leadership is another follower state")
        partitionEpoch = max(partitionEpoch, state.partitionEpoch)
    }
}
