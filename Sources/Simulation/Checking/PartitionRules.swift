internal import Broker
internal import Metadata
internal import Model

/// The rules of partitions, on the replicas' states and disks.
final class PartitionRules {
    let violations: Violations
    let disks: NodeDisks
    private(set) var tracks: [PartitionKey: PartitionTrack] = [:]
    private var excused: Set<BrokerID> = []
    /// Called when a log of a node was seen to be cut: a good moment for its power to fail.
    var whenCut: (BrokerID) -> Void = { _ in }

    init(_ disks: NodeDisks, _ violations: Violations) {
        self.disks = disks
        self.violations = violations
    }

    /// Below this everything is committed.
    func committedEnd(of key: PartitionKey) -> Offset { tracks[key]?.committed.end ?? .zero }

    /// The newest leadership that a leader was seen in.
    func newestReign(of key: PartitionKey) -> (node: BrokerID, epoch: LeaderEpoch)? {
        guard let reign = tracks[key]?.reigns.max(by: { $0.key < $1.key }) else { return nil }
        return (reign.value.life.node, reign.key)
    }

    /// A partition's log need not keep what was committed.
    func isVolatile(_ key: PartitionKey) -> Bool { tracks[key]?.isVolatile ?? false }

    /// The node's disk was taken out: its promises are void until the controller knows.
    func excuse(_ node: BrokerID) {
        excused.insert(node)
        for track in tracks.values { track.excused.insert(node) }
    }

    func track(_ key: PartitionKey, _ name: TopicPartition) -> PartitionTrack {
        if let track = tracks[key] { return track }
        let track = PartitionTrack(name)
        track.excused = excused
        tracks[key] = track
        return track
    }

    // MARK: The controller's side

    func stateCommitted(_ key: PartitionKey, _ name: TopicPartition, _ state: PartitionImage) {
        let track = track(key, name)
        if let newest = track.newest, newest.partitionEpoch > state.partitionEpoch { return }
        track.newest = state
        let candidates = track.candidates
        for node in track.excused where !candidates.contains(node) {
            track.excused.remove(node)
            track.struckOff[node] = state.partitionEpoch
        }
        for candidate in candidates where !track.isExcused(candidate) {
            checkComplete(candidate, track)
        }
    }

    func topicDeleted(_ id: TopicID) {
        for (key, track) in tracks where key.topicID == id { track.isDeleted = true }
    }

    private func checkComplete(_ node: BrokerID, _ track: PartitionTrack) {
        guard !track.isVolatile, let log = disks.log(of: node, track.name, .durable) else {
            return
        }
        if let difference = track.committed.difference(from: log, in: .zero..<track.committed.end) {
            violations.report(
                .candidatesAreComplete,
                "\(track.name): node \(node.rawValue) is in the ISR or ELR, and on its disk: "
                    + difference)
        }
    }

    // MARK: The replicas' side

    /// - Parameter committedISR: what the controller has committed at a partition epoch.
    func observe(
        _ facts: ReplicaFacts, of life: Checker.Life,
        committedISR: (PartitionEpoch) -> [BrokerID]?
    ) {
        let track = track(facts.key, facts.partition)
        // A follower that has heard of it first promises no sync any more.
        if !facts.flushesBeforeAck { track.isVolatile = true }
        let sight = PartitionTrack.Sight(facts)
        let before = track.sights[life]
        guard before != sight else { return }
        track.sights[life] = sight
        if before?.directory != sight.directory {
            disks.lies(facts.partition, on: life.node, in: sight.directory)
        }
        if let before, sight.logEndOffset < before.logEndOffset { whenCut(life.node) }
        checkBooks(facts, life, track, before)
        if facts.isLeader {
            checkReign(facts, life, track)
            checkISR(facts, life, track, committedISR)
            if facts.highWatermark > track.committed.end { commit(facts, life, track) }
        } else if let before, before.isLeader, facts.highWatermark > track.committed.end {
            commit(facts.asLed(before), life, track)
        }
        if facts.highWatermark > before?.highWatermark ?? .zero {
            checkMatch(facts, life, track, from: before?.highWatermark ?? .zero)
        }
        checkMember(facts, life, track)
    }

    private func checkReign(_ facts: ReplicaFacts, _ life: Checker.Life, _ track: PartitionTrack) {
        let name = "\(track.name) epoch \(facts.leaderEpoch.rawValue)"
        if let reign = track.reigns[facts.leaderEpoch] {
            if reign.life.node != life.node {
                violations.report(
                    .oneLeaderPerLeaderEpoch,
                    "\(name) has two leaders, \(reign.life.node.rawValue) and \(life.node.rawValue)"
                )
            } else if reign.life == life, facts.highWatermark < reign.highWatermark {
                violations.report(
                    .highWatermarkNeverFalls,
                    "\(name): the high watermark fell from \(reign.highWatermark.rawValue) to "
                        + "\(facts.highWatermark.rawValue)")
            }
        }
        if track.reigns[facts.leaderEpoch]?.life != life { checkNewLeader(facts, life, track) }
        track.reigns[facts.leaderEpoch] = PartitionTrack.Reign(
            life: life, highWatermark: facts.highWatermark)
    }

