package import Model

/// A member of an ISR that the leader asks for, with the registration it was seen under (KIP-903).
package struct ISRMember: Equatable, Sendable {
    package let id: BrokerID
    /// `.none` for the leader itself, whose epoch the sender fills in, and for brokers that send none.
    package let brokerEpoch: BrokerEpoch

    package init(id: BrokerID, brokerEpoch: BrokerEpoch) {
        self.id = id
        self.brokerEpoch = brokerEpoch
    }
}

/// What a leader asks the controller for with AlterPartition (KIP-497).
package struct ISRChange: Equatable, Sendable {
    package let leaderEpoch: LeaderEpoch
    /// The state the change is based on; the controller refuses it if that is no longer the newest.
    package let partitionEpoch: PartitionEpoch
    /// The whole ISR wanted.
    package let members: [ISRMember]
    /// False asks to end the recovery after an unclean election.
    package var isRecovering: Bool

    package init(
        leaderEpoch: LeaderEpoch, partitionEpoch: PartitionEpoch, members: [ISRMember],
        isRecovering: Bool
    ) {
        self.leaderEpoch = leaderEpoch
        self.partitionEpoch = partitionEpoch
        self.members = members
        self.isRecovering = isRecovering
    }
}

/// What came of a follower's fetch.
package enum FollowerFetchOutcome: Equatable, Sendable {
    /// Taken note of. `change`: an ISR to ask the controller for.
    case recorded(highWatermarkMoved: Bool, change: ISRChange?)
    /// The broker is not a replica of the partition.
    case unknownReplica
    /// A newer registration of that broker has fetched already.
    case staleBroker
}

/// A partition's state as the controller has it, as far as its replicas care.
package struct AssignedState: Equatable, Sendable {
    /// `.none` when there is no leader.
    package let leader: BrokerID
    package let leaderEpoch: LeaderEpoch
    package let partitionEpoch: PartitionEpoch
    package let replicas: [BrokerID]
    package let inSyncReplicas: [BrokerID]
    package let isRecovering: Bool

    package init(
        leader: BrokerID, leaderEpoch: LeaderEpoch, partitionEpoch: PartitionEpoch,
        replicas: [BrokerID], inSyncReplicas: [BrokerID], isRecovering: Bool = false
    ) {
        self.leader = leader
        self.leaderEpoch = leaderEpoch
        self.partitionEpoch = partitionEpoch
        self.replicas = replicas
        self.inSyncReplicas = inSyncReplicas
        self.isRecovering = isRecovering
    }

    /// Before the metadata has told anything.
    package static let unknown = AssignedState(
        leader: .none, leaderEpoch: .none, partitionEpoch: PartitionEpoch(-1), replicas: [],
        inSyncReplicas: [])

    /// The same state with another list of replicas.
    package func with(replicas: [BrokerID]) -> AssignedState {
        AssignedState(
            leader: leader, leaderEpoch: leaderEpoch, partitionEpoch: partitionEpoch,
            replicas: replicas, inSyncReplicas: inSyncReplicas, isRecovering: isRecovering)
    }
}
