import Model

/// Changes of role. Each goes through `enter`, which checks the table in `Role`, writes what must be durable
/// and tells who leads.
extension Raft {
    /// The role in which a replica wakes up.
    static func restored(
        _ stored: ElectionState, configuration: Configuration, log: LogShape,
        electionDeadline: Instant, now: Instant
    ) -> Role {
        let voters = log.voters.voters
        let lastTerm = Term(log.lastEpoch.rawValue)
        let own = ReplicaKey(configuration.id, configuration.directoryID)
        if stored.leader == configuration.id {
            // It may have lost the tail of its log, so it neither votes again in this term nor writes.
            return .resigned(
                Resigned(successors: [], unacknowledged: [], electionDeadline: electionDeadline))
        }
        if let leader = stored.leader {
            if let address = voters.address(of: leader, listeners: configuration.listeners) {
                return .follower(
                    Follower(
                        leader: leader, address: address, voted: stored.voted,
                        fetchDeadline: now + configuration.fetchTimeout,
                        voterRequestDue: now + configuration.fetchTimeout))
            }
        } else if let voted = stored.voted, voted.id == own.id,
            voted.directoryID == own.directoryID || voted.directoryID == .unassigned,
            configuration.isController, voters.contains(own), lastTerm < stored.term
        {
            return .candidate(
                Candidate(ballots: Ballots(own: own), electionDeadline: electionDeadline))
        }
        return .unattached(
            Unattached(
                leader: stored.leader, voted: stored.voted, electionDeadline: electionDeadline))
    }

    /// A timer of its own for each state, so that split votes do not repeat.
    mutating func drawElectionDeadline(now: Instant) -> Instant {
        now + random.jittered(configuration.electionTimeout)
    }

    /// Takes the new role. `newTerm` is the term it is taken in.
    mutating func enter(_ next: Role, in newTerm: Term, _ effects: inout [Effect]) {
        precondition(newTerm >= term, "the term never falls")
        precondition(
            Role.isLegal(from: role.name, to: next.name, termRises: newTerm > term),
            "a transition that the table does not have")
        let before = role
        role = next
        term = newTerm
        persist(&effects)
        leave(before, &effects)
        if before.name != next.name {
            effects.append(.report(.roleChanged(from: before.name, to: next.name, term)))
        }
        announce(&effects)
    }

    /// Writes term, vote and leader if they are others than on disk.
    mutating func persist(_ effects: inout [Effect]) {
        let state = electionState
        guard state != persisted else { return }
        if state.term == persisted.term, let voted = persisted.voted, let now = state.voted {
            precondition(voted.id == now.id, "one vote for each term")
        }
        persisted = state
        // If nothing left since the last write was asked for, one write serves both: a vote in a new term costs
        // one sync, not two.
        for index in effects.indices.reversed() {
            switch effects[index] {
            case .persist:
                effects[index] = .persist(state)
                return
            case .report, .leadershipChanged: continue
            default:
                effects.append(.persist(state))
                return
            }
        }
        effects.append(.persist(state))
    }

    /// What a role owes to others when it ends.
    private mutating func leave(_ before: Role, _ effects: inout [Effect]) {
        switch before {
        case .leader(let leader):
            for fetch in leader.parked {
                effects.append(.reply(fetch.token, .fetch(refusal(.notLeaderOrFollower))))
            }
            if let token = leader.change?.token {
                effects.append(.reply(token, .change(changeRefusal(.notLeaderOrFollower))))
            }
        case .follower(let follower):
            guard let download = follower.download, !download.isComplete else { return }
            effects.append(.abandonSnapshot(download.id))
        case .unattached, .prospective, .candidate, .resigned: break
        }
    }

    mutating func announce(_ effects: inout [Effect]) {
        // A resigned leader still answers with its own id, but nobody should count on it.
        let isResigned = role.name == .resigned
        let now = LeaderAndTerm(leader: isResigned ? nil : leader, term: term)
        // Who restarts knows a leader by name before it learns where that is.
        let isFound = isToldUnreachable && leaderAddress != nil
        guard now != told || isFound else { return }
        told = now
        let isOther = now.leader != nil && now.leader != configuration.id
        isToldUnreachable = isOther && leaderAddress == nil
        effects.append(.leadershipChanged(now))
    }

    // MARK: The rows

    mutating func becomeUnattached(
        in newTerm: Term, leader: BrokerID? = nil, voted: ReplicaKey? = nil, now: Instant,
        _ effects: inout [Effect]
    ) {
        let deadline = drawElectionDeadline(now: now)
        discoveryNotBefore = max(discoveryNotBefore, now)
        enter(
            .unattached(Unattached(leader: leader, voted: voted, electionDeadline: deadline)),
            in: newTerm, &effects)
    }

    mutating func becomeFollower(
        of leader: BrokerID, at address: QuorumAddress, in newTerm: Term, now: Instant,
        _ effects: inout [Effect]
    ) {
        precondition(leader != configuration.id, "nobody follows itself")
        let voted = newTerm == term ? electionState.voted : nil
        let follower = Follower(
            leader: leader, address: address, voted: voted,
            fetchDeadline: now + configuration.fetchTimeout,
            voterRequestDue: now + configuration.fetchTimeout)
        enter(.follower(follower), in: newTerm, &effects)
    }

    mutating func becomeProspective(now: Instant, _ effects: inout [Effect]) {
        precondition(canStand, "only voters stand")
        let prospective = Prospective(
            leader: leader, leaderAddress: leaderAddress, voted: electionState.voted,
            ballots: Ballots(own: key), electionDeadline: drawElectionDeadline(now: now))
        enter(.prospective(prospective), in: term, &effects)
        if voters.isOnly(key) { becomeCandidate(now: now, &effects) }
    }

