public import Model

/// A server as the cluster describes it.
public struct NodeDescription: Hashable, Sendable {
    public let id: BrokerID
    public let address: ServerAddress
    public let rack: String?
    /// A fenced broker leads nothing and serves no clients.
    public let isFenced: Bool
}

/// The cluster as one of its servers sees it.
public struct ClusterDescription: Hashable, Sendable {
    public let clusterID: String
    /// With controllers as servers the active one; brokers name any broker that forwards to it.
    public let controllerID: BrokerID
    /// Ascending by id.
    public let nodes: [NodeDescription]
}

/// One partition of a topic.
public struct PartitionDescription: Hashable, Sendable {
    public let partition: Int32
    /// `.none` if there is none.
    public let leader: BrokerID
    public let leaderEpoch: LeaderEpoch
    /// In the order of preference.
    public let replicas: [BrokerID]
    public let inSyncReplicas: [BrokerID]
    /// Replicas that may be elected although they are not in sync (KIP-966); nil if the server does not
    /// tell.
    public let eligibleLeaders: [BrokerID]?
    /// Those that were last eligible; nil if the server does not tell.
    public let lastKnownEligibleLeaders: [BrokerID]?
    public let offlineReplicas: [BrokerID]
}

/// A topic with its partitions.
public struct TopicDescription: Hashable, Sendable {
    public let name: String
    public let id: TopicID
    public let isInternal: Bool
    /// Ascending by number.
    public var partitions: [PartitionDescription]
}

/// A topic to be made.
public struct NewTopic: Hashable, Sendable {
    public var name: String
    /// Nil: the broker's default.
    public var partitionCount: Int32?
    /// Nil: the broker's default.
    public var replicationFactor: Int16?
    /// Replicas of each partition; instead of the two numbers.
    public var assignment: [[BrokerID]]
    /// In this order.
    public var configs: [ConfigSetting]

    public init(
        name: String, partitionCount: Int32? = nil, replicationFactor: Int16? = nil,
        assignment: [[BrokerID]] = [], configs: [ConfigSetting] = []
    ) {
        self.name = name
        self.partitionCount = partitionCount
        self.replicationFactor = replicationFactor
        self.assignment = assignment
        self.configs = configs
    }
}

/// A name and a value.
public struct ConfigSetting: Hashable, Sendable {
    public let name: String
    public let value: String?

    public init(_ name: String, _ value: String?) {
        self.name = name
        self.value = value
    }
}

/// Something that has configuration.
public struct ConfigResource: Hashable, Sendable {
    /// Kinds, with their numbers on the wire.
    public enum Kind: Int8, Hashable, Sendable {
        case topic = 2
        case broker = 4
        case brokerLogger = 8
        case clientMetrics = 16
        case group = 32
    }

    public let kind: Kind
    /// Empty for what applies to all brokers.
    public let name: String

    public init(_ kind: Kind, _ name: String) {
        self.kind = kind
        self.name = name
    }
}

/// Where a value comes from, with its number on the wire.
public enum ConfigSource: Int8, Hashable, Sendable {
    case unknown = 0
    case dynamicTopic = 1
    case dynamicBroker = 2
    case dynamicDefaultBroker = 3
    case staticBroker = 4
    case defaultValue = 5
    case dynamicBrokerLogger = 6
    case dynamicClientMetrics = 7
    case dynamicGroup = 8

    /// As Kafka's tools print it.
    public var name: String {
        switch self {
        case .unknown: "UNKNOWN"
        case .dynamicTopic: "DYNAMIC_TOPIC_CONFIG"
        case .dynamicBroker: "DYNAMIC_BROKER_CONFIG"
        case .dynamicDefaultBroker: "DYNAMIC_DEFAULT_BROKER_CONFIG"
        case .staticBroker: "STATIC_BROKER_CONFIG"
        case .defaultValue: "DEFAULT_CONFIG"
        case .dynamicBrokerLogger: "DYNAMIC_BROKER_LOGGER_CONFIG"
        case .dynamicClientMetrics: "DYNAMIC_CLIENT_METRICS_CONFIG"
        case .dynamicGroup: "DYNAMIC_GROUP_CONFIG"
        }
    }
}

/// A configuration value in force.
public struct ConfigEntry: Hashable, Sendable {
    /// One of the places the value could come from, nearest first.
    public struct Synonym: Hashable, Sendable {
        public let name: String
        public let value: String?
        public let source: ConfigSource
    }

    public let name: String
    /// Nil also where it is sensitive.
    public let value: String?
    public let source: ConfigSource
    public let isSensitive: Bool
    public let isReadOnly: Bool
    public let synonyms: [Synonym]
}

/// A change of one configuration value.
public enum ConfigChange: Hashable, Sendable {
    case set(String, String)
    case delete(String)
    case append(String, String)
    case subtract(String, String)
}

/// Which leader to elect, with its number on the wire.
public enum ElectionType: Int8, Hashable, Sendable {
    case preferred = 0
    case unclean = 1
}

/// A position in a partition to be looked up.
public enum OffsetSpec: Hashable, Sendable {
    case latest
    case earliest
    /// The record with the largest timestamp (KIP-734).
    case maxTimestamp
    case earliestLocal
    case latestTiered
    case earliestPendingUpload
    /// The first record at or after it.
    case timestamp(Timestamp)

    /// The number on the wire.
    package var wireValue: Int64 {
        switch self {
        case .latest: -1
        case .earliest: -2
        case .maxTimestamp: -3
        case .earliestLocal: -4
        case .latestTiered: -5
        case .earliestPendingUpload: -6
        case .timestamp(let time): time.rawValue
        }
    }

    /// The first version of ListOffsets that knows it.
    var firstVersion: Int16 {
        switch self {
        case .latest, .earliest, .timestamp: 1
        case .maxTimestamp: 7
        case .earliestLocal: 8
        case .latestTiered: 9
        case .earliestPendingUpload: 11
        }
    }
}

/// A position that was looked up.
public struct ListedOffset: Hashable, Sendable {
    /// `.none` if there is no such record.
    public let offset: Offset
    public let timestamp: Timestamp
    public let leaderEpoch: LeaderEpoch
}

/// A replica of the metadata quorum.
public struct QuorumReplica: Hashable, Sendable {
    public let id: BrokerID
    /// `.unassigned` if it is not known.
    public let directoryID: DirectoryID
    public let logEndOffset: Offset
    /// `.none` if it has not fetched, or is the leader of an old version.
    public let lastFetch: Timestamp
    public let lastCaughtUp: Timestamp
}

/// The metadata quorum as its leader sees it.
public struct QuorumDescription: Hashable, Sendable {
    public let leaderID: BrokerID
    public let leaderEpoch: Term
    public let highWatermark: Offset
    public let voters: [QuorumReplica]
    public let observers: [QuorumReplica]
    /// Endpoints of controllers, ascending by id; empty if the server does not tell.
    public let endpoints: [BrokerID: [Endpoint]]
}

/// A range of levels of a feature.
public struct FeatureRange: Hashable, Sendable {
    public let min: Int16
    public let max: Int16
}

/// What one server speaks.
public struct NodeApiVersions: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        public let key: Int16
        public let min: Int16
        public let max: Int16
    }
    /// In the order of the answer.
    public let entries: [Entry]
    public let supportedFeatures: [String: FeatureRange]
    /// Finalized maximum levels.
    public let finalizedFeatures: [String: Int16]
    /// -1 if unknown.
    public let finalizedEpoch: Int64
}
