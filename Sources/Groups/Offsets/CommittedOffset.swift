internal import InternalRecords
package import Model

/// Where a group stands in a partition.
package struct CommittedOffset: Equatable, Sendable {
    package let offset: Offset
    /// The epoch of the last record consumed; `.none` if it was not told.
    package let leaderEpoch: LeaderEpoch
    /// Whatever the client wanted to keep with it.
    package let metadata: String
    package let committed: Timestamp
    /// A time of its own, which only old clients give.
    let expires: Timestamp?
    /// Zero if it was not known.
    package let topicID: TopicID
    /// The later of two has the larger one.
    let order: UInt64

    init(_ value: OffsetCommitValue, order: UInt64) {
        self.order = order
        offset = Offset(value.offset)
        leaderEpoch = LeaderEpoch(value.leaderEpoch)
        metadata = value.metadata
        committed = Timestamp(value.commitTimestamp)
        expires = value.expireTimestamp < 0 ? nil : Timestamp(value.expireTimestamp)
        topicID = TopicID(value.topicID)
    }

    /// Whether nobody can want it any more, if it counts from `since`.
    func isExpired(since: Timestamp, retention: Duration, at now: Timestamp) -> Bool {
        if let expires { return now >= expires }
        return now.rawValue - since.rawValue >= retention.inMilliseconds
    }
}
