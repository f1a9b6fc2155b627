internal import InternalRecords
internal import Metadata
package import Model

/// What became of one wished election.
package struct ElectionResult: Sendable {
    package let partition: TopicPartition
    /// Nil if it took place.
    package let error: ControllerError?

    package init(partition: TopicPartition, error: ControllerError?) {
        self.partition = partition
        self.error = error
    }
}

extension Controller {
    /// Elects leaders on command (KIP-183, KIP-460).
    ///
    /// - Parameter partitions: nil for all; then partitions that need no election are not in the answer.
    /// - Parameter isUnclean: take any replica that is up if nobody in sync is; else the preferred one.
    package func electLeaders(
        of partitions: [TopicPartition]?, isUnclean: Bool
    ) -> ControllerResult<[ElectionResult]> {
        var draft = draft
        var results: [ElectionResult] = []
        if let partitions {
            for partition in partitions {
                let error = elect(partition, isUnclean: isUnclean, in: &draft)
                results.append(ElectionResult(partition: partition, error: error))
            }
        } else {
            image.forEachTopic { topic in
                topic.forEachPartition { number, _ in
                    guard draft.records.count < ControllerSettings.recordsMax else { return }
                    let partition = TopicPartition(topic.name, number)
                    let error = elect(partition, isUnclean: isUnclean, in: &draft)
                    guard error?.code != .electionNotNeeded else { return }
                    results.append(ElectionResult(partition: partition, error: error))
                }
            }
        }
        return ControllerResult(draft.records, results)
    }

    private func elect(
        _ name: TopicPartition, isUnclean: Bool, in draft: inout Draft
    ) -> ControllerError? {
        guard let topic = draft.image.topic(named: name.topic) else {
            return ControllerError(.unknownTopicOrPartition, "No such topic as \(name.topic)")
        }
        guard let partition = topic.partition(name.partition) else {
            return ControllerError(.unknownTopicOrPartition, "No such partition as \(name)")
        }
        let isNeeded =
            isUnclean
            ? partition.leader == nil : partition.leader != partition.preferredLeader
        guard isNeeded else { return ControllerError(.electionNotNeeded) }
        var change = draft.change(
            of: partition, PartitionKey(topic.id, name.partition), in: topic.name)
        change.election = isUnclean ? .unclean : .preferred
        guard let record = change.record() else {
            return ControllerError(
                isUnclean ? .eligibleLeadersNotAvailable : .preferredLeaderNotAvailable)
        }
        draft.append(.partitionChange(record))
        return nil
    }
}
