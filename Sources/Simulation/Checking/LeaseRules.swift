internal import Broker
internal import Metadata
internal import Model

/// Who answers for a leadership with its own word alone must not have been fenced and replaced.
final class LeaseRules {
    private let violations: Violations
    /// The metadata as the loop knows it that has read farthest.
    private var newest = MetadataImage()

    init(_ violations: Violations) { self.violations = violations }

    /// The metadata that a loop goes by.
    func observe(_ standing: StandingFacts) {
        guard standing.image.position.lastOffset > newest.position.lastOffset else { return }
        newest = standing.image
    }

    /// - Parameter standing: what the loop goes by that believes in `facts`.
    func observe(_ facts: ReplicaFacts, _ standing: StandingFacts, of node: BrokerID) {
        guard facts.isLeader, standing.hasLease else { return }
        guard let known = newest.broker(node), known.isFenced, known.epoch == standing.epoch
        else { return }
        guard let state = newest.partition(facts.key) else { return }
        guard state.leaderEpoch > facts.leaderEpoch else { return }
        violations.report(
            .fencedHoldNoLease,
            "\(facts.partition) epoch \(facts.leaderEpoch.rawValue): \(node.rawValue) was fenced and "
                + "replaced, and still holds its lease")
    }
}
