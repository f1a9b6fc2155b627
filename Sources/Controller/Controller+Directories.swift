internal import InternalRecords
internal import Metadata
package import Model

/// One replica's directory, as its broker tells it (KIP-858).
package struct DirectoryAssignment: Hashable, Sendable {
    package let directory: DirectoryID
    package let key: PartitionKey

    package init(directory: DirectoryID, key: PartitionKey) {
        self.directory = directory
        self.key = key
    }
}

extension Controller {
    /// A broker tells which directory holds which of its replicas.
    ///
    /// - Returns: an error code for each assignment, in order.
    package func assignReplicas(
        _ assignments: [DirectoryAssignment], by broker: BrokerID, epoch: BrokerEpoch
    ) throws(ControllerError) -> ControllerResult<[ErrorCode]> {
        guard image.metadataVersion.hasDirectories else {
            throw ControllerError(
                .unsupportedVersion, "metadata.version does not support directory assignment")
        }
        let registration = try checkedBroker(broker, epoch)
        var draft = draft
        var codes: [ErrorCode] = []
        var offline: [PartitionKey] = []
        for assignment in assignments {
            let code = assign(assignment, broker, in: &draft)
            codes.append(code)
            if code == .none, !registration.hasOnline(assignment.directory) {
                offline.append(assignment.key)
            }
        }
        leaveOffline(offline, broker, in: &draft)
        return ControllerResult(draft.records, codes)
    }

    private func assign(
        _ assignment: DirectoryAssignment, _ broker: BrokerID, in draft: inout Draft
    ) -> ErrorCode {
        guard let topic = draft.image.topic(assignment.key.topicID) else { return .unknownTopicId }
        guard let partition = topic.partition(assignment.key.partition) else {
            return .unknownTopicOrPartition
        }
        guard let index = partition.replicas.firstIndex(of: broker) else {
            return .notLeaderOrFollower
        }
        guard partition.directories[index] != assignment.directory else { return .none }
        var record = PartitionChangeRecord()
        record.topicID = assignment.key.topicID.uuid
        record.partitionID = assignment.key.partition
        var directories = partition.directories
        directories[index] = assignment.directory
        record.directories = directories.map(\.uuid)
        draft.append(.partitionChange(record))
        return .none
    }

    /// Replicas that turn out to lie in a directory that is offline.
    private func leaveOffline(_ keys: [PartitionKey], _ broker: BrokerID, in draft: inout Draft) {
        for key in keys {
            guard let topic = draft.image.topic(key.topicID) else { continue }
            guard let partition = topic.partition(key.partition) else { continue }
            guard partition.isr.contains(broker) else { continue }
            // Its directory is not online, so it is not acceptable any more.
            var change = draft.change(of: partition, key, in: topic.name)
            change.isr = partition.isr.filter { $0 != broker }
            draft.append(change)
        }
    }
}
