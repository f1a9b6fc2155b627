package import Model

/// What a run of records changed between two images, so that a broker acts on that and nothing else.
///
/// Built beside the image: `delta.note(image.apply(record))`. Everything is kept sorted.
package struct MetadataDelta: Sendable {
    /// The image the run began with.
    package let before: MetadataImage
    /// Topics that are new or have changed partitions and still exist, with the numbers of those partitions.
    package private(set) var topics = PersistentMap<TopicID, PersistentSet<Int32>>()
    /// Topics that were in `before` and are gone.
    package private(set) var deletedTopics = PersistentMap<TopicID, TopicImage>()
    /// Brokers registered, changed or unregistered.
    package private(set) var brokers = PersistentSet<BrokerID>()
    /// Controllers registered, changed or unregistered.
    package private(set) var controllers = PersistentSet<BrokerID>()
    /// Resources whose settings changed; those of a deleted topic are not listed.
    package private(set) var configs = PersistentSet<ConfigResource>()
    /// Features whose finalized level changed.
    package private(set) var features = PersistentSet<String>()
    package private(set) var changedAccessControl = false
    package private(set) var changedScramCredentials = false
    package private(set) var changedQuotas = false
    package private(set) var changedDelegationTokens = false

    /// Nothing changed yet.
    package init(from image: MetadataImage) { before = image }

    /// Whether nothing an image shows has changed.
    package var isEmpty: Bool {
        let hasTopics = !topics.isEmpty || !deletedTopics.isEmpty
        let hasNodes = !brokers.isEmpty || !controllers.isEmpty
        let hasSettings = !configs.isEmpty || !features.isEmpty
        let hasSecurity = changedAccessControl || changedScramCredentials
        return !hasTopics && !hasNodes && !hasSettings && !hasSecurity && !changedQuotas
            && !changedDelegationTokens
    }

    /// Remembers what a record changed.
    package mutating func note(_ change: MetadataChange) {
        switch change {
        case .nothing, .producerIDs: break
        case .topicCreated(let id): topics[id] = PersistentSet()
        case .topicDeleted(let topic): noteDeletion(of: topic)
        case .partition(let key): note(key)
        case .partitions(let keys): for key in keys { note(key) }
        case .broker(let id): brokers.insert(id)
        case .controller(let id): controllers.insert(id)
        case .config(let resource): configs.insert(resource)
        case .feature(let name): features.insert(name)
        case .accessControl: changedAccessControl = true
        case .scramCredentials: changedScramCredentials = true
        case .quotas: changedQuotas = true
        case .delegationTokens: changedDelegationTokens = true
        }
    }

    private mutating func note(_ key: PartitionKey) {
        if topics.modify(key.topicID, { _ = $0.insert(key.partition) }) == nil {
            var numbers = PersistentSet<Int32>()
            numbers.insert(key.partition)
            topics[key.topicID] = numbers
        }
    }

    private mutating func noteDeletion(of topic: TopicImage) {
        topics.remove(topic.id)
        configs.remove(ConfigResource(.topic, topic.name))
        if let known = before.topics[topic.id] { deletedTopics[topic.id] = known }
    }

    /// A partition whose state changed.
    package struct PartitionChange: Equatable, Sendable {
        package let topic: String
        package let key: PartitionKey
        /// Nil if the partition is new.
        package let before: PartitionImage?
        package let after: PartitionImage
    }

    /// Visits each new or changed partition, in the order of topic ids and numbers.
    ///
    /// - Parameter after: the image the run ended with.
    package func forEachPartition<E: Error>(
        in after: MetadataImage, _ body: (PartitionChange) throws(E) -> Void
    ) throws(E) {
        for (id, numbers) in topics {
            guard let topic = after.topics[id] else {
                preconditionFailure("a topic that still exists")
            }
            let earlier = before.topics[id]
            for number in numbers.elements {
                guard let partition = topic.partitions[number] else {
                    preconditionFailure("partitions do not go while their topic stays")
                }
                try body(
                    PartitionChange(
                        topic: topic.name, key: PartitionKey(id, number),
                        before: earlier?.partitions[number], after: partition))
            }
        }
    }
}
