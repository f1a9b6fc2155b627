package import InternalRecords
package import Metadata
package import Model
package import Raft

/// Committed metadata, as the application sees it.
package struct CommittedBatch: Sendable {
    /// Offset of the first record.
    package let baseOffset: Offset
    /// Empty for control batches, whose offsets count too.
    package let records: [MetadataRecord]
    /// Of the last record.
    package let position: MetadataPosition
}

/// Who is told what the quorum has agreed. All calls come on the metadata loop, in the order of the log.
package protocol QuorumListener: AnyObject {
    /// A snapshot replaces everything told before.
    func snapshotLoaded(_ records: [MetadataRecord], endingAt position: MetadataPosition)
    /// Batches were committed; each is told once.
    func committed(_ batches: [CommittedBatch])
    /// The quorum has another leader, another term, or none.
    func leadershipChanged(_ leadership: LeaderAndTerm, address: QuorumAddress?)
    /// This node leads, and everything up to the start of its term has been told: it may decide.
    ///
    /// - Parameter predecessor: the leader before, if this node stood for election because its connection to
    ///   it broke.
    func leadershipActive(in term: Term, lost predecessor: LostLeader?)
}

/// A leader of the quorum that this node followed until the connection to it broke without goodbye.
package struct LostLeader: Equatable, Sendable {
    package let id: BrokerID
    /// When the connection broke.
    package let since: Instant
}
