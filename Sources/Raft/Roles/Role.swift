import Model

/// What a replica of the quorum is at the moment. Each case holds only what is true in it.
///
/// Legal transitions (KIP-595, KIP-996); everything else is our mistake and traps.
///
/// | from | to | when |
/// |---|---|---|
/// | any | unattached | a higher term is seen without a reachable leader |
/// | any | follower | the leader of a higher term is discovered |
/// | unattached, prospective, candidate, follower | follower | the leader of this term is discovered |
/// | unattached, follower, candidate | prospective | the election or fetch timer ended (voters) |
/// | prospective | candidate | a majority would vote for it; the term rises by one |
/// | prospective | follower, unattached | it lost or timed out; by whether it knows a leader |
/// | candidate | leader | a majority voted for it |
/// | leader | resigned | it steps down, or lost the majority |
/// | resigned | unattached | the election timer ended; the term rises by one |
enum Role: Equatable, Sendable {
    case unattached(Unattached)
    case prospective(Prospective)
    case candidate(Candidate)
    case leader(Leader)
    case follower(Follower)
    case resigned(Resigned)

    var name: RoleName {
        switch self {
        case .unattached: .unattached
        case .prospective: .prospective
        case .candidate: .candidate
        case .leader: .leader
        case .follower: .follower
        case .resigned: .resigned
        }
    }

    /// Whether the table above has this row.
    static func isLegal(from: RoleName, to: RoleName, termRises: Bool) -> Bool {
        switch (from, to) {
        case (_, .unattached):
            termRises || from == .prospective || from == .unattached
        case (_, .follower):
            termRises || (from != .leader && from != .resigned)
        case (.unattached, .prospective), (.follower, .prospective), (.candidate, .prospective):
            !termRises
        case (.prospective, .candidate): termRises
        case (.candidate, .leader), (.leader, .resigned): !termRises
        default: false
        }
    }
}

/// The name of a role, for metrics and logs.
package enum RoleName: String, Hashable, Sendable, CaseIterable {
    case unattached, prospective, candidate, leader, follower, resigned
}

/// Knows a term, not how to reach its leader.
struct Unattached: Equatable, Sendable {
    /// May be known without a way to reach it.
    var leader: BrokerID?
    var voted: ReplicaKey?
    /// Matters to voters only.
    var electionDeadline: Instant
}

/// Asks whether it would win, without raising the term, so that a node that was cut off disturbs nobody
/// (KIP-996).
struct Prospective: Equatable, Sendable {
    var leader: BrokerID?
    var leaderAddress: QuorumAddress?
    var voted: ReplicaKey?
    var ballots: Ballots
    var electionDeadline: Instant
}

/// Has raised the term, voted for itself and asks for votes.
struct Candidate: Equatable, Sendable {
    var ballots: Ballots
    var electionDeadline: Instant
}

/// Copies a leader's log.
struct Follower: Equatable, Sendable {
    let leader: BrokerID
    var address: QuorumAddress
    var voted: ReplicaKey?
    /// When a voter stops believing in this leader.
    var fetchDeadline: Instant
    /// Whether this leader has answered a Fetch well, or has not: then pre-votes are granted.
    var hasFetched = false
    /// The connection to the leader broke and nothing came on a new one yet, so the next Fetch asks for an
    /// answer at once.
    var isSuspicious = false
    /// When a voter next looks whether the leader must be told where it is, and a newcomer whether to join.
    var voterRequestDue: Instant
    /// Whether the leader of a static quorum has been told.
    var isAnnounced = false
    /// What came of a Fetch is being written; none other is sent meanwhile.
    var isAppending = false
    /// High watermark told with what is being written.
    var toldHighWatermark = Offset.none
    /// The snapshot that is being received.
    var download: Download?

    struct Download: Equatable, Sendable {
        let id: OffsetAndEpoch
        /// Bytes received.
        var position: Int64
        /// All is there; the driver installs it.
        var isComplete = false
    }
}

/// Led this term and does so no more. It answers no reads, votes for nobody in this term, and tells the
/// voters until they know.
struct Resigned: Equatable, Sendable {
    /// Most complete log first.
    let successors: [ReplicaKey]
    /// Voters that have not acknowledged the end.
    var unacknowledged: [BrokerID]
    var electionDeadline: Instant
}

/// Answers collected in an election, by voter.
struct Ballots: Equatable, Sendable {
    private(set) var granted: [ReplicaKey]
    private(set) var refused: [BrokerID] = []

    init(own: ReplicaKey) { granted = [own] }

    func hasAnswer(from id: BrokerID) -> Bool {
        granted.contains { $0.id == id } || refused.contains(id)
    }

    mutating func count(_ voter: ReplicaKey, isGranted: Bool) {
        guard !hasAnswer(from: voter.id) else { return }
        if isGranted { granted.append(voter) } else { refused.append(voter.id) }
    }

    /// Votes of those who vote now, which may be others than at the start of the election.
    func isWon(in voters: VoterSet) -> Bool {
        granted.count(where: { voters.contains($0) }) >= voters.majority
    }

    func isLost(in voters: VoterSet) -> Bool {
        voters.voters.count - refused.count(where: { voters[$0] != nil }) < voters.majority
    }
}
