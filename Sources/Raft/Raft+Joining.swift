import Model

/// The follower's side of KIP-853 and 1186: a voter tells a leader where it is and what it supports, and a
/// controller that may join by itself asks to.
///
/// At most one such request goes out in each fetch timeout, in place of a Fetch: a refusal, or no answer, is
/// not worth more.
extension Raft {
    /// True if a request went out.
    mutating func sendVoterRequest(
        to follower: Follower, now: Instant, _ effects: inout [Effect]
    ) -> Bool {
        // A leader that is in doubt, or has not answered yet, is asked for records first.
        guard follower.voterRequestDue <= now, follower.hasFetched, !follower.isSuspicious,
            follower.download == nil, let request = voterRequest(to: follower)
        else { return false }
        let next = now + configuration.fetchTimeout
        changeFollower { $0.voterRequestDue = next }
        send(request, to: .replica(follower.leader), at: follower.address, now: now, &effects)
        return true
    }

    private func voterRequest(to follower: Follower) -> Request? {
        guard configuration.isController, !isShuttingDown, !configuration.endpoints.isEmpty else {
            return nil
        }
        let isStatic = log.voters.kraftVersion == 0
        if isVoter {
            let hasNews = isStatic ? !follower.isAnnounced : setWithOwnNews != nil
            return hasNews ? .updateVoter(.init(term: term, voter: ownVoter)) : nil
        }
        guard configuration.joinsByItself, !isStatic, log.isDurable else { return nil }
        if let former = voters[configuration.id] {
            // Its disk was wiped or exchanged: that replica is gone for good, and must not count any longer.
            return .removeVoter(.init(voter: former.key))
        }
        return .addVoter(
            .init(
                voter: key, endpoints: configuration.endpoints,
                timeout: configuration.requestTimeout, waitsForCommit: false))
    }

    /// The leader answered UpdateRaftVoter.
    mutating func announced(_ answer: Response.ChangeResponse, in told: Term, now: Instant) {
        guard case .follower = role, told == term, answer.error == .none else { return }
        changeFollower { $0.isAnnounced = true }
    }

    /// A request about voters got no answer. Only a newcomer's silence changes anything: others ask again.
    mutating func voterRequestFailed(
        _ request: Request, to peer: Peer, now: Instant, _ effects: inout [Effect]
    ) {
        guard request == .features, case .leader(let state) = role,
            case .asking(let newcomer, _)? = state.change?.step, peer == .replica(newcomer.id)
        else { return }
        endChange(.requestTimedOut, "Voter \(newcomer) does not answer", &effects)
    }
}
