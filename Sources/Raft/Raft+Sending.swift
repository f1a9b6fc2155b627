import Model

/// What goes out. After every event each role sends whatever its peers are ready for.
extension Raft {
    mutating func sendWhatIsDue(now: Instant, _ effects: inout [Effect]) {
        switch role {
        case .unattached: discoverLeader(now: now, &effects)
        case .prospective, .candidate: sendVotes(now: now, &effects)
        case .leader: sendBegins(now: now, &effects)
        case .resigned: sendEnds(now: now, &effects)
        case .follower(let state):
            guard !state.isAppending, state.download?.isComplete != true else { return }
            let peer = Peer.replica(state.leader)
            if links.isReady(peer, now: now) {
                if sendVoterRequest(to: state, now: now, &effects) { return }
                sendFetch(to: state, now: now, &effects)
            } else if links.isResting(peer, now: now) || state.fetchDeadline <= now {
                discoverLeader(now: now, &effects)
            }
        }
    }

    mutating func send(
        _ request: Request, to peer: Peer, at address: QuorumAddress, now: Instant,
        _ effects: inout [Effect]
    ) {
        let deadline = now + timeout(of: request)
        let id = links.sent(request, to: peer, deadline: deadline)
        effects.append(.send(id, to: peer, at: address, request))
    }

    /// A Fetch on a dead connection must not outlive the leader's patience, or a follower that can be reached
    /// again stays silent until the leader gives up.
    private func timeout(of request: Request) -> Duration {
        switch request {
        case .fetch, .fetchSnapshot, .updateVoter:
            min(
                configuration.requestTimeout,
                max(configuration.fetchTimeout, configuration.fetchMaxWait * 2))
        case .vote, .beginEpoch, .endEpoch, .addVoter, .removeVoter, .features:
            configuration.requestTimeout
        }
    }

    mutating func send(
        _ request: Request, toVoter voter: VoterSet.Voter, now: Instant,
        _ effects: inout [Effect]
    ) {
        let peer = Peer.replica(voter.key.id)
        guard links.isReady(peer, now: now) else { return }
        guard
            let address = VoterSet.address(
                in: voter.endpoints, listeners: configuration.listeners)
        else { return }
        send(request, to: peer, at: address, now: now, &effects)
    }

    /// Whether a Fetch may name the log's end: it promises that all below is on disk, at replicas that count
    /// or may come to count for commit.
    private var mayFetch: Bool { log.isDurable || !configuration.isController }

    private mutating func sendFetch(
        to follower: Follower, now: Instant, _ effects: inout [Effect]
    ) {
        let peer = Peer.replica(follower.leader)
        if let download = follower.download {
            let fetch = Request.FetchSnapshotRequest(
                term: term, replica: key, id: download.id, position: download.position,
                maxBytes: configuration.fetchBytesMax)
            send(.fetchSnapshot(fetch), to: peer, at: follower.address, now: now, &effects)
            return
        }
        guard mayFetch else { return }
        let wait = follower.isSuspicious ? Duration.zero : configuration.fetchMaxWait
        send(.fetch(fetch(maxWait: wait)), to: peer, at: follower.address, now: now, &effects)
    }

    private func fetch(maxWait: Duration) -> Request.FetchRequest {
        Request.FetchRequest(
            term: term, replica: key, offset: log.end, lastEpoch: log.lastEpoch,
            highWatermark: highWatermark ?? Offset.none, maxWait: maxWait,
            maxBytes: configuration.fetchBytesMax)
    }

    /// Asks somebody, drawn by chance, who leads: any node answers a Fetch with what it knows.
    private mutating func discoverLeader(now: Instant, _ effects: inout [Effect]) {
        guard discoveryNotBefore <= now, mayFetch, !isShuttingDown else { return }
        var choices: [(peer: Peer, address: QuorumAddress)] = []
        for (index, address) in configuration.bootstrapServers.enumerated() {
            choices.append((.bootstrap(index), address))
        }
        for voter in otherVoters where voter.key.id != leader {
            guard
                let address = VoterSet.address(
                    in: voter.endpoints, listeners: configuration.listeners)
            else { continue }
            choices.append((.replica(voter.key.id), address))
        }
        choices.removeAll { !links.isReady($0.peer, now: now) }
        guard !choices.isEmpty else { return }
        discoveryNotBefore = now + configuration.retryBackoff
        let choice = choices[random.below(choices.count)]
        send(
            .fetch(fetch(maxWait: .zero)), to: choice.peer, at: choice.address, now: now,
            &effects)
    }
}
