package import Model

/// Who leads, as far as this node knows.
package struct LeaderAndTerm: Hashable, Sendable {
    package let leader: BrokerID?
    package let term: Term

    package init(leader: BrokerID?, term: Term) {
        self.leader = leader
        self.term = term
    }
}