    private func checkNewLeader(
        _ facts: ReplicaFacts, _ life: Checker.Life, _ track: PartitionTrack
    ) {
        guard !track.damaged.contains(life.node),
            let log = disks.log(of: life.node, track.name, .seen)
        else { return }
        let end = track.committed.end(through: facts.leaderEpoch)
        guard let difference = track.committed.difference(from: log, in: .zero..<end) else {
            return
        }
        guard !track.isVolatile else {
            log.refresh()
            return track.committed.forget(from: min(log.end, facts.highWatermark))
        }
        violations.report(
            .leaderIsComplete,
            "\(track.name) epoch \(facts.leaderEpoch.rawValue): leader \(life.node.rawValue): "
                + difference)
    }

    private func checkISR(
        _ facts: ReplicaFacts, _ life: Checker.Life, _ track: PartitionTrack,
        _ committedISR: (PartitionEpoch) -> [BrokerID]?
    ) {
        let isr = facts.inSyncReplicas.sorted()
        guard let committed = committedISR(facts.partitionEpoch)?.sorted() else {
            return violations.report(
                .isrIsAsCommitted,
                "\(track.name): node \(life.node.rawValue) has applied partition epoch "
                    + "\(facts.partitionEpoch.rawValue), which nobody committed")
        }
        guard committed != isr else { return }
        violations.report(
            .isrIsAsCommitted,
            "\(track.name): node \(life.node.rawValue) counts on \(isr.map(\.rawValue)) at partition "
                + "epoch \(facts.partitionEpoch.rawValue), committed is \(committed.map(\.rawValue))"
        )
    }

    private func commit(_ facts: ReplicaFacts, _ life: Checker.Life, _ track: PartitionTrack) {
        guard let log = disks.log(of: life.node, track.name, .seen) else { return }
        let from = track.committed.end
        let range = from..<facts.highWatermark
        track.committed.append(
            log.prints(in: range), in: facts.leaderEpoch,
            records: facts.isCompacted ? log.records(in: range) : nil)
        guard !track.isVolatile, !track.isDeleted else { return }
        for member in facts.inSyncReplicas {
            guard let difference = missing(range, on: member, facts.partitionEpoch, track) else {
                continue
            }
            violations.report(
                .committedIsDurable,
                "\(track.name) epoch \(facts.leaderEpoch.rawValue): leader \(life.node.rawValue) "
                    + "commits up to \(facts.highWatermark.rawValue); on the disk of "
                    + "\(member.rawValue): \(difference)")
        }
    }

    /// What a member's disk lacks of what is committed; nil if nothing.
    ///
    /// A leader that acts on a state from before the member was struck off may count on what is on the disk that
    /// was taken out: the member had it when it said so, and the others have it still.
    private func missing(
        _ range: Range<Offset>, on member: BrokerID, _ epoch: PartitionEpoch,
        _ track: PartitionTrack
    ) -> String? {
        guard let log = disks.log(of: member, track.name, .durable) else { return nil }
        let difference = track.committed.difference(from: log, in: range)
        let mayBeLost =
            track.isExcused(member) || track.struckOff[member].map { $0 > epoch } ?? false
        guard difference != nil, mayBeLost else { return difference }
        // A disk that was damaged, not taken out, does not tell what it had.
        let former = disks.formerLog(of: member, track.name)
        return former.flatMap { track.committed.difference(from: $0, in: range) }
    }

    private func checkMatch(
        _ facts: ReplicaFacts, _ life: Checker.Life, _ track: PartitionTrack, from: Offset
    ) {
        guard !track.isVolatile, !track.isExcused(life.node) else { return }
        guard let log = disks.log(of: life.node, track.name, .seen) else { return }
        let end = facts.highWatermark
        if end > track.committed.end {
            violations.report(
                .logsMatch,
                "\(track.name): node \(life.node.rawValue) has high watermark \(end.rawValue), "
                    + "committed is \(track.committed.end.rawValue)")
        }
        if let difference = track.committed.difference(from: log, in: from..<end) {
            violations.report(
                .logsMatch, "\(track.name): node \(life.node.rawValue): \(difference)")
        }
    }

    /// A member of the ISR has everything committed at any time, so it never cuts below that.
    private func checkMember(_ facts: ReplicaFacts, _ life: Checker.Life, _ track: PartitionTrack) {
        guard !track.isVolatile, !track.isExcused(life.node) else { return }
        guard track.newest?.isr.contains(life.node) == true else { return }
        guard facts.logEndOffset < track.committed.end else { return }
        violations.report(
            .candidatesAreComplete,
            "\(track.name): node \(life.node.rawValue) is in the ISR and has only "
                + "\(facts.logEndOffset.rawValue) of \(track.committed.end.rawValue)")
    }
}

extension ReplicaFacts {
    /// What a leader committed in the turn in which it also heard that it leads no more: whom it counted on then
    /// was not seen, but whom before.
    fileprivate func asLed(_ before: PartitionTrack.Sight) -> ReplicaFacts {
        ReplicaFacts(
            key: key, partition: partition, isLeader: true, leaderEpoch: before.leaderEpoch,
            partitionEpoch: before.partitionEpoch, inSyncReplicas: before.inSyncReplicas,
            logEndOffset: logEndOffset, highWatermark: highWatermark,
            flushesBeforeAck: flushesBeforeAck, isCompacted: isCompacted,
            directory: directory, newestEpochStart: newestEpochStart)
    }
}
