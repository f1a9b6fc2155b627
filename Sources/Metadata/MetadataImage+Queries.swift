package import Model

/// Questions that brokers and the controller ask. They are answered here, where the maps are specialised:
/// a generic map asked from another room costs ten times as much.
extension MetadataImage {
    /// The topic of that name.
    package func topic(named name: String) -> TopicImage? {
        guard let id = topicIDs[name] else { return nil }
        return topics[id]
    }

    /// The topic of that id.
    package func topic(_ id: TopicID) -> TopicImage? { topics[id] }

    /// The id of the topic of that name.
    package func topicID(named name: String) -> TopicID? { topicIDs[name] }

    /// The partition of that key.
    package func partition(_ key: PartitionKey) -> PartitionImage? {
        topics[key.topicID]?.partitions[key.partition]
    }

    /// The partition of that name.
    package func partition(_ name: TopicPartition) -> PartitionImage? {
        topic(named: name.topic)?.partitions[name.partition]
    }

    /// Visits all topics in the order of their names, from `start` on if it is given.
    package func forEachTopic<E: Error>(
        from start: String? = nil, _ body: (TopicImage) throws(E) -> Void
    ) throws(E) {
        for (_, id) in topicIDs.entries(from: start ?? "") {
            guard let topic = topics[id] else { preconditionFailure("each name has its topic") }
            try body(topic)
        }
    }

    /// Visits all partitions of all topics, in the order of topic ids and numbers.
    package func forEachPartition<E: Error>(
        _ body: (TopicImage, PartitionKey, PartitionImage) throws(E) -> Void
    ) throws(E) {
        for (id, topic) in topics {
            for (number, partition) in topic.partitions {
                try body(topic, PartitionKey(id, number), partition)
            }
        }
    }

    /// Number of topics.
    package var topicCount: Int { topics.count }

    /// The registration of a broker.
    package func broker(_ id: BrokerID) -> BrokerRegistration? { brokers[id] }

    /// The registration of a controller.
    package func controller(_ id: BrokerID) -> ControllerRegistration? { controllers[id] }

    /// All registered brokers, ascending.
    package var allBrokers: [BrokerRegistration] { brokers.values }

    /// Brokers that clients are told of, ascending.
    package var unfencedBrokers: [BrokerRegistration] { brokers.values.filter { !$0.isFenced } }

    /// All registered controllers, ascending.
    package var allControllers: [ControllerRegistration] { controllers.values }

    /// Where clients of `listener` reach `broker`; nil if it is unknown, fenced or has no such listener.
    package func endpoint(of broker: BrokerID, on listener: String) -> Endpoint? {
        guard let registration = brokers[broker], !registration.isFenced else { return nil }
        return registration.endpoint(of: listener)
    }

    /// Where clients of `listener` reach the leader of a partition; nil if there is none to be reached.
    package func leaderEndpoint(of key: PartitionKey, on listener: String) -> Endpoint? {
        guard let leader = partition(key)?.leader else { return nil }
        return endpoint(of: leader, on: listener)
    }

    /// Whether `broker` may be in an ISR under that registration (KIP-903); an unknown epoch is not checked.
    package func isEligible(_ broker: BrokerID, epoch: BrokerEpoch) -> Bool {
        guard let registration = brokers[broker], registration.isActive else { return false }
        return epoch == .none || registration.epoch == epoch
    }

    /// The dynamic settings of a resource, sorted by key.
    package func config(of resource: ConfigResource) -> PersistentMap<String, String> {
        configs[resource] ?? [:]
    }

    /// The dynamic settings of a resource as a dictionary, for those who look up rather than walk.
    package func dictionary(of resource: ConfigResource) -> [String: String] {
        guard let settings = configs[resource] else { return [:] }
        return Dictionary(uniqueKeysWithValues: settings.map { ($0.key, $0.value) })
    }

    /// One dynamic setting of a resource; nil if it is not set there.
    package func config(_ key: String, of resource: ConfigResource) -> String? {
        configs[resource]?[key]
    }

    /// Resources that have dynamic settings of their own, whether they are there or not; ascending by name.
    package func configuredResources(of kind: ConfigResourceKind) -> [ConfigResource] {
        configs.keys.filter { $0.kind == kind && !$0.name.isEmpty }
    }

    /// The finalized level of a feature, 0 if there is none.
    package func level(of feature: String) -> Int16 { features[feature] ?? 0 }

    /// All finalized features and their levels, sorted by name.
    package var finalizedFeatures: [(name: String, level: Int16)] {
        features.map { (name: $0.key, level: $0.value) }
    }

    /// The finalized `metadata.version`; the lowest there is before the bootstrap records were read.
    package var metadataVersion: MetadataVersion {
        features[FeatureName.metadataVersion].map(MetadataVersion.init) ?? .lowest
    }

    /// Whether eligible leader replicas are kept (KIP-966).
    package var hasEligibleLeaderReplicas: Bool {
        level(of: FeatureName.eligibleLeaderReplicas) > 0
    }
}
