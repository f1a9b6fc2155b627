package import Broker
internal import Model

/// Watches a cluster and what its clients saw, and names the first rule that was broken.
///
/// Rules: a term has one leader of the quorum; a leader epoch of a partition has one leader; a leader's high
/// watermark never falls; a new leader has everything that was below a high watermark before; what was
/// acknowledged is there, at its offset, once, and in the order of sending; nothing is there that nobody sent.
package final class Checker {
    /// One life of a node's process.
    package struct Life: Hashable, Sendable {
        let node: BrokerID
        let number: Int
    }

    private struct Leadership: Hashable {
        let topicID: TopicID
        let partition: Int32
        let epoch: LeaderEpoch
    }

    private struct Reign {
        let life: Life
        var highWatermark: Offset
    }

    private struct Place: Hashable {
        let topicID: TopicID
        let partition: Int32
    }

    private let timeline: Timeline
    private var quorumLeaders: [Term: BrokerID] = [:]
    private var reigns: [Leadership: Reign] = [:]
    private var committed: [Place: Offset] = [:]
    /// Rules that were broken, in the order in which that was seen.
    package private(set) var violations: [String] = []
    /// Terms that had a leader.
    package var leaderCount: Int { quorumLeaders.count }

    init(_ timeline: Timeline) { self.timeline = timeline }

    package func report(_ violation: String) {
        guard violations.count < 20, !violations.contains(violation) else { return }
        violations.append(violation)
        timeline.add("VIOLATION \(violation)")
    }

    // MARK: The nodes' states

    package func observe(_ facts: QuorumFacts, of life: Life) {
        guard facts.isLeader else { return }
        guard let known = quorumLeaders[facts.term] else {
            quorumLeaders[facts.term] = life.node
            timeline.add("node \(life.node.rawValue) leads term \(facts.term.rawValue)")
            return
        }
        guard known != life.node else { return }
        report(
            "term \(facts.term.rawValue) has two leaders, \(known.rawValue) and "
                + "\(life.node.rawValue)")
    }

    package func observe(_ facts: ReplicaFacts, of life: Life) {
        guard facts.isLeader else { return }
        let leadership = Leadership(
            topicID: facts.topicID, partition: facts.partition.partition, epoch: facts.leaderEpoch)
        let place = Place(topicID: facts.topicID, partition: facts.partition.partition)
        let name = "\(facts.partition) epoch \(facts.leaderEpoch.rawValue)"
        if let reign = reigns[leadership] {
            if reign.life.node != life.node {
                report(
                    "\(name) has two leaders, \(reign.life.node.rawValue) and "
                        + "\(life.node.rawValue)")
            } else if reign.life == life, facts.highWatermark < reign.highWatermark {
                report(
                    "\(name): the high watermark fell from \(reign.highWatermark.rawValue) to "
                        + "\(facts.highWatermark.rawValue)")
            }
        }
        if reigns[leadership]?.life != life, let before = committed[place],
            facts.logEndOffset < before
        {
            report(
                "\(name): leader \(life.node.rawValue) has only \(facts.logEndOffset.rawValue) of "
                    + "\(before.rawValue) committed records")
        }
        reigns[leadership] = Reign(life: life, highWatermark: facts.highWatermark)
        committed[place] = max(committed[place] ?? .zero, facts.highWatermark)
    }
}
