package import Model

/// Targets of large groups are made away from the loop (KIP-1263), one at a time for each group.
///
/// The group may change meanwhile. A target belongs to the epoch it was made for, so it is taken all the same: who
/// has left gets nothing, who has come since waits for the next one, which is due `assignmentInterval` later. If
/// targets that were overtaken were thrown away, a group that never rests would never get one.
extension GroupShard {
    /// The household comes to make the target of a group: what it takes; nil if there is nothing to do, or if
    /// one is being made.
    package mutating func beginTarget(of group: String) -> TargetTask? {
        consumers.beginTarget(of: group, image, settings)
    }

    /// There is no room for the work. The next heartbeat of a member asks again.
    package mutating func targetRefused(_ task: TargetTask) {
        _ = consumers.endTarget(of: task.group, task.number)
    }

    /// A target is made. It is dropped if its group has ended since, or got a newer one.
    package mutating func targetMade(
        _ target: GroupTarget, now: Instant, time: Timestamp
    ) -> [GroupEffect] {
        handle(now, time) { shard, turn in
            guard shard.consumers.endTarget(of: target.group, target.number),
                let group = shard.consumers.groups[target.group], target.epoch > group.targetEpoch
            else { return }
            var draft = ConsumerDraft(group)
            if target.isForAny(of: group) { draft.take(target, turn) }
            // What has changed meanwhile has its turn; at once if nobody is left of those it was made for.
            draft.retargetIfDue(shard.image, &turn)
            guard !draft.records.isEmpty else { return }
            shard.finishIfStable(draft.group, "", &turn)
            // In several batches if need be: the record of the epoch is the last, and until it is there the members
            // go by the target before; a coordinator that finds half of it makes another.
            shard.write(draft.records, &turn)
        }
    }
}
