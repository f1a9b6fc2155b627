internal import Model

extension PartitionImage {
    /// What can be wrong with a partition by itself (raft.md R1 and R10).
    package enum Violation: Hashable, Sendable {
        case leaderOutsideISR
        case isrOutsideReplicas
        case eligibleOutsideReplicas
        case eligibleInsideISR
        case duplicateReplica
        case directoriesDoNotMatch
        case addingOutsideReplicas
        case removingOutsideReplicas
        case recoveringISRIsNotOne
    }

    /// The first invariant this partition breaks; nil for every state a correct controller writes.
    package var violation: Violation? {
        if let leader, !isr.contains(leader) { return .leaderOutsideISR }
        if !isr.allSatisfy(replicas.contains) { return .isrOutsideReplicas }
        if !eligibleLeaderReplicas.allSatisfy(replicas.contains) { return .eligibleOutsideReplicas }
        if eligibleLeaderReplicas.contains(where: isr.contains) { return .eligibleInsideISR }
        if Self.hasDuplicates(replicas) || Self.hasDuplicates(isr) { return .duplicateReplica }
        if directories.count != replicas.count { return .directoriesDoNotMatch }
        if !addingReplicas.allSatisfy(replicas.contains) { return .addingOutsideReplicas }
        if !removingReplicas.allSatisfy(replicas.contains) { return .removingOutsideReplicas }
        if recoveryState == .recovering, isr.count > 1 { return .recoveringISRIsNotOne }
        return nil
    }

    /// Replica lists are a handful long: comparing all pairs beats any set.
    private static func hasDuplicates(_ brokers: [BrokerID]) -> Bool {
        brokers.indices.contains { brokers[..<$0].contains(brokers[$0]) }
    }
}
