package import Model

/// What DescribeQuorum (55) tells about the quorum.
package struct QuorumDescription: Equatable, Sendable {
    package struct Replica: Equatable, Sendable {
        package let key: ReplicaKey
        /// `.none` if it has not fetched in this term.
        package let logEnd: Offset
        package let lastFetch: Timestamp
        /// When it last held everything that the leader had at that time.
        package let lastCaughtUp: Timestamp
    }

    package let leader: BrokerID
    package let term: Term
    /// `.none` while unknown.
    package let highWatermark: Offset
    package let voters: [Replica]
    package let observers: [Replica]
    /// Of the voters, with their endpoints.
    package let nodes: VoterSet
}

extension Raft {
    /// The quorum as its leader sees it; nil on everybody else.
    package func description(wallTime: Timestamp) -> QuorumDescription? {
        guard case .leader(let state) = role else { return nil }
        let voters = self.voters
        let voting = voters.voters.map { voter -> QuorumDescription.Replica in
            if voter.matches(key) {
                return .init(
                    key: key, logEnd: log.end, lastFetch: wallTime, lastCaughtUp: wallTime)
            }
            guard let progress = state.progress(of: voter) else {
                return .init(
                    key: voter.key, logEnd: .none, lastFetch: .none, lastCaughtUp: .none)
            }
            return .init(progress)
        }
        let observing = state.replicas.filter { !voters.contains($0.key) }
        return QuorumDescription(
            leader: configuration.id, term: term,
            highWatermark: state.hasCommitted ? highWatermark ?? Offset.none : .none,
            voters: voting,
            observers: observing.map(QuorumDescription.Replica.init), nodes: voters)
    }
}

extension QuorumDescription.Replica {
    fileprivate init(_ progress: ReplicaProgress) {
        self.init(
            key: progress.key, logEnd: progress.logEnd, lastFetch: progress.lastFetchTime,
            lastCaughtUp: progress.lastCaughtUpTime)
    }
}
