package import Model

/// What one record changed: enough for a `MetadataDelta` to remember it.
package enum MetadataChange: Equatable, Sendable {
    /// Nothing an image shows.
    case nothing
    case topicCreated(TopicID)
    case topicDeleted(TopicImage)
    case partition(PartitionKey)
    case partitions([PartitionKey])
    case broker(BrokerID)
    case controller(BrokerID)
    case config(ConfigResource)
    case feature(String)
    case producerIDs
    case accessControl
    case scramCredentials
    case quotas
    case delegationTokens
}
