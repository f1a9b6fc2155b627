package import InternalRecords
package import Model

/// The cluster as the metadata log describes it, up to one offset.
///
/// A value: a copy costs nothing whatever its size, a change costs what it changes (see `PersistentMap`). So
/// the controller keeps a provisional image beside the committed one, and every loop holds the image it
/// was last given, for as long as it needs it.
///
/// Only `apply` changes an image. The same records give the same image on every node, and `snapshot`
/// gives records that make the image again (raft.md Q14).
package struct MetadataImage: Equatable, Sendable {
    package internal(set) var topics = PersistentMap<TopicID, TopicImage>()
    package internal(set) var topicIDs = PersistentMap<String, TopicID>()
    package internal(set) var brokers = PersistentMap<BrokerID, BrokerRegistration>()
    package internal(set) var controllers = PersistentMap<BrokerID, ControllerRegistration>()
    /// Dynamic settings, by resource, then by key.
    package internal(set) var configs = PersistentMap<
        ConfigResource, PersistentMap<String, String>
    >()
    /// Finalized levels; a feature at level 0 is not listed.
    package internal(set) var features = PersistentMap<String, Int16>()
    /// First id of the next block of producer ids.
    package internal(set) var nextProducerID = ProducerID(0)

    package internal(set) var accessControl = PersistentMap<UUID, AccessControlEntryRecord>()
    package internal(set) var scramCredentials = PersistentMap<
        ScramKey, UserScramCredentialRecord
    >()
    package internal(set) var quotas = PersistentMap<QuotaEntity, PersistentMap<String, Double>>()
    package internal(set) var delegationTokens = PersistentMap<String, DelegationTokenRecord>()

    /// How far the log was applied.
    package internal(set) var position = MetadataPosition.start

    /// A cluster of which nothing is known.
    package init() {}

    /// Notes how far the log is applied now. The log's reader says this, as records do not know their offset.
    package mutating func advance(to position: MetadataPosition) { self.position = position }
}

/// A point in the metadata log between two batches.
package struct MetadataPosition: Hashable, Sendable {
    /// The last offset applied, -1 at the start.
    package let lastOffset: Offset
    /// The term it was written in.
    package let term: Term
    /// When its batch was appended.
    package let timestamp: Timestamp

    package init(lastOffset: Offset, term: Term, timestamp: Timestamp) {
        self.lastOffset = lastOffset
        self.term = term
        self.timestamp = timestamp
    }

    /// Before the first record.
    package static let start = MetadataPosition(lastOffset: .none, term: .zero, timestamp: .none)
}
