package import Model

/// One replica of the metadata quorum: Kafka's pull-based Raft (KIP-595, 630, 853, 996) as a value.
///
/// Every event comes with the time and a list to which the value appends effects. It owns no clock, disk or
/// socket, and draws chance from a seed, so that the same events always bring the same effects.
///
/// Terms. The *term* is what the wire calls the leader epoch of `__cluster_metadata-0`. A *voter* votes and
/// counts for commit, an *observer* only fetches. *Position* is (last epoch, log end), by which votes compare
/// logs.
///
/// Promises, asserted where they could break:
/// - term, vote and known leader are durable before anything that follows from them leaves (`.persist`
///   comes first among the effects of an event);
/// - one vote for each term, and the term never falls;
/// - a voter's Fetch goes out only when its log is durable up to the offset it names;
/// - the leader counts itself only up to its durable end, commits only past the start of its own term, and
///   the high watermark never falls;
/// - nothing below the high watermark is truncated;
/// - observers neither stand nor lead.
///
/// Departures from Kafka, all within the protocol: a replica that the newest set leaves out stands while that is not
/// committed; a lost connection to the leader shortens the follower's
/// fetch timer to a part of `connectionGrace`; the leader's own denial does too; a follower that was told
/// EndQuorumEpoch grants pre-votes; a Prospective that hears BeginQuorumEpoch of its leader follows it.
package struct Raft: Sendable {
    package let configuration: Configuration
    /// What the mind knows of the log on disk.
    package internal(set) var log: LogShape

    package internal(set) var term: Term
    /// Everything below is committed; nil until the first leader told. Never falls while the process runs.
    package internal(set) var highWatermark: Offset?

    var role: Role
    var links = Links()
    var isShuttingDown = false
    /// When the next question for an unknown leader may go out.
    var discoveryNotBefore: Instant
    /// As last handed to the driver.
    var persisted: ElectionState
    var told: LeaderAndTerm
    /// A leader was told of without an address.
    var isToldUnreachable = false
    var random: PRNG

    /// A replica as it was found on disk (raft.md, Start-up). `start` must be the first event.
    ///
    /// - Parameters:
    ///   - stored: content of `quorum-state`, or `.initial`.
    ///   - log: the log and the newest snapshot, all durable.
    package init(
        configuration: Configuration, stored: ElectionState, log: LogShape, now: Instant,
        seed: UInt64
    ) {
        precondition(log.isDurable, "a log is synced when it is opened")
        precondition(stored.voted == nil || configuration.id.rawValue >= 0, "who votes has an id")
        self.configuration = configuration
        self.log = log
        persisted = stored
        random = PRNG(seed: seed)
        discoveryNotBefore = now
        let lastTerm = Term(log.lastEpoch.rawValue)
        term = max(stored.term, lastTerm)
        role = .unattached(Unattached(electionDeadline: now))
        told = LeaderAndTerm(leader: nil, term: .zero)
        let electionDeadline = now + random.jittered(configuration.electionTimeout)
        if stored.term < lastTerm {
            role = .unattached(Unattached(electionDeadline: electionDeadline))
        } else {
            role = Self.restored(
                stored, configuration: configuration, log: log,
                electionDeadline: electionDeadline, now: now)
        }
    }

    /// The first event.
    package mutating func start(now: Instant, _ effects: inout [Effect]) {
        defer { assertInvariants() }
        persist(&effects)
        announce(&effects)
        if canStand, voters.isOnly(key), !isLeader { settleAlone(now: now, &effects) }
        settle(now: now, &effects)
    }

    /// The earliest time at which `deadlineReached` has something to do.
    package func nextDeadline(after now: Instant) -> Instant {
        var next = links.nextDeadline(after: now)
        switch role {
        case .unattached(let state):
            if canStand { next = min(next, state.electionDeadline) }
            if discoveryNotBefore > now { next = min(next, discoveryNotBefore) }
        case .prospective(let state): next = min(next, state.electionDeadline)
        case .candidate(let state): next = min(next, state.electionDeadline)
        case .follower(let state):
            let isInstalling = state.isAppending || state.download?.isComplete == true
            if canStand && !isInstalling || state.fetchDeadline > now {
                next = min(next, state.fetchDeadline)
            }
            if discoveryNotBefore > now { next = min(next, discoveryNotBefore) }
        case .resigned(let state): next = min(next, state.electionDeadline)
        case .leader(let state):
            next = min(next, min(state.checkQuorumDeadline, state.beginDeadline))
            for fetch in state.parked { next = min(next, fetch.deadline) }
            if let change = state.change { next = min(next, change.deadline) }
        }
        return next
    }

    /// The time has come. Harmless when nothing is due.
    package mutating func deadlineReached(now: Instant, _ effects: inout [Effect]) {
        defer { assertInvariants() }
        for overdue in links.takeOverdue(now: now) {
            effects.append(.cancel(overdue.inFlight.id, to: overdue.peer))
            links.rest(overdue.peer, until: now + configuration.retryBackoff)
            voterRequestFailed(overdue.inFlight.request, to: overdue.peer, now: now, &effects)
        }
        expireParked(now: now, &effects)
        settle(now: now, &effects)
    }

    // MARK: Questions

    /// The set in force.
    package var voters: VoterSet { log.voters.voters }

    /// What others know this replica by.
    package var key: ReplicaKey { ReplicaKey(configuration.id, configuration.directoryID) }

    package var isVoter: Bool { voters.contains(key) }

    package var roleName: RoleName { role.name }

    package var isLeader: Bool { role.name == .leader }

    /// Who leads the present term, as far as is known.
    package var leadership: LeaderAndTerm { LeaderAndTerm(leader: leader, term: term) }

    /// Whether this replica leads and its high watermark speaks for its term.
    package var hasCommittedInTerm: Bool {
        guard case .leader(let state) = role else { return false }
        return state.hasCommitted
    }

    /// Log end when the present leadership of this replica began; nil if it does not lead.
    package var epochStart: Offset? {
        guard case .leader(let state) = role else { return nil }
        return state.epochStart
    }

    /// After `shutDown`: whether nobody needs this replica any more.
    package var hasHandedOver: Bool {
        switch role {
        case .leader: false
        case .resigned(let state): state.unacknowledged.isEmpty
        case .unattached, .prospective, .candidate, .follower: true
        }
    }

    /// What must be on disk for the present state.
    package var electionState: ElectionState {
        switch role {
        case .unattached(let state):
            ElectionState(term: term, leader: state.leader, voted: state.voted)
        case .prospective(let state):
            ElectionState(term: term, leader: state.leader, voted: state.voted)
        case .candidate: ElectionState(term: term, leader: nil, voted: key)
        case .follower(let state):
            ElectionState(term: term, leader: state.leader, voted: state.voted)
        case .leader, .resigned:
            ElectionState(term: term, leader: configuration.id, voted: nil)
        }
    }

    var leader: BrokerID? {
        switch role {
        case .unattached(let state): state.leader
        case .prospective(let state): state.leader
        case .candidate: nil
        case .follower(let state): state.leader
        case .leader, .resigned: configuration.id
        }
    }

    /// Where the leader of this term can be reached, if that is known.
    package var leaderAddress: QuorumAddress? {
        switch role {
        case .unattached, .candidate: nil
        case .prospective(let state): state.leaderAddress
        case .follower(let state): state.address
        case .leader, .resigned:
            VoterSet.address(in: configuration.endpoints, listeners: configuration.listeners)
                ?? voters.address(of: configuration.id, listeners: configuration.listeners)
        }
    }

    /// What every answer says.
    var standing: Response.Standing {
        Response.Standing(term: term, leader: leader, address: leaderAddress)
    }

    var canStand: Bool {
        configuration.isController && !isShuttingDown && (isVoter || isStillNeeded)
    }

    /// Whether the newest set leaves this replica out and is not known to be committed. It may be the only one that
    /// has it, so that those of the set before cannot win its vote, nor one another's: it stands, without counting
    /// itself (Ongaro's dissertation §4.2.2).
    private var isStillNeeded: Bool {
        !isVoter && log.voters.latestOffset >= highWatermark ?? .zero
            && log.voters.votersBefore.contains(key)
    }

    /// Other voters, in ascending order of id.
    var otherVoters: [VoterSet.Voter] { voters.voters.filter { $0.key.id != configuration.id } }

    func assertInvariants() {
        log.assertInvariants()
        precondition(term >= persisted.term, "the term never falls")
        precondition(
            electionState == persisted, "what a state stands on was handed out to be written")
        if let highWatermark {
            precondition(highWatermark <= log.end, "the high watermark lies inside the log")
        }
        switch role {
        case .prospective, .candidate, .leader:
            precondition(configuration.isController, "only controllers stand and lead")
        case .unattached, .follower, .resigned: break
        }
    }
}
