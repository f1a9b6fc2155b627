internal import Model

/// What this node knows at first hand of the quorum's leader that it follows, or followed last: whether the
/// connection to it broke without goodbye, with nothing heard from it since.
///
/// A connection that never carried an answer does not count, nor does an attempt that fails: only what
/// worked can break.
struct LeaderContact: Equatable, Sendable {
    private var leader: BrokerID?
    private var isHeard = false
    private var brokenSince: Instant?

    /// The quorum has a leader. The same one again changes nothing.
    mutating func follows(_ leader: BrokerID) {
        guard leader != self.leader else { return }
        self = LeaderContact()
        self.leader = leader
    }

    mutating func heard(from peer: BrokerID) {
        guard peer == leader else { return }
        isHeard = true
        brokenSince = nil
    }

    mutating func connectionBroke(to peer: BrokerID, at now: Instant) {
        guard peer == leader, isHeard else { return }
        isHeard = false
        brokenSince = now
    }

    /// The leader that was lost, if it was. Told once: what comes after is another story.
    mutating func takeLost() -> LostLeader? {
        guard let leader, let brokenSince else { return nil }
        self = LeaderContact()
        return LostLeader(id: leader, since: brokenSince)
    }
}
