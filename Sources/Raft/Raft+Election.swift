import Model

/// Votes and pre-votes (Raft §5.2, §5.4.1; KIP-996).
extension Raft {
    mutating func voteRequested(
        _ vote: Request.VoteRequest, token: RequestToken, now: Instant, _ effects: inout [Effect]
    ) {
        if let error = errorOfVoterRequest(term: vote.term, sender: vote.candidate.id)
            ?? errorOfPosition(vote)
        {
            effects.append(.reply(token, refusal(of: .vote(vote), error)))
            return
        }
        if vote.term > term { becomeUnattached(in: vote.term, now: now, &effects) }
        guard isMeantForUs(vote.voter) else {
            effects.append(.reply(token, refusal(of: .vote(vote), .invalidVoterKey)))
            return
        }
        let isGranted = isWilling(to: vote)
        if isGranted, !vote.isPreVote { recordVote(for: vote.candidate, now: now, &effects) }
        let answer = Response.VoteResponse(standing: standing, isGranted: isGranted)
        effects.append(.reply(token, .vote(answer)))
    }

    private func errorOfPosition(_ vote: Request.VoteRequest) -> ErrorCode? {
        guard vote.position.offset >= .zero, vote.position.epoch >= .zero else {
            return .invalidRequest
        }
        let lastEpoch = vote.position.epoch.rawValue
        let isPossible =
            vote.isPreVote ? lastEpoch <= vote.term.rawValue : lastEpoch < vote.term.rawValue
        return isPossible ? nil : .invalidRequest
    }

    private func isWilling(to vote: Request.VoteRequest) -> Bool {
        guard vote.position >= log.position else { return false }
        switch role {
        case .unattached(let state):
            return vote.isPreVote
                || isFree(voted: state.voted, leader: state.leader, for: vote.candidate)
        case .prospective(let state):
            return vote.isPreVote
                || isFree(voted: state.voted, leader: state.leader, for: vote.candidate)
        case .follower(let state): return vote.isPreVote && !state.hasFetched
        case .candidate, .resigned: return vote.isPreVote
        case .leader: return false
        }
    }

    private func isFree(
        voted: ReplicaKey?, leader: BrokerID?, for candidate: ReplicaKey
    ) -> Bool {
        guard let voted else { return leader == nil }
        // Static quorums store no directory with the vote.
        return voted.id == candidate.id
            && (voted.directoryID == .unassigned || voted.directoryID == candidate.directoryID)
    }

    private mutating func recordVote(
        for candidate: ReplicaKey, now: Instant, _ effects: inout [Effect]
    ) {
        let deadline = drawElectionDeadline(now: now)
        switch role {
        case .unattached(var state):
            state.voted = candidate
            state.electionDeadline = deadline
            role = .unattached(state)
        case .prospective(var state):
            state.voted = candidate
            state.electionDeadline = deadline
            role = .prospective(state)
        case .candidate, .leader, .follower, .resigned:
            preconditionFailure("only the unattached and the prospective vote for others")
        }
        persist(&effects)
    }

    mutating func voteAnswered(
        _ answer: Response.VoteResponse, to vote: Request.VoteRequest, from peer: Peer,
        now: Instant, _ effects: inout [Effect]
    ) {
        guard vote.term == term else { return }
        guard let voter = vote.voter else { return }
        switch role {
        case .prospective(var state):
            guard vote.isPreVote else { return }
            if answer.error == .unsupportedVersion {
                // The peer is older than pre-votes: ask as its like did.
                return becomeCandidate(now: now, &effects)
            }
            guard answer.error == .none else { return }
            state.ballots.count(voter, isGranted: answer.isGranted)
            role = .prospective(state)
            if state.ballots.isWon(in: voters) {
                becomeCandidate(now: now, &effects)
            } else if state.ballots.isLost(in: voters) {
                losePreVote(now: now, &effects)
            }
        case .candidate(var state):
            guard !vote.isPreVote, answer.error == .none else { return }
            state.ballots.count(voter, isGranted: answer.isGranted)
            role = .candidate(state)
            // One that goes does not begin to lead.
            if state.ballots.isWon(in: voters), canStand {
                becomeLeader(grantedBy: state.ballots.granted, now: now, &effects)
            }
        case .unattached, .leader, .follower, .resigned: return
        }
    }

    /// A pre-vote was lost or came to nothing in time.
    mutating func losePreVote(now: Instant, _ effects: inout [Effect]) {
        guard case .prospective(let state) = role else {
            preconditionFailure("only a prospective loses a pre-vote")
        }
        if let leader = state.leader, leader != configuration.id,
            let address = state.leaderAddress
        {
            becomeFollower(of: leader, at: address, in: term, now: now, &effects)
        } else {
            becomeUnattached(
                in: term, leader: state.leader, voted: state.voted, now: now, &effects)
        }
    }

    /// Asks those who have not answered yet.
    mutating func sendVotes(now: Instant, _ effects: inout [Effect]) {
        let ballots: Ballots
        let isPreVote: Bool
        switch role {
        case .prospective(let state): (ballots, isPreVote) = (state.ballots, true)
        case .candidate(let state): (ballots, isPreVote) = (state.ballots, false)
        case .unattached, .leader, .follower, .resigned: return
        }
        guard !ballots.isLost(in: voters) else { return }
        for voter in otherVoters where !ballots.hasAnswer(from: voter.key.id) {
            let vote = Request.VoteRequest(
                term: term, candidate: key, voter: voter.key, position: log.position,
                isPreVote: isPreVote)
            send(.vote(vote), toVoter: voter, now: now, &effects)
        }
    }
}
