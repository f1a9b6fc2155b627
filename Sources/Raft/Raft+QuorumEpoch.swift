package import Model

/// The beginning and the end of a leadership, as the leader tells the voters.
extension Raft {
    mutating func epochBegan(
        _ begin: Request.BeginEpochRequest, token: RequestToken, now: Instant,
        _ effects: inout [Effect]
    ) {
        if let error = learnFromLeader(
            begin.leader, in: begin.term, endpoints: begin.endpoints, now: now, &effects)
        {
            effects.append(.reply(token, refusal(of: .beginEpoch(begin), error)))
            return
        }
        if case .prospective(let state) = role, state.leader == begin.leader,
            let address = state.leaderAddress
        {
            // No hearsay: the leader itself is there again.
            becomeFollower(of: begin.leader, at: address, in: term, now: now, &effects)
        }
        // The leader is believed even where it took this replica for another.
        let error = isMeantForUs(begin.voter) ? ErrorCode.none : .invalidVoterKey
        effects.append(
            .reply(token, .beginEpoch(Response.EpochResponse(error: error, standing: standing))))
    }

    mutating func epochEnded(
        _ end: Request.EndEpochRequest, token: RequestToken, now: Instant,
        _ effects: inout [Effect]
    ) {
        if let error = learnFromLeader(
            end.leader, in: end.term, endpoints: end.endpoints, now: now, &effects)
        {
            effects.append(.reply(token, refusal(of: .endEpoch(end), error)))
            return
        }
        if case .follower(let state) = role, state.leader == end.leader {
            let delay = delayAsSuccessor(in: end.successors)
            changeFollower { follower in
                follower.fetchDeadline = min(follower.fetchDeadline, now + delay)
                // It has said itself that it leads no more, so nobody need be protected from a vote.
                follower.hasFetched = false
            }
        }
        effects.append(
            .reply(token, .endEpoch(Response.EpochResponse(standing: standing))))
    }

    private mutating func learnFromLeader(
        _ sender: BrokerID, in senderTerm: Term, endpoints: [VoterSet.Endpoint], now: Instant,
        _ effects: inout [Effect]
    ) -> ErrorCode? {
        if let error = errorOfVoterRequest(term: senderTerm, sender: sender) { return error }
        let address = VoterSet.address(in: endpoints, listeners: configuration.listeners)
        learn(
            Response.Standing(term: senderTerm, leader: sender, address: address), now: now,
            &effects)
        return leader == sender ? nil : .invalidRequest
    }

    /// The best successor stands at once, the others each twice as late as the one before.
    func delayAsSuccessor(in successors: [ReplicaKey]) -> Duration {
        let longest = configuration.electionBackoffMax
        guard let place = successors.firstIndex(where: { $0.id == configuration.id }) else {
            return longest
        }
        guard place > 0, successors.count < 31 else { return place == 0 ? .zero : longest }
        return min(longest, longest / (1 << (successors.count - 1)) * (1 << (place - 1)))
    }

    mutating func beginAnswered(
        _ answer: Response.EpochResponse, to begin: Request.BeginEpochRequest, from peer: Peer
    ) {
        // Another replica under that voter's id knows of the leader now, and will know no better at once.
        guard answer.error == .none || answer.error == .invalidVoterKey, begin.term == term,
            isLeader
        else { return }
        guard case .replica(let id) = peer else { return }
        changeLeader { $0.untold.removeAll { $0 == id } }
    }

    mutating func endAnswered(
        _ answer: Response.EpochResponse, to end: Request.EndEpochRequest, from peer: Peer
    ) {
        guard answer.error == .none, end.term == term else { return }
        guard case .replica(let id) = peer, case .resigned(var state) = role else { return }
        state.unacknowledged.removeAll { $0 == id }
        role = .resigned(state)
    }

    mutating func sendBegins(now: Instant, _ effects: inout [Effect]) {
        guard case .leader(let state) = role else { return }
        for voter in otherVoters where state.untold.contains(voter.key.id) {
            let begin = Request.BeginEpochRequest(
                term: term, leader: configuration.id, voter: voter.key,
                endpoints: configuration.endpoints)
            send(.beginEpoch(begin), toVoter: voter, now: now, &effects)
        }
    }

    mutating func sendEnds(now: Instant, _ effects: inout [Effect]) {
        guard case .resigned(let state) = role else { return }
        for voter in otherVoters where state.unacknowledged.contains(voter.key.id) {
            let end = Request.EndEpochRequest(
                term: term, leader: configuration.id, successors: state.successors,
                endpoints: configuration.endpoints)
            send(.endEpoch(end), toVoter: voter, now: now, &effects)
        }
    }

    // MARK: Stepping down

    /// Steps down if this replica leads: the application asks, as when it could not apply what was committed.
    package mutating func resign(now: Instant, _ effects: inout [Effect]) {
        defer { assertInvariants() }
        guard isLeader else { return }
        becomeResigned(now: now, &effects)
        settle(now: now, &effects)
    }

    /// Stands for nothing any more, and hands over if this replica leads. `hasHandedOver` tells when the
    /// others know.
    package mutating func shutDown(now: Instant, _ effects: inout [Effect]) {
        defer { assertInvariants() }
        isShuttingDown = true
        switch role {
        case .leader: becomeResigned(now: now, &effects)
        case .prospective: losePreVote(now: now, &effects)
        case .candidate, .unattached, .follower, .resigned: break
        }
        settle(now: now, &effects)
    }
}
