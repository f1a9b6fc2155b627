internal import InternalRecords
package import Metadata
package import Model

/// A leader's wish to change the ISR of one partition (KIP-497).
package struct PartitionAlteration: Sendable {
    package var key: PartitionKey
    package var leaderEpoch: LeaderEpoch
    package var partitionEpoch: PartitionEpoch
    /// The new ISR, each with the broker epoch the leader knows of it; `.none` if it does not (KIP-903). Without
    /// the leader itself it asks for another leader, its first member if that can lead.
    package var isr: [(broker: BrokerID, epoch: BrokerEpoch)]
    /// As on the wire: 0 recovered, 1 recovering.
    package var recoveryState: Int8

    package init(
        key: PartitionKey, leaderEpoch: LeaderEpoch, partitionEpoch: PartitionEpoch,
        isr: [(broker: BrokerID, epoch: BrokerEpoch)], recoveryState: Int8 = 0
    ) {
        self.key = key
        self.leaderEpoch = leaderEpoch
        self.partitionEpoch = partitionEpoch
        self.isr = isr
        self.recoveryState = recoveryState
    }
}

/// What became of one alteration: the partition as it is then, or an error.
package struct PartitionAlterationResult: Sendable {
    package let key: PartitionKey
    package let outcome: Result<PartitionImage, ControllerError>

    package init(key: PartitionKey, outcome: Result<PartitionImage, ControllerError>) {
        self.key = key
        self.outcome = outcome
    }
}

extension Controller {
    /// A leader shrinks or grows ISRs, or says that it has recovered (raft.md §9, AlterPartition).
    package func alterPartitions(
        _ alterations: [PartitionAlteration], by leader: BrokerID, epoch: BrokerEpoch
    ) throws(ControllerError) -> ControllerResult<[PartitionAlterationResult]> {
        _ = try checkedBroker(leader, epoch)
        var draft = draft
        var results: [PartitionAlterationResult] = []
        for alteration in alterations {
            results.append(
                PartitionAlterationResult(
                    key: alteration.key, outcome: alter(alteration, by: leader, in: &draft)))
        }
        return ControllerResult(draft.records, results)
    }

    private func alter(
        _ alteration: PartitionAlteration, by leader: BrokerID, in draft: inout Draft
    ) -> Result<PartitionImage, ControllerError> {
        let key = alteration.key
        guard let topic = draft.image.topic(key.topicID) else {
            return .failure(ControllerError(.unknownTopicId))
        }
        guard let partition = topic.partition(key.partition) else {
            return .failure(ControllerError(.unknownTopicOrPartition))
        }
        if let error = fault(in: alteration, by: leader, of: partition, draft) {
            return .failure(error)
        }
        var change = draft.change(of: partition, key, in: topic.name)
        change.isr = alteration.isr.map(\.broker)
        if !change.isr.contains(leader) { change.election = .successor }
        change.recoveryState = LeaderRecoveryState(rawValue: alteration.recoveryState) ?? .recovered
        draft.append(change)
        guard let after = draft.image.partition(key) else {
            preconditionFailure("a change does not remove a partition")
        }
        // The leadership was handed over, or a finished reassignment has moved it: the asker must stand down.
        guard after.leader == leader, after.leaderEpoch == alteration.leaderEpoch else {
            return .failure(ControllerError(.newLeaderElected))
        }
        return .success(after)
    }

    /// The first rule an alteration breaks, in the order in which they are checked.
    private func fault(
        in alteration: PartitionAlteration, by leader: BrokerID, of partition: PartitionImage,
        _ draft: Draft
    ) -> ControllerError? {
        // The sender has seen more of the log than we have: we are not the active controller any more.
        if alteration.leaderEpoch > partition.leaderEpoch
            || alteration.partitionEpoch > partition.partitionEpoch
        {
            return notActive
        }
        if alteration.leaderEpoch < partition.leaderEpoch {
            return ControllerError(.fencedLeaderEpoch)
        }
        if leader != partition.leader {
            return ControllerError(.invalidRequest, "The sender does not lead the partition")
        }
        if alteration.partitionEpoch < partition.partitionEpoch {
            return ControllerError(.invalidUpdateVersion)
        }
        return faultOfISR(alteration, leader, partition)
            ?? ineligible(alteration, leader, partition, draft)
    }

    private func faultOfISR(
        _ alteration: PartitionAlteration, _ leader: BrokerID, _ partition: PartitionImage
    ) -> ControllerError? {
        func invalid(_ reason: String) -> ControllerError {
            ControllerError(.invalidRequest, reason)
        }
        let isr = alteration.isr.map(\.broker)
        for (index, broker) in isr.enumerated() {
            if !partition.replicas.contains(broker) || isr[..<index].contains(broker) {
                return invalid("The new ISR is no subset of the replicas")
            }
        }
        if !isr.contains(leader), isr.isEmpty || !isr.allSatisfy(partition.isr.contains) {
            return invalid("The leader leaves the ISR to others who are not in it")
        }
        guard let state = LeaderRecoveryState(rawValue: alteration.recoveryState) else {
            return invalid("Unknown leader recovery state")
        }
        if state == .recovering, isr.count > 1 {
            return invalid("A recovering leader is alone in its ISR")
        }
        if state == .recovering, partition.recoveryState == .recovered {
            return invalid("A recovered leader does not recover again")
        }
        return nil
    }

    private func ineligible(
        _ alteration: PartitionAlteration, _ leader: BrokerID, _ partition: PartitionImage,
        _ draft: Draft
    ) -> ControllerError? {
        for member in alteration.isr
        where !draft.image.isEligible(member.broker, epoch: member.epoch) {
            return ControllerError(
                .ineligibleReplica,
                "Broker \(member.broker.rawValue) is fenced, shutting down, or another incarnation")
        }
        let isr = alteration.isr.map(\.broker)
        if !isr.contains(leader), !isr.contains(where: { draft.isAcceptable($0, for: partition) }) {
            return ControllerError(.ineligibleReplica, "No other member of the ISR can lead")
        }
        return nil
    }
}
