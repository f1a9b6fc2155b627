package import InternalRecords
internal import Model

/// Replay: one record, one change. If a record cannot follow the image, the image stays as it was.
extension MetadataImage {
    /// Applies one record of the metadata log.
    ///
    /// Begin, end and abort of a metadata transaction change nothing here: `MetadataReplay` minds them.
    ///
    /// - Returns: what it changed, for a `MetadataDelta`.
    @discardableResult
    package mutating func apply(_ record: MetadataRecord) throws(ReplayError) -> MetadataChange {
        switch record {
        case .topic(let record): return try apply(record)
        case .partition(let record): return try apply(record)
        case .partitionChange(let record): return try apply(record)
        case .removeTopic(let record): return try apply(record)
        case .clearElr(let record): return try apply(record)
        case .registerBroker(let record): return try apply(record)
        case .unregisterBroker(let record): return try apply(record)
        case .fenceBroker(let record):
            return try setFenced(true, BrokerID(record.id), BrokerEpoch(record.epoch))
        case .unfenceBroker(let record):
            return try setFenced(false, BrokerID(record.id), BrokerEpoch(record.epoch))
        case .brokerRegistrationChange(let record): return try apply(record)
        case .registerController(let record): return try apply(record)
        case .unregisterController(let record): return try apply(record)
        case .config(let record): return apply(record)
        case .featureLevel(let record): return apply(record)
        case .producerIds(let record):
            nextProducerID = ProducerID(record.nextProducerID)
            return .producerIDs
        case .accessControlEntry, .removeAccessControlEntry, .userScramCredential,
            .removeUserScramCredential, .clientQuota, .delegationToken, .removeDelegationToken:
            return applySecurity(record)
        case .noOp, .zkMigrationState, .beginTransaction, .endTransaction, .abortTransaction:
            return .nothing
        }
    }
}

// MARK: - Topics

extension MetadataImage {
    private mutating func apply(_ record: TopicRecord) throws(ReplayError) -> MetadataChange {
        let id = TopicID(record.topicID)
        guard topicIDs[record.name] == nil, topics[id] == nil else {
            throw .topicExists(name: record.name, id: id)
        }
        topics[id] = TopicImage(name: record.name, id: id)
        topicIDs[record.name] = id
        return .topicCreated(id)
    }

    private mutating func apply(_ record: PartitionRecord) throws(ReplayError) -> MetadataChange {
        let key = PartitionKey(TopicID(record.topicID), record.partitionID)
        guard key.partition >= 0 else { throw .invalidPartitionNumber(key) }
        let partition = try PartitionImage(record, key: key)
        guard topics.modify(key.topicID, { $0.partitions[key.partition] = partition }) != nil else {
            throw .unknownTopic(key.topicID)
        }
        return .partition(key)
    }

    private mutating func apply(
        _ record: PartitionChangeRecord
    ) throws(ReplayError) -> MetadataChange {
        let key = PartitionKey(TopicID(record.topicID), record.partitionID)
        let found = try topics.modify(key.topicID) { (topic) throws(ReplayError) -> Bool in
            try topic.partitions.modify(key.partition) { (partition) throws(ReplayError) in
                try partition.merge(record, key: key)
            } != nil
        }
        guard let found else { throw .unknownTopic(key.topicID) }
        guard found else { throw .unknownPartition(key) }
        return .partition(key)
    }

    private mutating func apply(_ record: RemoveTopicRecord) throws(ReplayError) -> MetadataChange {
        let id = TopicID(record.topicID)
        guard let topic = topics.remove(id) else { throw .unknownTopic(id) }
        topicIDs.remove(topic.name)
        configs.remove(ConfigResource(.topic, topic.name))
        return .topicDeleted(topic)
    }

    /// Forgets eligible leader replicas of one topic or, without a name, of all (KIP-966).
    private mutating func apply(_ record: ClearElrRecord) throws(ReplayError) -> MetadataChange {
        if record.topicName.isEmpty {
            var cleared: [PartitionKey] = []
            for id in topics.keys { cleared += clearEligibleReplicas(of: id) }
            return .partitions(cleared)
        }
        guard let id = topicIDs[record.topicName] else {
            throw .unknownTopicName(record.topicName)
        }
        return .partitions(clearEligibleReplicas(of: id))
    }

