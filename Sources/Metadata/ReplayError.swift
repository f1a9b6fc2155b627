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
