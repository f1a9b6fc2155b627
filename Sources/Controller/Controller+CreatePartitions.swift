internal import InternalRecords
internal import Metadata
package import Model

/// A topic that is to have more partitions.
package struct PartitionGrowth: Sendable {
    package var topic: String
    /// Partitions it shall have in all.
    package var count: Int32
    /// Replicas of each added partition, given by hand; nil to have them placed.
    package var assignments: [[BrokerID]]?

    package init(topic: String, count: Int32, assignments: [[BrokerID]]? = nil) {
        self.topic = topic
        self.count = count
        self.assignments = assignments
    }
}

extension Controller {
    /// Adds partitions to topics, each for itself (KIP-195).
    package mutating func createPartitions(
        _ topics: [PartitionGrowth], validateOnly: Bool
    ) -> ControllerResult<[TopicResult<Void>]> {
        var draft = draft
        var placer = ReplicaPlacer(image.allBrokers, chance: &chance)
        let named = Occurrences(topics.map(\.topic))
        var results: [TopicResult<Void>] = []
        for topic in topics {
            let before = draft.image
            let count = draft.records.count
            do throws(ControllerError) {
                guard !named.isRepeated(topic.topic) else {
                    throw ControllerError(.invalidRequest, "Duplicate topic name.")
                }
                try grow(topic, &placer, in: &draft)
                results.append(TopicResult(name: topic.topic, outcome: .success(())))
            } catch {
                draft.rewind(to: before, count)
                results.append(TopicResult(name: topic.topic, outcome: .failure(error)))
            }
        }
        return ControllerResult(validateOnly ? [] : draft.records, results)
    }

    private func grow(
        _ growth: PartitionGrowth, _ placer: inout ReplicaPlacer, in draft: inout Draft
    ) throws(ControllerError) {
        guard let topic = draft.image.topic(named: growth.topic) else {
            throw ControllerError(.unknownTopicOrPartition)
        }
        let present = topic.partitionCount
        let added = Int(growth.count) - present
        guard added != 0 else {
            throw ControllerError(.invalidPartitions, "Topic already has \(present) partition(s).")
        }
        guard added > 0 else {
            throw ControllerError(
                .invalidPartitions,
                "The topic \(growth.topic) currently has \(present) partition(s); "
                    + "\(growth.count) would not be an increase.")
        }
        guard draft.records.count + added <= ControllerSettings.recordsMax else {
            throw ControllerError(
                .policyViolation, "Excessively large number of partitions per request.")
        }
        let factor = topic.partition(0)?.replicas.count ?? 1
        let replicas: [[BrokerID]]
        if let given = growth.assignments {
            replicas = try checked(given, added: added, factor: factor, draft)
        } else {
            replicas = try place(added, factor, &placer)
        }
        for (index, replicas) in replicas.enumerated() {
            try appendPartition(
                PartitionKey(topic.id, Int32(present + index)), replicas, in: &draft)
        }
    }

    private func checked(
        _ assignments: [[BrokerID]], added: Int, factor: Int, _ draft: Draft
    ) throws(ControllerError) -> [[BrokerID]] {
        guard assignments.count == added else {
            throw ControllerError(
                .invalidReplicaAssignment,
                "Attempted to add \(added) additional partition(s), but only "
                    + "\(assignments.count) assignment(s) were specified.")
        }
        for replicas in assignments { try checkReplicas(replicas, factor: factor, draft) }
        return assignments
    }
}