    private mutating func clearEligibleReplicas(of id: TopicID) -> [PartitionKey] {
        let holders = topics[id]?.partitions.filter {
            !$0.value.eligibleLeaderReplicas.isEmpty || !$0.value.lastKnownELR.isEmpty
        }
        let keys = (holders ?? []).map { PartitionKey(id, $0.key) }
        for key in keys {
            topics.modify(id) { topic in
                topic.partitions.modify(key.partition) { partition in
                    partition.eligibleLeaderReplicas = []
                    partition.lastKnownELR = []
                    partition.partitionEpoch = partition.partitionEpoch.next
                }
            }
        }
        return keys
    }
}

// MARK: - Nodes

extension MetadataImage {
    private mutating func apply(
        _ record: RegisterBrokerRecord
    ) throws(ReplayError) -> MetadataChange {
        let registration = try BrokerRegistration(record)
        brokers[registration.id] = registration
        return .broker(registration.id)
    }

    private mutating func apply(
        _ record: UnregisterBrokerRecord
    ) throws(ReplayError) -> MetadataChange {
        let id = BrokerID(record.brokerID)
        try checkBroker(id, BrokerEpoch(record.brokerEpoch))
        brokers.remove(id)
        return .broker(id)
    }

    private mutating func apply(
        _ record: BrokerRegistrationChangeRecord
    ) throws(ReplayError) -> MetadataChange {
        let id = BrokerID(record.brokerID)
        try checkBroker(id, BrokerEpoch(record.brokerEpoch))
        guard (-1...1).contains(record.fenced) else { throw .invalidChange(id, record.fenced) }
        guard (0...1).contains(record.inControlledShutdown) else {
            throw .invalidChange(id, record.inControlledShutdown)
        }
        brokers.modify(id) { broker in
            if record.fenced != 0 { broker.isFenced = record.fenced == 1 }
            if record.inControlledShutdown == 1 { broker.isInControlledShutdown = true }
            if !record.logDirs.isEmpty { broker.setOnline(sorted(record.logDirs)) }
            if let cordoned = record.cordonedLogDirs {
                broker.cordonedDirectories = sorted(cordoned)
            }
        }
        return .broker(id)
    }

    private mutating func setFenced(
        _ isFenced: Bool, _ id: BrokerID, _ epoch: BrokerEpoch
    ) throws(ReplayError) -> MetadataChange {
        try checkBroker(id, epoch)
        brokers.modify(id) { $0.isFenced = isFenced }
        return .broker(id)
    }

    private func checkBroker(_ id: BrokerID, _ epoch: BrokerEpoch) throws(ReplayError) {
        guard let known = brokers[id] else { throw .unknownBroker(id) }
        guard known.epoch == epoch else {
            throw .wrongBrokerEpoch(id, have: known.epoch, told: epoch)
        }
    }

    private mutating func apply(
        _ record: RegisterControllerRecord
    ) throws(ReplayError) -> MetadataChange {
        let registration = try ControllerRegistration(record)
        controllers[registration.id] = registration
        return .controller(registration.id)
    }

    private mutating func apply(
        _ record: UnregisterControllerRecord
    ) throws(ReplayError) -> MetadataChange {
        let id = BrokerID(record.controllerID)
        guard controllers.remove(id) != nil else { throw .unknownController(id) }
        return .controller(id)
    }
}

// MARK: - Settings

extension MetadataImage {
    private mutating func apply(_ record: ConfigRecord) -> MetadataChange {
        let kind = ConfigResourceKind(rawValue: record.resourceType)
        let resource = ConfigResource(kind, record.resourceName)
        if configs[resource] == nil { configs[resource] = [:] }
        let isEmpty = configs.modify(resource) { settings in
            settings[record.name] = record.value
            return settings.isEmpty
        }
        if isEmpty == true { configs.remove(resource) }
        return .config(resource)
    }

    private mutating func apply(_ record: FeatureLevelRecord) -> MetadataChange {
        features[record.name] = record.featureLevel == 0 ? nil : record.featureLevel
        return .feature(record.name)
    }
}

/// Directory ids in one order, whatever order the broker told them in.
func sorted(_ directories: [UUID]) -> [DirectoryID] {
    directories.sorted { UUID.isOrdered($0, before: $1) }.map(DirectoryID.init)
}
