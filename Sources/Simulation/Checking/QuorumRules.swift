internal import Broker
internal import Bytes
internal import InternalRecords
internal import Model
internal import Records

/// The rules of the metadata quorum, on the nodes' states and disks.
final class QuorumRules {
    private static let path = "\(SimulatedNode.dataDirectory)/__cluster_metadata-0"

    private struct Known {
        var term: Term
        var highWatermark: Offset?
        var isLeader: Bool
    }

    private let violations: Violations
    private let disks: NodeDisks
    private(set) var leaders: [Term: BrokerID] = [:]
    private var committed = CommittedLog()
    /// The newest voters among what is committed; nil as long as they stand in the settings.
    private var committedVoters: [ReplicaKey]?
    /// Called with what is committed, once and in order.
    var whenCommitted: ([RecordBatchView]) -> Void = { _ in }
    private var lives: [Checker.Life: Known] = [:]
    /// Since when leaders run that others have replaced, each as far as it was awake.
    private var replaced: [Checker.Life: Awake] = [:]

    private struct Awake {
        var since: Instant
        var last: Instant
    }

    /// How long one that was replaced may go on: one and a half fetch timeouts, and half a second.
    private static let steppingDownMax = Duration.seconds(2)
    /// Nobody sleeps so long who is not stopped.
    private static let sleepMax = Duration.milliseconds(400)

    init(_ disks: NodeDisks, _ violations: Violations) {
        self.disks = disks
        self.violations = violations
    }

    /// - Parameter voters: asked only when something new is committed.
    /// - Returns: whether this is the first sight of the term's leader.
    func observe(
        _ facts: QuorumFacts, of life: Checker.Life, at now: Instant, voters: () -> [ReplicaKey]
    ) -> Bool {
        checkSteppedDown(facts, life, now)
        let before = lives[life]
        guard
            before?.term != facts.term || before?.highWatermark != facts.highWatermark
                || facts.isLeader && leaders[facts.term] != life.node
        else { return false }
        lives[life] = Known(
            term: facts.term, highWatermark: facts.highWatermark, isLeader: facts.isLeader)
        if let before { checkForward(before, facts, life) }
        let isNewLeader = facts.isLeader && checkLeader(facts, life)
        if let end = facts.highWatermark, end != before?.highWatermark {
            // A leader may commit and stand down in one turn.
            let term = facts.isLeader ? facts.term : before.flatMap { $0.isLeader ? $0.term : nil }
            if let term, end > committed.end { commit(upTo: end, in: term, by: life, voters()) }
            checkMatch(life, from: before?.highWatermark ?? .zero, to: end)
        }
        return isNewLeader
    }

    private func checkSteppedDown(_ facts: QuorumFacts, _ life: Checker.Life, _ now: Instant) {
        guard facts.isLeader, let newest = leaders.keys.max(), newest > facts.term else {
            replaced[life] = nil
            return
        }
        guard var awake = replaced[life], now - awake.last <= Self.sleepMax else {
            replaced[life] = Awake(since: now, last: now)
            return
        }
        awake.last = now
        replaced[life] = awake
        guard now - awake.since > Self.steppingDownMax else { return }
        violations.report(
            .oldLeadersStepDown,
            "node \(life.node.rawValue) still leads term \(facts.term.rawValue), and term "
                + "\(newest.rawValue) has a leader")
    }

    private func checkForward(_ before: Known, _ facts: QuorumFacts, _ life: Checker.Life) {
        if facts.term < before.term {
            violations.report(
                .quorumNeverGoesBack,
                "node \(life.node.rawValue): the term fell from \(before.term.rawValue) to "
                    + "\(facts.term.rawValue)")
        }
        if let end = before.highWatermark, (facts.highWatermark ?? .zero) < end {
            violations.report(
                .quorumNeverGoesBack,
                "node \(life.node.rawValue): the high watermark fell from \(end.rawValue) to "
                    + "\(facts.highWatermark?.rawValue ?? -1)")
        }
    }

