package import Model

/// The way in of what others send: common checks, then each kind its own file.
extension Raft {
    /// A request arrived.
    ///
    /// - Parameters:
    ///   - token: comes back with the answer; not used by another request that still waits.
    ///   - clusterID: as the sender says, if it does.
    ///   - wallTime: for what DescribeQuorum tells.
    package mutating func requestReceived(
        _ request: Request, token: RequestToken, clusterID: String?, now: Instant,
        wallTime: Timestamp, _ effects: inout [Effect]
    ) {
        defer { assertInvariants() }
        if let clusterID, clusterID != configuration.clusterID {
            effects.append(.reply(token, refusal(of: request, .inconsistentClusterId)))
            return
        }
        guard request.term <= Limit.term else {
            effects.append(.reply(token, refusal(of: request, .invalidRequest)))
            return
        }
        switch request {
        case .vote(let vote): voteRequested(vote, token: token, now: now, &effects)
        case .beginEpoch(let begin): epochBegan(begin, token: token, now: now, &effects)
        case .endEpoch(let end): epochEnded(end, token: token, now: now, &effects)
        case .fetch(let fetch):
            fetchRequested(fetch, token: token, now: now, wallTime: wallTime, &effects)
        case .fetchSnapshot(let fetch):
            snapshotRequested(fetch, token: token, now: now, &effects)
        case .addVoter(let add): additionRequested(add, token: token, now: now, &effects)
        case .removeVoter(let remove):
            removalRequested(remove, token: token, now: now, &effects)
        case .updateVoter(let update):
            updateRequested(update, token: token, now: now, &effects)
        case .features:
            preconditionFailure("whoever asks what a node supports is not answered by its mind")
        }
        settle(now: now, &effects)
    }

    /// An answer with nothing in it but the error and where this replica stands.
    func refusal(of request: Request, _ error: ErrorCode) -> Response {
        switch request {
        case .vote: .vote(Response.VoteResponse(error: error, standing: standing))
        case .beginEpoch: .beginEpoch(Response.EpochResponse(error: error, standing: standing))
        case .endEpoch: .endEpoch(Response.EpochResponse(error: error, standing: standing))
        case .fetch: .fetch(refusal(error))
        case .fetchSnapshot(let fetch):
            .fetchSnapshot(
                Response.FetchSnapshotResponse(error: error, standing: standing, id: fetch.id))
        case .addVoter, .removeVoter, .updateVoter: .change(changeRefusal(error))
        case .features: .features(.init(error: error, kraftVersions: nil, takesVotes: false))
        }
    }

    func refusal(_ error: ErrorCode) -> Response.FetchResponse {
        Response.FetchResponse(error: error, standing: standing)
    }

    /// What is wrong with a request that only voters send, if anything is.
    func errorOfVoterRequest(term: Term, sender: BrokerID) -> ErrorCode? {
        if term < self.term { return .fencedLeaderEpoch }
        if sender.rawValue < 0 || sender == configuration.id { return .invalidRequest }
        return nil
    }

    /// What is wrong with a request that only a leader answers, if anything is.
    func errorOfLeaderRequest(term: Term, sender: BrokerID) -> ErrorCode? {
        if term < self.term { return .fencedLeaderEpoch }
        if term > self.term { return .unknownLeaderEpoch }
        if isShuttingDown { return .brokerNotAvailable }
        if !isLeader { return .notLeaderOrFollower }
        if sender == configuration.id { return .invalidRequest }
        return nil
    }

    /// Whether a request names this replica as the one it is meant for, or names nobody.
    func isMeantForUs(_ voter: ReplicaKey?) -> Bool {
        guard let voter else { return true }
        guard voter.id == configuration.id else { return false }
        return voter.directoryID == .unassigned || voter.directoryID == configuration.directoryID
    }

    // MARK: Answers

