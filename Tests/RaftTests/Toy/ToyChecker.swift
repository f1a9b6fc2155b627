import Model
import Raft
import Testing

/// The invariants Q1 to Q9 of the reference, watched over a whole run.
struct ToyChecker {
    /// Everything that was ever committed anywhere.
    private(set) var committed: [ToyEntry] = []
    private var leaders: [Term: BrokerID] = [:]
    private var votes: [BrokerID: [Term: BrokerID]] = [:]
    private(set) var conflicts = 0
    var seed: UInt64 = 0
    private(set) var elections = 0
    private(set) var changes = 0
    private var wiped: [ToyNode] = []
    var transitions: Set<String> = []

    mutating func started(_ node: ToyNode) {}
    mutating func crashed(_ node: ToyNode) {}

    /// Q8, and Q7 as far as the disk tells.
    mutating func persisted(_ state: ElectionState, over before: ElectionState, by id: BrokerID) {
        #expect(state.term >= before.term, "Q8: the term on disk fell")
        guard let voted = state.voted else { return }
        vote(of: id, for: voted.id, in: state.term)
    }

    private mutating func vote(of id: BrokerID, for candidate: BrokerID, in term: Term) {
        let known = votes[id, default: [:]][term]
        #expect(known == nil || known == candidate, "Q7: \(id) voted twice in \(term)")
        votes[id, default: [:]][term] = candidate
    }

    /// Another replica takes its place under the same id: the votes of this one are not its own. What this one had
    /// on disk when it said so was there, and the loss of a minority's disks is what a quorum survives.
    mutating func wiped(_ node: ToyNode) {
        votes[node.id] = nil
        wiped.append(node)
    }

    /// Q10
    mutating func proposed(_ set: VoterSet, by node: ToyNode) {
        guard let before = node.mind?.voters else { return }
        changes += 1
        let isUpgrade = before.voters.contains { $0.key.directoryID == .unassigned }
        let added = set.voters.filter {
            isUpgrade ? before[$0.key.id] == nil : !before.contains($0.key)
        }
        let gone = before.voters.filter {
            isUpgrade ? set[$0.key.id] == nil : !set.contains($0.key)
        }
        #expect(added.count + gone.count <= 1, "Q10: sets that differ by more than one voter")
        let inDoubt = node.disk.entries.dropFirst(node.highWatermark).contains {
            $0.kind == .voters
        }
        #expect(!inDoubt, "Q10: two changes at once")
        #expect(
            node.mind?.hasCommittedInTerm == true, "Q10: a change before the term is committed")
    }

    mutating func replied(_ response: Raft.Response, to index: Int) {}

    /// Q1
    mutating func believes(_ leadership: LeaderAndTerm, node: BrokerID) {
        guard let leader = leadership.leader else { return }
        let known = leaders[leadership.term]
        #expect(known == nil || known == leader, "Q1: two leaders in \(leadership.term)")
        leaders[leadership.term] = leader
    }

    /// Q3
    mutating func elected(_ node: ToyNode, in term: Term) {
        elections += 1
        #expect(
            Array(node.disk.entries.prefix(committed.count)) == committed,
            "Q3: leader \(node.id) of \(term) lacks what is committed")
    }

    /// Q9
    func truncated(_ node: ToyNode, to end: Int) {
        #expect(end >= node.highWatermark, "Q9: committed entries were cut")
    }

    /// Q2, Q4, Q6, Q11
    mutating func advanced(_ nodes: inout [ToyNode], _ index: Int, to end: Int) {
        #expect(end > nodes[index].highWatermark, "Q6: the high watermark fell")
        nodes[index].highWatermark = end
        let prefix = nodes[index].disk.entries.prefix(end)
        let common = min(end, committed.count)
        #expect(prefix.prefix(common).elementsEqual(committed.prefix(common)), "Q2: divergence")
        guard end > committed.count else { return }
        committed = Array(prefix)
        let voters = nodes[index].mind?.voters
        let holders = (nodes + wiped).count { node in
            voters?.contains(ReplicaKey(node.id, node.configuration.directoryID)) == true
                && node.disk.durable >= end
                && node.disk.entries.prefix(end).elementsEqual(prefix)
        }
        #expect(
            holders >= voters?.majority ?? 0,
            "Q4: committed without a majority on disk, seed \(seed)")
        if let mind = nodes[index].mind, mind.isLeader {
            #expect(prefix.last?.term == mind.term.rawValue, "Q11: committed by counting alone")
        }
    }

    mutating func reported(_ report: Raft.Report) {
        switch report {
        case .roleChanged(from: let from, to: let to, _): transitions.insert("\(from) \(to)")
        case .quorumLost: break
        case .conflictingLeaders, .truncationBelowHighWatermark, .snapshotBelowHighWatermark:
            conflicts += 1
            Issue.record("\(report)")
        }
    }

    /// Q2 over all nodes that run; Q5 for observers.
    func verify(_ nodes: [ToyNode]) {
        for node in nodes where node.highWatermark > 0 && node.mind != nil {
            let common = min(node.highWatermark, committed.count)
            guard node.highWatermark <= committed.count else {
                Issue.record("a high watermark nobody reached")
                return
            }
            if node.disk.entries.count < common
                || node.disk.entries[common - 1] != committed[common - 1]
            {
                Issue.record("Q2: \(node.id) lost committed entries")
            }
        }
    }
}
