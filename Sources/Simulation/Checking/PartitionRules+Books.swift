internal import Broker
internal import Model

/// What a node keeps about its logs beside them: the epochs, and how far a recovery need not look.
extension PartitionRules {
    func checkBooks(
        _ facts: ReplicaFacts, _ life: Checker.Life, _ track: PartitionTrack,
        _ before: PartitionTrack.Sight?
    ) {
        checkEpochs(facts, life, track, before)
        guard let before, before.directory == facts.directory else { return }
        checkRecoveryPoint(facts, life, track, from: before.logEndOffset)
    }

    /// A leader notes its epoch where its first record will be; that one begins at the end.
    private func checkEpochs(
        _ facts: ReplicaFacts, _ life: Checker.Life, _ track: PartitionTrack,
        _ before: PartitionTrack.Sight?
    ) {
        guard let start = facts.newestEpochStart, start >= facts.logEndOffset else { return }
        let wasCut = before.map { facts.logEndOffset < $0.logEndOffset } ?? false
        let mayBeEmpty = facts.isLeader || !wasCut
        guard start > facts.logEndOffset || !mayBeEmpty else { return }
        violations.report(
            .epochsAreOfTheLog,
            "\(track.name): the log of node \(life.node.rawValue) ends at "
                + "\(facts.logEndOffset.rawValue) and has an epoch that begins at \(start.rawValue)"
        )
    }

    /// What was appended from `offset` on has hardly been synced: it must lie above the recovery point.
    private func checkRecoveryPoint(
        _ facts: ReplicaFacts, _ life: Checker.Life, _ track: PartitionTrack, from offset: Offset
    ) {
        guard facts.logEndOffset > offset, !track.isExcused(life.node) else { return }
        let end = min(facts.logEndOffset, disks.recoveryPoint(of: life.node, track.name))
        guard offset < end, let seen = disks.log(of: life.node, track.name, .seen),
            let durable = disks.log(of: life.node, track.name, .durable)
        else { return }
        let written = seen.prints(in: offset..<end)
        guard written != durable.prints(in: offset..<end) else { return }
        violations.report(
            .recoveryPointsHold,
            "\(track.name): node \(life.node.rawValue) writes at \(offset.rawValue), and a recovery "
                + "would take everything below \(end.rawValue) for whole")
    }
}