    mutating func becomeCandidate(now: Instant, _ effects: inout [Effect]) {
        precondition(canStand, "only voters stand")
        let candidate = Candidate(
            ballots: Ballots(own: key), electionDeadline: drawElectionDeadline(now: now))
        enter(.candidate(candidate), in: term.next, &effects)
        if voters.isOnly(key) { becomeLeader(grantedBy: [key], now: now, &effects) }
    }

    mutating func becomeLeader(
        grantedBy: [ReplicaKey], now: Instant, _ effects: inout [Effect]
    ) {
        precondition(canStand, "only voters lead")
        precondition(log.lastEpoch.rawValue < term.rawValue, "a term is led once")
        let isAlone = voters.isOnly(key)
        let leader = Leader(
            epochStart: log.end, grantedBy: grantedBy,
            checkQuorumDeadline: isAlone ? .distantFuture : now + checkQuorumTimeout,
            beginDeadline: isAlone ? .distantFuture : now + beginInterval,
            untold: otherVoters.map(\.key.id))
        enter(.leader(leader), in: term, &effects)
        let bootstrap = LeaderChange.Bootstrap(
            kraftVersion: log.voters.kraftVersion, voters: voters)
        effects.append(
            .appendLeaderChange(
                LeaderChange(
                    term: term, leader: configuration.id, voters: voters.voters.map(\.key),
                    grantedBy: grantedBy, bootstrap: log.voters.isBootstrap ? bootstrap : nil)))
    }

    mutating func becomeResigned(now: Instant, _ effects: inout [Effect]) {
        guard case .leader(let leader) = role else {
            preconditionFailure("only a leader resigns")
        }
        let others = otherVoters
        let byProgress = others.map { voter in
            (key: voter.key, end: leader.progress(of: voter)?.logEnd ?? .none)
        }
        let successors = byProgress.sorted {
            $0.end != $1.end ? $0.end > $1.end : $0.key.id < $1.key.id
        }
        let resigned = Resigned(
            successors: successors.map(\.key), unacknowledged: others.map(\.key.id),
            electionDeadline: drawElectionDeadline(now: now))
        enter(.resigned(resigned), in: term, &effects)
    }

    // MARK: Timers

    var checkQuorumTimeout: Duration { configuration.fetchTimeout * 3 / 2 }
    var beginInterval: Duration { configuration.fetchTimeout / 2 }

    /// The end of every event: what is due by time, then what can be sent.
    mutating func settle(now: Instant, _ effects: inout [Effect]) {
        runTimers(now: now, &effects)
        proposeVoters(now: now, &effects)
        sendWhatIsDue(now: now, &effects)
    }

    private mutating func runTimers(now: Instant, _ effects: inout [Effect]) {
        switch role {
        case .unattached(let state):
            guard canStand, state.electionDeadline <= now else { return }
            becomeProspective(now: now, &effects)
        case .follower(let state):
            guard canStand, state.fetchDeadline <= now else { return }
            // Bytes on their way to the log belong to this leader's history: let them land first.
            guard !state.isAppending, state.download?.isComplete != true else { return }
            becomeProspective(now: now, &effects)
        case .prospective(let state):
            guard state.electionDeadline <= now else { return }
            losePreVote(now: now, &effects)
        case .candidate(let state):
            guard state.electionDeadline <= now else { return }
            guard canStand else { return becomeUnattached(in: term.next, now: now, &effects) }
            becomeProspective(now: now, &effects)
        case .leader(let state): runLeaderTimers(state, now: now, &effects)
        case .resigned(let state):
            guard state.electionDeadline <= now else { return }
            becomeUnattached(in: term.next, now: now, &effects)
        }
    }

    private mutating func runLeaderTimers(
        _ state: Leader, now: Instant, _ effects: inout [Effect]
    ) {
        if state.checkQuorumDeadline <= now {
            effects.append(.report(.quorumLost(term)))
            return becomeResigned(now: now, &effects)
        }
        if isRemoved { return becomeResigned(now: now, &effects) }
        if let change = state.change, change.deadline <= now {
            endChange(
                .requestTimedOut, "The voters have not committed the change in time", &effects)
        }
        guard state.beginDeadline <= now else { return }
        let silentSince = now - beginInterval
        let silent = otherVoters.filter { voter in
            state.progress(of: voter).map { $0.lastFetch <= silentSince } ?? true
        }
        let next = now + beginInterval
        changeLeader { leader in
            leader.untold = silent.map(\.key.id)
            leader.beginDeadline = next
        }
    }

    /// A quorum of one needs no timer: it elects itself at once.
    mutating func settleAlone(now: Instant, _ effects: inout [Effect]) {
        switch role {
        case .unattached, .follower: becomeProspective(now: now, &effects)
        case .candidate: becomeLeader(grantedBy: [key], now: now, &effects)
        case .resigned:
            becomeUnattached(in: term.next, now: now, &effects)
            becomeProspective(now: now, &effects)
        case .prospective, .leader: break
        }
    }

    // MARK: In place

    mutating func changeLeader<R>(_ body: (inout Leader) -> R) -> R {
        guard case .leader(var leader) = role else { preconditionFailure("only a leader's state") }
        role = .unattached(Unattached(electionDeadline: .zero))  // so that nothing is copied
        defer { role = .leader(leader) }
        return body(&leader)
    }

    mutating func changeFollower<R>(_ body: (inout Follower) -> R) -> R {
        guard case .follower(var follower) = role else {
            preconditionFailure("only a follower's state")
        }
        defer { role = .follower(follower) }
        return body(&follower)
    }
}