    private func checkLeader(_ facts: QuorumFacts, _ life: Checker.Life) -> Bool {
        if let known = leaders[facts.term] {
            if known != life.node {
                violations.report(
                    .oneLeaderPerTerm,
                    "term \(facts.term.rawValue) has two leaders, \(known.rawValue) and "
                        + "\(life.node.rawValue)")
            }
            return false
        }
        leaders[facts.term] = life.node
        guard let log = disks.log(of: life.node, in: Self.path, .seen) else { return true }
        let end = committed.end(through: LeaderEpoch(facts.term.rawValue))
        if let difference = committed.difference(from: log, in: .zero..<end) {
            violations.report(
                .quorumLeaderIsComplete,
                "leader \(life.node.rawValue) of term \(facts.term.rawValue): \(difference)")
        }
        return true
    }

    private func commit(
        upTo end: Offset, in term: Term, by life: Checker.Life, _ voters: [ReplicaKey]
    ) {
        guard let log = disks.log(of: life.node, in: Self.path, .seen) else { return }
        let from = committed.end
        committed.append(log.prints(in: from..<end), in: LeaderEpoch(term.rawValue))
        let batches = log.batches(in: from..<end)
        whenCommitted(batches)
        for batch in batches { committedVoters = Self.voters(in: batch) ?? committedVoters }
        // The newest set counts, written or committed (KIP-853). The log says which is committed; the leader may have
        // written another in this turn, before or after it committed.
        let sets = [committedVoters ?? voters, voters]
        let holders = sets.map { self.holders(of: from..<end, among: $0) }
        if let epoch = committed.lastEpoch, epoch.rawValue != term.rawValue {
            violations.report(
                .quorumCommitsItsTerm,
                "node \(life.node.rawValue) commits up to \(end.rawValue) in term "
                    + "\(term.rawValue); what it commits last is of term \(epoch.rawValue)")
        }
        guard zip(sets, holders).allSatisfy({ $1.count <= $0.count / 2 }) else { return }
        violations.report(
            .quorumCommitsOnMajority,
            "[\(from.rawValue), \(end.rawValue)) of node \(life.node.rawValue) is durable only on "
                + "\(holders[0].map { "\($0)" }) of the voters \(sets[0].map { "\($0)" })")
    }

    /// A voter whose disk was taken out since it said that it has them counts: what it said was true, and the loss of
    /// a minority's disks is what a quorum survives. One that has them under another directory id does not.
    private func holders(of range: Range<Offset>, among voters: [ReplicaKey]) -> [ReplicaKey] {
        voters.filter { voter in
            let log =
                voter.directoryID == .unassigned
                ? disks.log(of: voter.id, in: Self.path, .durable)
                : disks.durableLog(of: voter.id, voter.directoryID, in: Self.path)
            return log.map { committed.difference(from: $0, in: range) == nil } ?? false
        }
    }

    /// The voters that a batch names last, if it does.
    private static func voters(in batch: RecordBatchView) -> [ReplicaKey]? {
        guard batch.isControl else { return nil }
        do {
            let sets = try batch.controlRecords().filter { $0.type == .kraftVoters }
            guard let last = sets.last else { return nil }
            var reader = ByteReader(last.value)
            return try VotersRecord(from: &reader, version: 0).voters.map {
                ReplicaKey(BrokerID($0.voterID), DirectoryID($0.voterDirectoryID))
            }
        } catch {
            preconditionFailure("a node has read what is committed: \(error)")
        }
    }

    private func checkMatch(_ life: Checker.Life, from: Offset, to end: Offset) {
        guard from < end, let log = disks.log(of: life.node, in: Self.path, .seen) else { return }
        if end > committed.end {
            violations.report(
                .quorumLogsMatch,
                "node \(life.node.rawValue) has high watermark \(end.rawValue), committed is "
                    + "\(committed.end.rawValue)")
        }
        if let difference = committed.difference(from: log, in: from..<end) {
            violations.report(.quorumLogsMatch, "node \(life.node.rawValue): \(difference)")
        }
    }
}
