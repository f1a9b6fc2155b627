internal import Broker
internal import Metadata
internal import Model

/// Who answers for a leadership with its own word alone must not have been fenced and replaced.
final class LeaseRules {
    private let violations: Violations
    /// The metadata as the loop knows it that has read farthest.
    private var newest = MetadataImage()
    /// Whom it fences, with their registrations.
    private var fenced: [BrokerID: BrokerEpoch] = [:]

    init(_ violations: Violations) { self.violations = violations }

    /// What a loop goes by.
    ///
    /// - Returns: whether it trusts a lease while its node is fenced.
    func observe(
        _ standing: StandingFacts, of node: BrokerID, image: () -> MetadataImage?
    ) -> Bool {
        if standing.metadataOffset > newest.position.lastOffset, let image = image() {
            newest = image
            fenced = [:]
            for broker in image.allBrokers where broker.isFenced {
                fenced[broker.id] = broker.epoch
            }
        }
        return standing.hasLease && fenced[node] == standing.epoch
    }

    /// - Parameter facts: of a replica on such a loop.
    func check(_ facts: ReplicaFacts, of node: BrokerID) {
        guard facts.isLeader, let state = newest.partition(facts.key) else { return }
        guard state.leaderEpoch > facts.leaderEpoch else { return }
        violations.report(
            .fencedHoldNoLease,
            "\(facts.partition) epoch \(facts.leaderEpoch.rawValue): \(node.rawValue) was fenced and "
                + "replaced, and still holds its lease")
    }
}
