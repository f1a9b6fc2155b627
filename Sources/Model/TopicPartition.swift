/// A partition by its topic's name.
public struct TopicPartition: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let topic: String
    public let partition: Int32

    @inlinable
    public init(_ topic: String, _ partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    /// As Kafka shows it and names its directory: `orders-3`.
    public var description: String { "\(topic)-\(partition)" }

    public static func < (a: Self, b: Self) -> Bool {
        (a.topic, a.partition) < (b.topic, b.partition)
    }

    /// The metadata log's only partition.
    public static let metadata = TopicPartition("__cluster_metadata", 0)
}

/// A partition by its topic's id: what the broker's tables are keyed by.
public struct PartitionKey: Hashable, Sendable, CustomStringConvertible {
    public let topicID: TopicID
    public let partition: Int32

    @inlinable
    public init(_ topicID: TopicID, _ partition: Int32) {
        self.topicID = topicID
        self.partition = partition
    }

    public var description: String { "\(topicID)-\(partition)" }
}

/// A voter or observer of the quorum: a wiped directory is another replica (KIP-853).
public struct ReplicaKey: Hashable, Sendable, CustomStringConvertible {
    public let id: BrokerID
    /// `.unassigned` where it is not known (static voters).
    public let directoryID: DirectoryID

    @inlinable
    public init(_ id: BrokerID, _ directoryID: DirectoryID = .unassigned) {
        self.id = id
        self.directoryID = directoryID
    }

    public var description: String { "\(id.rawValue)@\(directoryID)" }
}

/// A point in a log that belongs to an epoch: snapshots, divergence and epoch ends are told in it.
public struct OffsetAndEpoch: Hashable, Comparable, Sendable {
    public let offset: Offset
    public let epoch: LeaderEpoch

    @inlinable
    public init(offset: Offset, epoch: LeaderEpoch) {
        self.offset = offset
        self.epoch = epoch
    }

    /// Epoch first, then offset: the order "at least as up to date" of Raft §5.4.1.
    @inlinable
    public static func < (a: Self, b: Self) -> Bool {
        (a.epoch, a.offset) < (b.epoch, b.offset)
    }
}

/// A listener's address as clients are told it.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    /// Name of the listener, upper case.
    public let listener: String
    public let host: String
    public let port: UInt16
    public let securityProtocol: SecurityProtocol

    public init(
        listener: String, host: String, port: UInt16,
        securityProtocol: SecurityProtocol = .plaintext
    ) {
        self.listener = listener
        self.host = host
        self.port = port
        self.securityProtocol = securityProtocol
    }

    public var description: String { "\(listener)://\(host):\(port)" }
}

/// How a listener is secured, with its number on the wire.
public enum SecurityProtocol: Int16, Sendable, CaseIterable {
    case plaintext = 0
    case ssl = 1
    case saslPlaintext = 2
    case saslSSL = 3

    /// As in configuration files.
    public var name: String {
        switch self {
        case .plaintext: "PLAINTEXT"
        case .ssl: "SSL"
        case .saslPlaintext: "SASL_PLAINTEXT"
        case .saslSSL: "SASL_SSL"
        }
    }
}
