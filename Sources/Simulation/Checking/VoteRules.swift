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
        let version: Int16
    }

    private struct QuestionKey: Hashable {
        let connection: UInt64
        let correlationID: Int32
    }

    private let violations: Violations
    private let disks: NodeDisks
    private var votes: [Voter: BrokerID] = [:]
    private var questions: [QuestionKey: Question] = [:]

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
            guard let ask = request.topics.first?.partitions.first, !ask.preVote else { return }
            let candidate = BrokerID(ask.replicaID)
            let key = QuestionKey(connection: connection, correlationID: header.correlationID)
            questions[key] = Question(
                candidate: candidate, term: ask.replicaEpoch, version: header.requestApiVersion)
            heard(candidate, votesFor: candidate, in: ask.replicaEpoch)
        } catch {
            // What cannot be read is no vote: its receiver refuses it too.
        }
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
            heard(node, votesFor: question.candidate, in: question.term)
        } catch {
            // As above.
        }
    }

    func heard(_ node: BrokerID, votesFor candidate: BrokerID, in term: Int32) {
        let voter = Voter(node: node, directoryID: disks.directoryIDs[node], term: term)
        guard let former = votes[voter] else {
            votes[voter] = candidate
            return
        }
        guard former != candidate else { return }
        violations.report(
            .oneVotePerTerm,
            "node \(node.rawValue) voted for \(former.rawValue) and for \(candidate.rawValue) in "
                + "term \(term)")
    }
}
