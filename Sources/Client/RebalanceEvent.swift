public import Model

/// What happened to the partitions of a consumer that is a member of a group.
public enum RebalanceEvent: Hashable, Sendable {
    /// These are read from now on, each from its committed offset.
    case assigned([TopicPartition])
    /// These go to others as soon as this event has been dealt with. Offsets may still be committed.
    case revoked([TopicPartition])
    /// These went to others already: the group has gone on without this member.
    case lost([TopicPartition])
    /// Offsets could not be committed behind the application's back.
    case commitFailed(ClientError)
}

/// A committed place in a partition.
public struct CommittedOffset: Hashable, Sendable {
    /// The next offset to read.
    public var offset: Offset
    /// The epoch of the record before it, `.none` if it is not known (KIP-320).
    public var leaderEpoch: LeaderEpoch
    /// The committer's own words.
    public var metadata: String

    public init(_ offset: Offset, leaderEpoch: LeaderEpoch = .none, metadata: String = "") {
        self.offset = offset
        self.leaderEpoch = leaderEpoch
        self.metadata = metadata
    }
}
