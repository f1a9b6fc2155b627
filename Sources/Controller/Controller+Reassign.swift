internal import InternalRecords
package import Metadata
package import Model

/// A wish to move the replicas of one partition (KIP-455).
package struct Reassignment: Sendable {
    package var partition: TopicPartition
    /// Nil ends the one under way and goes back.
    package var target: [BrokerID]?

    package init(_ partition: TopicPartition, to target: [BrokerID]?) {
        self.partition = partition
        self.target = target
    }
}

/// What became of one reassignment.
package struct ReassignmentResult: Sendable {
    package let partition: TopicPartition
    /// Nil if it is under way, done, or was ended as wished.
    package let error: ControllerError?

    package init(partition: TopicPartition, error: ControllerError?) {
        self.partition = partition
        self.error = error
    }
}

extension Controller {
    /// Begins, replaces or ends reassignments, each for itself. One that is under way ends by itself when the
    /// leader tells that the new replicas are in sync (`alterPartitions`).
    ///
    /// - Parameter mayChangeFactor: whether a partition may get another number of replicas.
    package func reassign(
        _ wishes: [Reassignment], mayChangeFactor: Bool
    ) -> ControllerResult<[ReassignmentResult]> {
        var draft = draft
        let named = Occurrences(wishes.map(\.partition))
        var results: [ReassignmentResult] = []
        for wish in wishes {
            var failure: ControllerError?
            do throws(ControllerError) {
                guard !named.isRepeated(wish.partition) else {
                    throw ControllerError(.invalidRequest, "Each partition must appear once.")
                }
                guard draft.records.count < ControllerSettings.recordsMax else {
                    throw ControllerError(
                        .policyViolation, "Excessively large number of partitions per request.")
                }
                try apply(wish, mayChangeFactor: mayChangeFactor, in: &draft)
            } catch {
                failure = error
            }
            results.append(ReassignmentResult(partition: wish.partition, error: failure))
        }
        return ControllerResult(draft.records, results)
    }

    private func apply(
        _ wish: Reassignment, mayChangeFactor: Bool, in draft: inout Draft
    ) throws(ControllerError) {
        let name = wish.partition
        guard let topic = draft.image.topic(named: name.topic) else {
            throw ControllerError(
                .unknownTopicOrPartition, "Unable to find a topic named \(name.topic).")
        }
        guard let partition = topic.partition(name.partition) else {
            throw ControllerError(
                .unknownTopicOrPartition,
                "Unable to find partition \(name.topic):\(name.partition).")
        }
        let key = PartitionKey(topic.id, name.partition)
        var change = draft.change(of: partition, key, in: name.topic)
        if let target = wish.target {
            try begin(target, of: partition, mayChangeFactor: mayChangeFactor, &change, draft)
        } else {
            try revert(partition, name, &change, draft)
        }
        draft.append(change)
    }

    /// The new replicas come first, in their order; those that leave stay behind them until it is done.
    private func begin(
        _ target: [BrokerID], of partition: PartitionImage, mayChangeFactor: Bool,
        _ change: inout PartitionChange, _ draft: Draft
    ) throws(ControllerError) {
        try checkReplicas(target, factor: nil, draft)
        let before = partition.replicas.filter { !partition.addingReplicas.contains($0) }
        let factor = partition.replicas.count - partition.addingReplicas.count
        guard mayChangeFactor || target.count == factor else {
            throw ControllerError(
                .invalidReplicationFactor,
                "The replication factor is changed from \(factor) to \(target.count)")
        }
        let removing = partition.replicas.filter { !target.contains($0) }.sorted()
        // Who was being added and still is may lack records: it counts as added.
        let adding = target.filter { !before.contains($0) }.sorted()
        change.reassign(to: target + removing, adding: adding, removing: removing) {
            draft.defaultDirectory(on: $0)
        }
    }

    private func revert(
        _ partition: PartitionImage, _ name: TopicPartition, _ change: inout PartitionChange,
        _ draft: Draft
    ) throws(ControllerError) {
        guard partition.isReassigning else {
            throw ControllerError(
                .noReassignmentInProgress, "No partition reassignment is in progress.")
        }
        let before = partition.replicas.filter { !partition.addingReplicas.contains($0) }
        let isUnclean = !partition.isr.contains(where: before.contains)
        guard !before.isEmpty, !isUnclean || draft.allowsUncleanElection(in: name.topic) else {
            throw ControllerError(
                .invalidReplicaAssignment,
                "Unable to revert partition assignment for \(name.topic):\(name.partition) because "
                    + "it would require an unclean leader election.")
        }
        change.reassign(to: before, adding: [], removing: []) { _ in .unassigned }
    }
}

// MARK: - What is under way

extension MetadataImage {
    /// The reassignments under way, of the named partitions or of all, in order of topics and numbers.
    package func reassignments(
        of wanted: [TopicPartition]?
    ) -> [(partition: TopicPartition, state: PartitionImage)] {
        var found: [(partition: TopicPartition, state: PartitionImage)] = []
        func look(_ name: TopicPartition, _ state: PartitionImage?) {
            guard let state, state.isReassigning else { return }
            found.append((name, state))
        }
        if let wanted {
            for name in wanted { look(name, partition(name)) }
        } else {
            forEachTopic { topic in
                topic.forEachPartition { look(TopicPartition(topic.name, $0), $1) }
            }
        }
        return found
    }
}
