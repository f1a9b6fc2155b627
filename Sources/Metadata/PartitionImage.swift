package import Model

/// A partition as the metadata log describes it: who holds it, who is in sync, who leads.
///
/// Invariants (raft.md R1, R10), checked by `violations`: the leader is in the ISR; ISR and eligible leader
/// replicas are disjoint subsets of the replicas; every replica has a directory.
package struct PartitionImage: Hashable, Sendable {
    /// Brokers that hold the partition; the first is the preferred leader.
    package var replicas: [BrokerID]
    /// Where each replica lies, in the order of `replicas` (KIP-858).
    package var directories: [DirectoryID]
    /// The in-sync replicas: those the leader counts on.
    package var isr: [BrokerID]
    /// Outside the ISR but known to hold everything acknowledged (KIP-966).
    package var eligibleLeaderReplicas: [BrokerID] = []
    /// What fell out of the ISR when neither it nor the eligible replicas could hold it (KIP-966).
    package var lastKnownELR: [BrokerID] = []
    /// Replicas a reassignment adds; they are in `replicas` already.
    package var addingReplicas: [BrokerID] = []
    /// Replicas a reassignment removes; they are still in `replicas`.
    package var removingReplicas: [BrokerID] = []
    /// Nil while there is none.
    package var leader: BrokerID?
    package var leaderEpoch: LeaderEpoch = .zero
    package var partitionEpoch: PartitionEpoch = .zero
    /// Whether the leader came from outside the ISR and has not yet finished to recover (KIP-704).
    package var recoveryState: LeaderRecoveryState = .recovered

    package init(
        replicas: [BrokerID], directories: [DirectoryID], isr: [BrokerID], leader: BrokerID?
    ) {
        self.replicas = replicas
        self.directories = directories
        self.isr = isr
        self.leader = leader
    }

    /// The replica that leads when all is well.
    package var preferredLeader: BrokerID? { replicas.first }

    /// Whether a reassignment is under way.
    package var isReassigning: Bool { !addingReplicas.isEmpty || !removingReplicas.isEmpty }

    /// Where the replica on `broker` lies; nil if it has none there.
    package func directory(on broker: BrokerID) -> DirectoryID? {
        guard let index = replicas.firstIndex(of: broker) else { return nil }
        return directories[index]
    }
}

/// Whether a leader holds everything that was acknowledged, or is still finding out (KIP-704).
package enum LeaderRecoveryState: Int8, Sendable {
    case recovered = 0
    case recovering = 1
}
