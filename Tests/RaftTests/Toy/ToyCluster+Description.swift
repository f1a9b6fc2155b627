import Model
import Raft

/// Effects as the lines of a transcript.
extension ToyCluster {
    static func describe(_ effect: Raft.Effect) -> String? {
        switch effect {
        case .persist(let state):
            "persist term=\(state.term.rawValue) leader=\(name(state.leader)) voted=\(name(state.voted?.id))"
        case .send(_, to: let peer, at: _, let request): "→ \(name(peer)) \(describe(request))"
        case .cancel(_, to: let peer): "✗ \(name(peer))"
        case .reply(_, let response): "answers \(describe(response))"
        case .replyWithRecords(_, _, let range, maxBytes: _):
            "answers records \(range.lowerBound.rawValue)..<\(range.upperBound.rawValue)"
        case .replyWithSnapshot(_, let answer, let range):
            "answers snapshot \(answer.id.offset.rawValue) bytes \(range.lowerBound)..<\(range.upperBound)"
        case .appendLeaderChange(let change):
            "appends leader-change term=\(change.term.rawValue)"
                + (change.bootstrap == nil ? "" : " and voters")
        case .appendVoters(let record):
            "appends voters \(record.voters.voters.map(\.key.id.rawValue))"
                + (record.kraftVersion.map { " kraft.version=\($0)" } ?? "")
        case .appendFetched(_, at: let offset, term: _): "appends fetched at \(offset.rawValue)"
        case .truncate(to: let end): "truncates to \(end.rawValue)"
        case .beginSnapshot(let id): "begins snapshot \(id.offset.rawValue)"
        case .writeSnapshot: nil
        case .installSnapshot(let id, size: _): "installs snapshot \(id.offset.rawValue)"
        case .abandonSnapshot(let id): "abandons snapshot \(id.offset.rawValue)"
        case .highWatermarkAdvanced(to: let end): "committed \(end.rawValue)"
        case .leadershipChanged(let now):
            "believes leader=\(name(now.leader)) term=\(now.term.rawValue)"
        case .report(.roleChanged(from: let from, to: let to, _)): "\(from) ⇒ \(to)"
        case .report(.quorumLost): "lost the quorum"
        case .report(let report): "\(report)"
        }
    }

    private static func describe(_ request: Raft.Request) -> String {
        switch request {
        case .vote(let vote):
            "\(vote.isPreVote ? "pre-vote" : "vote") term=\(vote.term.rawValue)"
                + " log=\(vote.position.offset.rawValue)@\(vote.position.epoch.rawValue)"
        case .beginEpoch(let begin): "begin term=\(begin.term.rawValue)"
        case .endEpoch(let end):
            "end term=\(end.term.rawValue) successors=\(end.successors.map(\.id.rawValue))"
        case .fetch(let fetch):
            "fetch term=\(fetch.term.rawValue)"
                + " log=\(fetch.offset.rawValue)@\(fetch.lastEpoch.rawValue)"
                + (fetch.maxWait == .zero ? " now" : "")
        case .fetchSnapshot(let fetch):
            "fetch-snapshot \(fetch.id.offset.rawValue) at \(fetch.position)"
        case .addVoter(let add): "add-voter \(add.voter.id.rawValue)"
        case .removeVoter(let remove): "remove-voter \(remove.voter.id.rawValue)"
        case .updateVoter(let update): "update-voter \(update.voter.key.id.rawValue)"
        case .features: "api-versions"
        }
    }

    private static func describe(_ response: Raft.Response) -> String {
        let standing =
            "term=\(response.standing.term.rawValue) leader=\(name(response.standing.leader))"
        if case .change(let answer) = response {
            guard answer.error != .none else { return "changed" }
            return "\(answer.error)" + (answer.message.map { ": \(short($0))" } ?? "")
        }
        guard response.error == .none else { return "\(response.error) \(standing)" }
        switch response {
        case .vote(let answer): return "\(answer.isGranted ? "yes" : "no") \(standing)"
        case .beginEpoch, .endEpoch: return "ok \(standing)"
        case .fetch(let answer):
            switch answer.outcome {
            case .records: return "nothing hw=\(answer.highWatermark.rawValue)"
            case .diverging(let end):
                return "diverging \(end.offset.rawValue)@\(end.epoch.rawValue)"
            case .snapshot(let id): return "take snapshot \(id.offset.rawValue)"
            }
        case .fetchSnapshot: return "snapshot"
        case .change, .features: return "answer"
        }
    }

    /// Keys without their directory ids.
    private static func short(_ message: String) -> String {
        var text = ""
        var isID = false
        for character in message {
            if character == "@" { isID = true }
            if isID, character != "@", !character.isLetter, !character.isNumber, character != "_",
                character != "-"
            {
                isID = false
            }
            if !isID { text.append(character) }
        }
        return text
    }

    private static func name(_ id: BrokerID?) -> String { id.map { "\($0.rawValue)" } ?? "-" }

    private static func name(_ peer: Raft.Peer) -> String {
        switch peer {
        case .replica(let id): "\(id.rawValue)"
        case .bootstrap(let index): "bootstrap\(index)"
        }
    }
}
