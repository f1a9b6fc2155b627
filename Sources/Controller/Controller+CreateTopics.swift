internal import Configuration
internal import InternalRecords
internal import Metadata
internal import Model

extension Controller {
    /// Makes topics, each for itself: one that is refused does not hold back the others.
    ///
    /// - Parameter validateOnly: say what would happen and change nothing.
    package mutating func createTopics(
        _ topics: [NewTopic], validateOnly: Bool
    ) -> ControllerResult<[TopicResult<CreatedTopic>]> {
        var draft = draft
        var placer = ReplicaPlacer(image.allBrokers, chance: &chance)
        let named = Occurrences(topics.map(\.name))
        var names = CollidingNames()
        var results: [TopicResult<CreatedTopic>] = []
        var refused: Set<String> = []
        for topic in topics {
            // A name that stands there several times is answered once.
            guard !named.isRepeated(topic.name) || refused.insert(topic.name).inserted else {
                continue
            }
            let before = draft.image
            let count = draft.records.count
            do throws(ControllerError) {
                guard !named.isRepeated(topic.name) else {
                    throw ControllerError(.invalidRequest, "Duplicate topic name.")
                }
                let created = try create(topic, &names, &placer, in: &draft)
                guard draft.records.count <= ControllerSettings.recordsMax else {
                    throw ControllerError(
                        .policyViolation, "Excessively large number of partitions per request.")
                }
                names.made(topic.name)
                let shown = CreatedTopic(
                    id: validateOnly ? .zero : created.id, partitions: created.partitions,
                    replicationFactor: created.replicationFactor, configs: created.configs)
                results.append(TopicResult(name: topic.name, outcome: .success(shown)))
            } catch {
                draft.rewind(to: before, count)
                results.append(TopicResult(name: topic.name, outcome: .failure(error)))
            }
        }
        return ControllerResult(validateOnly ? [] : draft.records, results)
    }

    private mutating func create(
        _ topic: NewTopic, _ names: inout CollidingNames, _ placer: inout ReplicaPlacer,
        in draft: inout Draft
    ) throws(ControllerError) -> CreatedTopic {
        try checkName(topic.name, &names, draft)
        let configs = try checkedConfigs(topic.configs)
        let replicas =
            try topic.assignments.isEmpty
            ? placed(topic, &placer) : checkedAssignments(topic, draft)
        // Each partition is a record: an absurd number is refused before it costs memory.
        guard replicas.count <= ControllerSettings.recordsMax else {
            throw ControllerError(
                .policyViolation, "Excessively large number of partitions per request.")
        }
        let id = freshTopicID(draft)
        var record = TopicRecord()
        record.name = topic.name
        record.topicID = id.uuid
        draft.append(.topic(record))
        for (name, value) in configs.sorted(by: { $0.key < $1.key }) {
            draft.append(.config(ConfigRecord(.topic, topic.name, name, value)))
        }
        for (number, replicas) in replicas.enumerated() {
            try appendPartition(PartitionKey(id, Int32(number)), replicas, in: &draft)
        }
        return CreatedTopic(
            id: id, partitions: Int32(replicas.count),
            replicationFactor: Int16(replicas.first?.count ?? 0),
            configs: Settings.topic.filter { !$0.isInternal }.compactMap {
                TopicConfiguration.resolve($0.name, overrides: configs, broker: broker)
            })
    }

    private mutating func freshTopicID(_ draft: Draft) -> TopicID {
        while true {
            let id = TopicID(UUID.random { chance.next() })
            if draft.image.topic(id) == nil { return id }
        }
    }
}

// MARK: - Checks

extension Controller {
    private func checkName(
        _ name: String, _ names: inout CollidingNames, _ draft: Draft
    ) throws(ControllerError) {
        if let fault = TopicName.fault(in: name) {
            throw ControllerError(.invalidTopicException, fault)
        }
        guard name != TopicPartition.metadata.topic else {
            throw ControllerError(
                .topicAuthorizationFailed, "The topic '\(name)' is the cluster's own.")
        }
        if draft.image.topicID(named: name) != nil {
            throw ControllerError(.topicAlreadyExists, "Topic '\(name)' already exists.")
        }
        guard let collision = names.collision(of: name, in: image) else { return }
        throw ControllerError(
            .invalidTopicException, "Topic '\(name)' collides with existing topic: \(collision)")
    }

    private func checkedConfigs(
        _ configs: [(name: String, value: String?)]
    ) throws(ControllerError) -> [String: String] {
        var overrides: [String: String] = [:]
        for (name, value) in configs {
            guard let value else { continue }
            overrides[name] = value
        }
        do throws(InvalidConfiguration) {
            return try TopicConfiguration.check(all: overrides, broker: broker)
        } catch {
            throw ControllerError(.invalidConfig, error.description)
        }
    }

