package import Model

/// What must survive a restart before anything that follows from it leaves the machine: Raft's current term
/// and vote, and the leader known.
package struct ElectionState: Equatable, Sendable {
    package let term: Term
    package let leader: BrokerID?
    package let voted: ReplicaKey?

    package init(term: Term, leader: BrokerID?, voted: ReplicaKey?) {
        self.term = term
        self.leader = leader
        self.voted = voted
    }

    /// Of a node that never took part in anything.
    package static let initial = ElectionState(term: .zero, leader: nil, voted: nil)
}
