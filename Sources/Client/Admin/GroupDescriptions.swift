public import Model

/// A group among others.
public struct GroupListing: Hashable, Sendable {
    /// The types of groups, as Kafka's clients and tools name them.
    public static let types = ["Classic", "Consumer", "Share", "Streams"]

    public let id: String
    /// `consumer` for consumers; empty for a group that only keeps offsets.
    public let protocolType: String
    /// As Kafka names it: `Stable`, `Empty`, … ; empty if the broker does not tell.
    public let state: String
    /// One of `types`; empty if the broker does not tell.
    public let type: String
}

/// A group with its members.
public struct GroupDescription: Hashable, Sendable {
    public struct Member: Hashable, Sendable {
        public let id: String
        public let instanceID: String?
        public let clientID: String
        /// With a slash before it, as brokers tell it.
        public let host: String
        /// Ascending; nil if it could not be read.
        public let assignment: [TopicPartition]?
        /// The member's epoch, what it is to own, and whether it speaks the new protocol: KIP-848 only.
        public let epoch: Int32?
        public let target: [TopicPartition]?
        public let isUpgraded: Bool?
    }

    public let id: String
    public let isClassic: Bool
    public let state: String
    /// The assignor, or the protocol that the members chose.
    public let assignor: String
    /// KIP-848 only.
    public let epoch: Int32?
    public let targetEpoch: Int32?
    /// Ascending by id.
    public let members: [Member]
    public let coordinator: NodeDescription
    /// Its last rebalances, oldest first, where they were asked for and the broker is a Martlet.
    public var history: [GroupRebalance] = []
}

/// A rebalance that has ended: why a group shared its partitions out anew.
public struct GroupRebalance: Hashable, Sendable {
    public let began: Timestamp
    public let took: Duration
    /// For people.
    public let cause: String
    /// The member that caused it; empty if no member did.
    public let member: String
    /// The member that the others waited for last; empty if nobody waited.
    public let waitedFor: String
    /// Whether `waitedFor` never came, and was removed.
    public let hasTimedOut: Bool
    /// The generation, or the group's epoch, that it led to.
    public let generation: Int32
    /// Members afterwards.
    public let memberCount: Int
}

/// A member of a classic group to be removed.
public enum GroupMemberName: Hashable, Sendable {
    case memberID(String)
    /// A static member, by its instance.
    case instanceID(String)
}