    private func placed(
        _ topic: NewTopic, _ placer: inout ReplicaPlacer
    ) throws(ControllerError) -> [[BrokerID]] {
        guard topic.replicationFactor == -1 || topic.replicationFactor > 0 else {
            throw ControllerError(
                .invalidReplicationFactor,
                "Replication factor must be larger than 0, or -1 to use the default value.")
        }
        guard topic.partitions == -1 || topic.partitions > 0 else {
            throw ControllerError(
                .invalidPartitions, "Number of partitions was set to an invalid non-positive value."
            )
        }
        let partitions =
            topic.partitions == -1
            ? broker.int("num.partitions") : Int(topic.partitions)
        let factor =
            topic.replicationFactor == -1
            ? broker.int("default.replication.factor") : Int(topic.replicationFactor)
        guard partitions <= ControllerSettings.recordsMax else {
            throw ControllerError(
                .policyViolation, "Excessively large number of partitions per request.")
        }
        return try place(partitions, factor, &placer)
    }

    func place(
        _ partitions: Int, _ factor: Int, _ placer: inout ReplicaPlacer
    ) throws(ControllerError) -> [[BrokerID]] {
        if let fault = placer.fault(replicationFactor: factor) {
            throw ControllerError(
                .invalidReplicationFactor,
                "Unable to replicate the partition \(factor) time(s): \(fault)")
        }
        return (0..<partitions).map { _ in placer.place(replicationFactor: factor) }
    }

    private func checkedAssignments(
        _ topic: NewTopic, _ draft: Draft
    ) throws(ControllerError) -> [[BrokerID]] {
        guard topic.replicationFactor == -1 else {
            throw ControllerError(
                .invalidRequest,
                "A manual partition assignment was specified, but replication factor was not set to -1."
            )
        }
        guard topic.partitions == -1 else {
            throw ControllerError(
                .invalidRequest,
                "A manual partition assignment was specified, but numPartitions was not set to -1.")
        }
        let sorted = topic.assignments.sorted { $0.partition < $1.partition }
        var factor: Int?
        for (index, assignment) in sorted.enumerated() {
            if index > 0, sorted[index - 1].partition == assignment.partition {
                throw ControllerError(
                    .invalidReplicaAssignment,
                    "Found multiple manual partition assignments for partition \(assignment.partition)"
                )
            }
            try checkReplicas(assignment.replicas, factor: factor, draft)
            factor = assignment.replicas.count
        }
        guard sorted.first?.partition == 0, sorted.last?.partition == Int32(sorted.count - 1) else {
            throw ControllerError(
                .invalidReplicaAssignment,
                "partitions should be a consecutive 0-based integer sequence")
        }
        return sorted.map(\.replicas)
    }

    /// A replica list given by hand (RP-12).
    func checkReplicas(
        _ replicas: [BrokerID], factor: Int?, _ draft: Draft
    ) throws(ControllerError) {
        func refused(_ reason: String) -> ControllerError {
            ControllerError(
                .invalidReplicaAssignment, "The manual partition assignment includes " + reason)
        }
        guard !replicas.isEmpty else { throw refused("an empty replica list.") }
        for (index, broker) in replicas.enumerated() {
            if replicas[..<index].contains(broker) {
                throw refused("the broker \(broker.rawValue) more than once.")
            }
            if draft.image.broker(broker) == nil {
                throw refused("broker \(broker.rawValue), but no such broker is registered.")
            }
        }
        if let factor, factor != replicas.count {
            throw refused(
                "a partition with \(replicas.count) replica(s), but this is not consistent with "
                    + "previous partitions, which have \(factor) replica(s).")
        }
    }

    /// Writes a new partition: in sync are those that are up, and the first of them leads.
    func appendPartition(
        _ key: PartitionKey, _ replicas: [BrokerID], in draft: inout Draft
    ) throws(ControllerError) {
        let isr = replicas.filter(draft.isActive)
        guard let leader = isr.first else {
            throw ControllerError(
                .invalidReplicaAssignment,
                "All brokers specified in the manual partition assignment for partition "
                    + "\(key.partition) are fenced or in controlled shutdown.")
        }
        let partition = PartitionImage(
            replicas: replicas, directories: replicas.map(draft.defaultDirectory), isr: isr,
            leader: leader)
        draft.append(.partition(partition.record(for: key)))
    }
}

extension ConfigRecord {
    init(_ kind: ConfigResourceKind, _ resource: String, _ name: String, _ value: String?) {
        self.init()
        resourceType = kind.rawValue
        resourceName = resource
        self.name = name
        self.value = value
    }
}
