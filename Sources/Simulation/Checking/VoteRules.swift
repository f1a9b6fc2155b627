internal import Broker
internal import Bytes
internal import Model
internal import Wire
internal import WireMessages

/// Hears what the voters of the quorum say to each other, and remembers each vote.
///
/// A vote counts from the moment it was heard: a voter that decided and lost its power before it spoke may
/// decide anew. A candidate's own vote is heard when another hears it ask.
final class VoteRules {
    private struct Voter: Hashable {
        let node: BrokerID
        let directoryID: DirectoryID?
        let term: Int32
    }

    private struct Question {
        let candidate: BrokerID
        let term: Int32
        let isPreVote: Bool
        let version: Int16
    }

    private struct Candidacy: Hashable {
        let candidate: BrokerID
        let term: Int32
    }

    private struct QuestionKey: Hashable {
        let connection: UInt64
        let correlationID: Int32
    }

    private let violations: Violations
    private let disks: NodeDisks
    private var votes: [Voter: BrokerID] = [:]
    private var lastVotes: [BrokerID: (voter: Voter, candidate: BrokerID)] = [:]
    /// Who said that it would vote, by what it was asked.
    private var promises: [Candidacy: Set<BrokerID>] = [:]
    private var candidacies: Set<Candidacy> = []
    /// Called when a voter's vote for another is heard.
    var whenGranted: (BrokerID) -> Void = { _ in }
    private var questions: [QuestionKey: Question] = [:]
    /// How many voters there are; 0 if that is not known.
    var voterCount = 0

    init(_ disks: NodeDisks, _ violations: Violations) {
        self.disks = disks
        self.violations = violations
    }

    /// A request arrived at a controller, over the connection that its client knows by this number.
    func requestHeard(_ frame: SharedBytes, connection: UInt64) {
        guard frame.count > 8, frame.integer(at: 0, as: Int16.self) == ApiKey.vote.rawValue else {
            return
        }
        do throws(DecodeError) {
            var reader = ByteReader(frame)
            let header = try RequestHeader(request: &reader)
            let request = try VoteRequest(from: &reader, version: header.requestApiVersion)
            guard let ask = request.topics.first?.partitions.first else { return }
            let candidate = BrokerID(ask.replicaID)
            let key = QuestionKey(connection: connection, correlationID: header.correlationID)
            questions[key] = Question(
                candidate: candidate, term: ask.replicaEpoch, isPreVote: ask.preVote,
                version: header.requestApiVersion)
            if !ask.preVote { candidateHeard(candidate, ask.replicaEpoch) }
        } catch {
            // What cannot be read is no vote: its receiver refuses it too.
        }
    }

    private func candidateHeard(_ candidate: BrokerID, _ term: Int32) {
        heard(candidate, votesFor: candidate, in: term)
        guard candidacies.insert(Candidacy(candidate: candidate, term: term)).inserted else {
            return
        }
        let asked = promises[Candidacy(candidate: candidate, term: term - 1)] ?? []
        guard voterCount > 1, asked.count + 1 <= voterCount / 2 else { return }
        violations.report(
            .candidatesAskFirst,
            "node \(candidate.rawValue) stands in term \(term), and of \(voterCount) voters only "
                + "\(asked.map(\.rawValue).sorted()) had said that they would vote for it")
    }

    /// An answer arrived at the client of that connection, from the controller `node`.
    func responseHeard(_ frame: SharedBytes, from node: BrokerID, connection: UInt64) {
        guard !questions.isEmpty, frame.count > 4 else { return }
        let key = QuestionKey(
            connection: connection, correlationID: frame.integer(at: 0, as: Int32.self))
        guard let question = questions.removeValue(forKey: key) else { return }
        do throws(DecodeError) {
            let answer = try decodeResponse(
                VoteResponse.self, version: question.version, from: frame
            ).message
            guard answer.topics.first?.partitions.first?.voteGranted == true else { return }
            guard question.isPreVote else {
                heard(node, votesFor: question.candidate, in: question.term)
                return whenGranted(node)
            }
            promises[
                Candidacy(candidate: question.candidate, term: question.term), default: []
            ].insert(node)
        } catch {
            // As above.
        }
    }

    func heard(_ node: BrokerID, votesFor candidate: BrokerID, in term: Int32) {
        let voter = Voter(node: node, directoryID: disks.directoryIDs[node], term: term)
        guard let former = votes[voter] else {
            votes[voter] = candidate
            if let last = lastVotes[node]?.voter, last.directoryID == voter.directoryID,
                last.term > term
            {
                return
            }
            lastVotes[node] = (voter, candidate)
            return
        }
        guard former != candidate else { return }
        violations.report(
            .oneVotePerTerm,
            "node \(node.rawValue) voted for \(former.rawValue) and for \(candidate.rawValue) in "
                + "term \(term)")
    }

    /// What a node believes of its own vote, in whichever of its lives.
    func observe(_ facts: QuorumFacts, of node: BrokerID) {
        guard let (voter, candidate) = lastVotes[node], facts.term.rawValue <= voter.term,
            voter.directoryID == disks.directoryIDs[node]
        else { return }
        let said = "node \(node.rawValue) has voted for \(candidate.rawValue) in term \(voter.term)"
        guard facts.term.rawValue == voter.term else {
            return violations.report(
                .votesAreRemembered, "\(said), and is in term \(facts.term.rawValue)")
        }
        // Who knows the term's leader votes for nobody else, and need not know for whom it did.
        guard facts.leader == nil, facts.voted != candidate else { return }
        let known = facts.voted.map { "\($0.rawValue)" } ?? "nobody"
        violations.report(.votesAreRemembered, "\(said), and knows of \(known)")
    }
}
