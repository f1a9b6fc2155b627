package import Model

/// Why a record of the metadata log cannot follow the image it is applied to. Such a log was not written by
/// a correct controller, or not read in order: a node that meets one must not go on with a guess.
package enum ReplayError: Error, Hashable, Sendable {
    case topicExists(name: String, id: TopicID)
    case unknownTopic(TopicID)
    case unknownTopicName(String)
    case unknownPartition(PartitionKey)
    case invalidPartitionNumber(PartitionKey)
    case unknownBroker(BrokerID)
    case wrongBrokerEpoch(BrokerID, have: BrokerEpoch, told: BrokerEpoch)
    case unknownController(BrokerID)
    /// Not one directory per replica.
    case directoriesDoNotMatch(PartitionKey, replicas: Int, directories: Int)
    case invalidRecoveryState(PartitionKey, Int8)
    case invalidSecurityProtocol(Int16)
    case invalidFeatureRange(name: String, from: Int16, to: Int16)
    case invalidChange(BrokerID, Int8)
    /// A metadata transaction began inside another, or ended without having begun (KIP-868).
    case misplacedTransaction
}

extension ReplayError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .topicExists(let name, let id): "topic \(name) or id \(id) exists already"
        case .unknownTopic(let id): "no topic has the id \(id)"
        case .unknownTopicName(let name): "no topic is called \(name)"
        case .unknownPartition(let key): "partition \(key) does not exist"
        case .invalidPartitionNumber(let key): "partition \(key) has no valid number"
        case .unknownBroker(let id): "broker \(id.rawValue) is not registered"
        case .wrongBrokerEpoch(let id, let have, let told):
            "broker \(id.rawValue) has the epoch \(have.rawValue), not \(told.rawValue)"
        case .unknownController(let id): "controller \(id.rawValue) is not registered"
        case .directoriesDoNotMatch(let key, let replicas, let directories):
            "partition \(key) has \(replicas) replicas in \(directories) directories"
        case .invalidRecoveryState(let key, let state):
            "partition \(key) has the unknown recovery state \(state)"
        case .invalidSecurityProtocol(let number): "security protocol \(number) is unknown"
        case .invalidFeatureRange(let name, let from, let to):
            "feature \(name) has the empty range \(from) to \(to)"
        case .invalidChange(let id, let change):
            "the registration of broker \(id.rawValue) has the unknown change \(change)"
        case .misplacedTransaction: "a metadata transaction begins or ends out of place"
        }
    }
}