    /// An answer arrived. Answers to requests that are waited for no more are passed over.
    package mutating func responseReceived(
        _ response: Response, to id: RequestID, now: Instant, _ effects: inout [Effect]
    ) {
        defer { assertInvariants() }
        guard let (peer, request) = links.ended(id) else { return }
        if response.error != .none { links.rest(peer, until: now + configuration.retryBackoff) }
        learn(response.standing, now: now, &effects)
        switch (request, response) {
        case (.vote(let vote), .vote(let answer)):
            voteAnswered(answer, to: vote, from: peer, now: now, &effects)
        case (.beginEpoch(let begin), .beginEpoch(let answer)):
            beginAnswered(answer, to: begin, from: peer)
        case (.endEpoch(let end), .endEpoch(let answer)):
            endAnswered(answer, to: end, from: peer)
        case (.fetch(let fetch), .fetch(let answer)):
            fetchAnswered(answer, to: fetch, from: peer, now: now, &effects)
        case (.fetchSnapshot(let fetch), .fetchSnapshot(let answer)):
            snapshotAnswered(answer, to: fetch, from: peer, now: now, &effects)
        case (.features, .features(let answer)):
            featuresAnswered(answer, from: peer, now: now, &effects)
        case (.updateVoter(let update), .change(let answer)):
            announced(answer, in: update.term, now: now)
        case (.addVoter, .change), (.removeVoter, .change): break  // asked again when it is due
        default: links.rest(peer, until: now + configuration.retryBackoff)
        }
        settle(now: now, &effects)
    }

    /// A request did not reach its peer, or its answer could not be had: refused, reset, unresolvable,
    /// unreadable.
    package mutating func requestFailed(
        _ id: RequestID, now: Instant, _ effects: inout [Effect]
    ) {
        defer { assertInvariants() }
        guard let (peer, request) = links.ended(id) else { return }
        links.rest(peer, until: now + configuration.retryBackoff)
        voterRequestFailed(request, to: peer, now: now, &effects)
        settle(now: now, &effects)
    }

    /// A standing connection to `peer` broke. If that is the leader, the kernel may know of its death before
    /// any timer does.
    package mutating func connectionLost(
        to peer: Peer, now: Instant, _ effects: inout [Effect]
    ) {
        defer { assertInvariants() }
        if case .follower(let follower) = role, peer == .replica(follower.leader) {
            doubtLeader(now: now)
        }
        settle(now: now, &effects)
    }

    /// Shortens the fetch timer: unless the leader answers a Fetch before, this voter stands. Drawn from the
    /// upper half of the grace, or all followers would stand at the same moment and split the vote.
    mutating func doubtLeader(now: Instant) {
        let patience = random.jittered(configuration.connectionGrace / 2)
        changeFollower { follower in
            guard !follower.isSuspicious else { return }
            follower.isSuspicious = true
            follower.fetchDeadline = min(follower.fetchDeadline, now + patience)
        }
    }

    /// Takes over what a peer says about term and leader (KIP-595, KIP-853).
    mutating func learn(
        _ standing: Response.Standing, now: Instant, _ effects: inout [Effect]
    ) {
        guard standing.term >= term, standing.term <= Limit.term else { return }
        let claimed = standing.leader.flatMap { $0.rawValue >= 0 ? $0 : nil }
        let address =
            standing.address
            ?? claimed.flatMap { voters.address(of: $0, listeners: configuration.listeners) }
        if standing.term > term {
            if let claimed, claimed != configuration.id, let address {
                becomeFollower(of: claimed, at: address, in: standing.term, now: now, &effects)
            } else {
                becomeUnattached(in: standing.term, leader: claimed, now: now, &effects)
            }
        } else if let claimed {
            learnLeaderOfTerm(claimed, at: address, now: now, &effects)
        }
    }

    private mutating func learnLeaderOfTerm(
        _ claimed: BrokerID, at address: QuorumAddress?, now: Instant, _ effects: inout [Effect]
    ) {
        if let leader, leader != claimed {
            effects.append(
                .report(.conflictingLeaders(term: term, known: leader, claimed: claimed)))
            return
        }
        switch role {
        case .leader, .resigned: break
        case .unattached(var state):
            if claimed != configuration.id, let address {
                becomeFollower(of: claimed, at: address, in: term, now: now, &effects)
            } else if state.leader == nil {
                // Whoever leads, this replica must not vote for another in this term.
                state.leader = claimed
                role = .unattached(state)
                persist(&effects)
                announce(&effects)
            }
        case .candidate:
            guard claimed != configuration.id, let address else { return }
            becomeFollower(of: claimed, at: address, in: term, now: now, &effects)
        case .prospective(let state):
            // One that left this leader does not go back for hearsay.
            guard state.leader == nil, claimed != configuration.id, let address else { return }
            becomeFollower(of: claimed, at: address, in: term, now: now, &effects)
        case .follower:
            guard let address else { return }
            changeFollower { $0.address = address }
        }
    }
}
