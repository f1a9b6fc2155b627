package import Model

/// One offset that a client commits.
package struct OffsetEntry: Equatable, Sendable {
    package let topic: String
    package let topicID: TopicID
    package let partition: Int32
    package var offset = Offset.zero
    package var leaderEpoch = LeaderEpoch.none
    package var metadata: String?
    /// What the broker knows to be wrong with it already, such as an unknown topic.
    package var error = ErrorCode.none

    package init(topic: String, topicID: TopicID, partition: Int32) {
        self.topic = topic
        self.topicID = topicID
        self.partition = partition
    }
}

/// Offsets that a client commits.
package struct OffsetCommit: Equatable, Sendable {
    package let groupID: String
    package let claim: MemberClaim
    package var entries: [OffsetEntry] = []
    /// How long the client wants them kept; nil for the broker's own time.
    package var retention: Duration?
    /// The client knows the errors of the consumer protocol.
    package var knowsEpochs = true

    package init(_ groupID: String, _ claim: MemberClaim) {
        self.groupID = groupID
        self.claim = claim
    }
}
