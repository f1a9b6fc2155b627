internal import Client
internal import Model

/// What a running cluster tells of itself, gathered before anything is judged.
struct ClusterFacts: Sendable {
    /// What came of connecting to a broker under the address that it advertises.
    enum Reach: Hashable, Sendable {
        case answers
        case silent(reason: String)
        case otherCluster(String)
        case otherNode
        /// A fenced broker is not asked.
        case notAsked
    }

    struct Topic: Sendable {
        let description: TopicDescription
        let minInSync: Int?
        let allowsUncleanElection: Bool
    }

    struct Directories: Sendable {
        let broker: BrokerID
        let result: Result<[LogDirectoryDescription], ClientError>
    }

    /// Settings of a broker that depend on how many there are.
    struct BrokerNumbers: Sendable {
        let broker: BrokerID
        let settings: [String: Int]
    }

    var cluster: ClusterDescription
    var quorum = Result<QuorumDescription, ClientError>.failure(.closed)
    var reach: [BrokerID: Reach] = [:]
    var topics: [Topic] = []
    /// Why the topics are not known.
    var topicsFailure: ClientError?
    var directories: [Directories] = []
    var numbers: [BrokerNumbers] = []
    /// The newest time of a record of each partition, as far as it was told.
    var newestTimes: [(partition: TopicPartition, time: Timestamp)] = []
    /// This machine's clock when the quorum and the records were asked.
    var now: Timestamp

    /// Settings that name a number of replicas.
    static let replicaSettings = [
        "default.replication.factor", "offsets.topic.replication.factor",
        "transaction.state.log.replication.factor",
        "min.insync.replicas", "transaction.state.log.min.isr",
    ]

    /// Brokers that serve.
    var serving: [NodeDescription] { cluster.nodes.filter { !$0.isFenced } }

    /// Every partition with its topic.
    var partitions: [(topic: Topic, partition: PartitionDescription)] {
        topics.flatMap { topic in topic.description.partitions.map { (topic, $0) } }
    }
}
