import Model

/// What a leader knows of the others.
struct Leader: Equatable, Sendable {
    /// Log end when this leadership began. Only what lies above commits (Raft §5.4.2).
    let epochStart: Offset
    /// Whether something of this term has been committed, so that the high watermark speaks for it.
    var hasCommitted = false
    let grantedBy: [ReplicaKey]
    /// Everyone who fetches, voters among them, in ascending order of id and of first Fetch.
    var replicas: [ReplicaProgress] = []
    /// Voters that fetched since the check-quorum timer was last restarted.
    var recentFetchers: [BrokerID] = []
    /// Without a majority fetching until then, it resigns. `.distantFuture` for the only voter.
    var checkQuorumDeadline: Instant
    var beginDeadline: Instant
    /// Voters that are to be told of this leadership.
    var untold: [BrokerID]
    var parked: [ParkedFetch] = []
    /// At most one at a time.
    var change: VoterChange?
    /// What voters of a static quorum said of themselves, in ascending order of id. Only kept in memory: it is
    /// written when kraft.version is raised (KIP-853).
    var announced: [VoterSet.Voter] = []

    /// A Fetch that had nothing to bring, waiting for an append, the high watermark or its deadline.
    struct ParkedFetch: Equatable, Sendable {
        let token: Raft.RequestToken
        let request: Raft.Request.FetchRequest
        let deadline: Instant
    }
}

/// How far one replica is, as its Fetch requests tell.
struct ReplicaProgress: Equatable, Sendable {
    let key: ReplicaKey
    /// Its last fetch offset: it has synced everything below.
    var logEnd = Offset.none
    var lastFetch = Instant(nanoseconds: .min)
    var lastFetchTime = Timestamp.none
    /// When it last held everything that the leader had at that time.
    var lastCaughtUpTime = Timestamp.none
    /// The leader's log end at its last Fetch.
    var leaderEndAtLastFetch = Offset.none

    mutating func fetched(at offset: Offset, leaderEnd: Offset, now: Instant, wallTime: Timestamp) {
        if offset >= leaderEnd {
            lastCaughtUpTime = wallTime
        } else if leaderEndAtLastFetch > .zero, offset >= leaderEndAtLastFetch {
            lastCaughtUpTime = max(lastCaughtUpTime, lastFetchTime)
        }
        logEnd = offset
        lastFetch = now
        lastFetchTime = wallTime
        leaderEndAtLastFetch = leaderEnd
    }
}
