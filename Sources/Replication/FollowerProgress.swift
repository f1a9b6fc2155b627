internal import Model

/// How far one follower is, as its fetches tell the leader.
struct FollowerProgress: Equatable, Sendable {
    let id: BrokerID
    /// Epoch of the broker that fetched last (KIP-903); nil before its first fetch.
    private(set) var brokerEpoch: BrokerEpoch?
    /// Its last fetch offset in this leadership; nil before its first fetch.
    private(set) var acknowledgedEnd: Offset?
    /// The last time at which it held everything the leader had at that time.
    private(set) var caughtUpAt: Instant
    private var lastFetchAt: Instant
    private var leaderEndAtLastFetch: Offset = .zero
    /// Where its log begins; `.none` before its first fetch.
    var logStart = Offset.none

    /// A follower gets the whole of the allowed lag to send its first fetch.
    init(id: BrokerID, now: Instant) {
        self.id = id
        caughtUpAt = now
        lastFetchAt = now
    }

    mutating func fetched(
        from offset: Offset, leaderEnd: Offset, brokerEpoch: BrokerEpoch, now: Instant
    ) {
        if offset >= leaderEnd {
            caughtUpAt = max(caughtUpAt, now)
        } else if acknowledgedEnd != nil, offset >= leaderEndAtLastFetch {
            // It has now what the leader had when it fetched before: it was caught up then.
            caughtUpAt = max(caughtUpAt, lastFetchAt)
        }
        acknowledgedEnd = offset
        lastFetchAt = now
        leaderEndAtLastFetch = leaderEnd
        if brokerEpoch != .none { self.brokerEpoch = brokerEpoch }
    }

    func isLagging(leaderEnd: Offset, maxLag: Duration, now: Instant) -> Bool {
        if let acknowledgedEnd, acknowledgedEnd >= leaderEnd { return false }
        return now - caughtUpAt > maxLag
    }
}
