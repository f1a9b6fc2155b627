internal import Bytes
internal import Configuration
internal import Model
internal import Ports
internal import Raft
internal import Wire
internal import WireMessages

extension RaftDriver {
    // MARK: Requests to others

    func send(
        _ id: Raft.RequestID, _ peer: Raft.Peer, _ address: QuorumAddress, _ request: Raft.Request
    ) {
        let way = Way(peer: peer, connection: connection(to: peer, at: address))
        let cluster = node.clusterID
        switch request {
        case .vote(let vote):
            send(VoteRequest(vote, clusterID: cluster), QuorumWire.voteVersions, id, way) {
                $0.quorumResponse
            }
        case .beginEpoch(let begin):
            send(
                BeginQuorumEpochRequest(begin, clusterID: cluster), QuorumWire.beginVersions, id,
                way
            ) { $0.quorumResponse }
        case .endEpoch(let end):
            send(
                EndQuorumEpochRequest(end, clusterID: cluster), QuorumWire.endVersions, id, way
            ) { $0.quorumResponse }
        case .fetch(let fetch):
            send(FetchRequest(fetch, clusterID: cluster), QuorumWire.fetchVersions, id, way) {
                $0.quorumResponse
            }
        case .fetchSnapshot(let fetch):
            send(
                FetchSnapshotRequest(fetch, clusterID: cluster), QuorumWire.fetchSnapshotVersions,
                id, way
            ) { $0.quorumResponse }
        case .addVoter(let add):
            send(
                AddRaftVoterRequest(add, clusterID: cluster), QuorumWire.addVoterVersions, id, way
            ) { $0.quorumResponse }
        case .removeVoter(let remove):
            send(
                RemoveRaftVoterRequest(remove, clusterID: cluster),
                QuorumWire.removeVoterVersions, id, way
            ) { $0.quorumResponse }
        case .updateVoter(let update):
            send(
                UpdateRaftVoterRequest(update, clusterID: cluster),
                QuorumWire.updateVoterVersions, id, way
            ) { $0.quorumResponse }
        case .features:
            send(PeerVersions.question, QuorumWire.featuresVersions, id, way) { $0.quorumResponse }
        }
    }

    /// A node of the quorum and the connection to it.
    private struct Way {
        let peer: Raft.Peer
        let connection: PeerConnection
    }

    private func send<Request: RequestMessage>(
        _ request: Request, _ versions: ClosedRange<Int16>, _ id: Raft.RequestID, _ way: Way,
        _ translate: @escaping (Request.Response) -> Raft.Response?
    ) {
        // The mind keeps its own time for requests; this one only cleans up behind it.
        let timeout = raft.configuration.requestTimeout * 2
        way.connection.send(request, versions: versions, timeout: timeout) { [weak self] result in
            guard let self else { return }
            if case .success = result, case .replica(let id) = way.peer {
                self.leaderContact.heard(from: id)
            }
            guard case .success(let answer) = result, let response = translate(answer) else {
                self.handle { raft, now, effects in raft.requestFailed(id, now: now, &effects) }
                return
            }
            self.handle { raft, now, effects in
                raft.responseReceived(response, to: id, now: now, &effects)
            }
        }
    }

    private func connection(to peer: Raft.Peer, at address: QuorumAddress) -> PeerConnection {
        if let known = peers[peer] {
            if known.host == address.host, known.port == address.port { return known }
            known.disconnected = nil
            known.close()
        }
        let made = PeerConnection(
            host: address.host, port: address.port,
            clientID: "raft-client-\(node.configuration.nodeID.rawValue)", loop: loop,
            transport: node.world.transport)
        made.disconnected = { [weak self] reason in
            // A broken connection is a hint that its node is gone; one closed here is none.
            guard reason != .closedLocally, let self else { return }
            if case .replica(let id) = peer {
                self.leaderContact.connectionBroke(to: id, at: self.loop.now)
            }
            self.handle { raft, now, effects in
                raft.connectionLost(to: peer, now: now, &effects)
            }
        }
        peers[peer] = made
        return made
    }

    // MARK: Requests from others

    /// Hands a request of another node to the mind. `answer` is called once, with records or snapshot bytes
    /// beside the response where it carries them.
    func received(
        _ request: Raft.Request, clusterID: String?,
        answer: @escaping (Raft.Response, SharedBytes) -> Void
    ) {
        guard !isOverloaded, !isStopped else {
            answer(Self.refusal(of: request), .empty)
            return
        }
        let token = makeToken()
        replies[token] = answer
        let wallTime = loop.wallTime
        handle { raft, now, effects in
            raft.requestReceived(
                request, token: token, clusterID: clusterID, now: now, wallTime: wallTime,
                &effects)
        }
    }

    func reply(_ token: Raft.RequestToken, _ response: Raft.Response, _ bytes: SharedBytes) {
        guard let answer = replies.removeValue(forKey: token) else {
            preconditionFailure("the mind answers each request once")
        }
        answer(response, bytes)
    }

    /// What a node that is down would say, if it could: the peer backs off and asks again.
    private static func refusal(of request: Raft.Request) -> Raft.Response {
        let error = ErrorCode.brokerNotAvailable
        let standing = Raft.Response.Standing(term: .zero, leader: nil)
        return switch request {
        case .vote: .vote(.init(error: error, standing: standing))
        case .beginEpoch: .beginEpoch(.init(error: error, standing: standing))
        case .endEpoch: .endEpoch(.init(error: error, standing: standing))
        case .fetch: .fetch(.init(error: error, standing: standing))
        case .fetchSnapshot(let fetch):
            .fetchSnapshot(.init(error: error, standing: standing, id: fetch.id))
        case .addVoter, .removeVoter, .updateVoter:
            .change(.init(error: error, standing: standing))
        case .features: .features(.init(error: error, kraftVersions: nil, takesVotes: false))
        }
    }
}
