internal import Model

/// How a member walks from what it has to what it is to have.
extension ConsumerGroup {
    /// The member's next step, given what it says it has (nil: nothing new).
    func next(for member: ConsumerMember, owned: PartitionSet?) -> ConsumerMember {
        switch member.state {
        case .stable:
            return member.epoch == targetEpoch ? member : step(member, owned)
        case .unrevoked:
            // Until it says that it has given up what it must, nothing else happens to it.
            guard let owned, owned.intersection(member.revoking).isEmpty else { return member }
            var free = member
            if free.epoch < targetEpoch {
                free.previousEpoch = member.epoch
                free.epoch += 1
            }
            return step(free, owned)
        case .unreleased:
            return step(member, owned)
        }
    }

    private func step(_ member: ConsumerMember, _ owned: PartitionSet?) -> ConsumerMember {
        let goal = target[member.id] ?? PartitionSet()
        let kept = member.assigned.intersection(goal)
        let surplus = member.assigned.subtracting(goal)
        var next = member
        let stillHasSurplus = owned.map { !$0.intersection(surplus).isEmpty } ?? true
        if !surplus.isEmpty, stillHasSurplus {
            next.assigned = kept
            next.revoking = surplus
            next.state = .unrevoked
            return next
        }
        let wanted = goal.subtracting(kept)
        let free = wanted.filter { isFree($0, for: member) }
        next.assigned = kept.union(free)
        next.revoking = PartitionSet()
        next.state = free.count == wanted.count ? .stable : .unreleased
        if next.epoch != targetEpoch {
            next.previousEpoch = member.epoch
            next.epoch = targetEpoch
        }
        return next
    }

    /// What another member has not given up, or this one itself has to, is not free.
    private func isFree(_ key: PartitionKey, for member: ConsumerMember) -> Bool {
        guard let owner = owner(of: key) else { return true }
        return owner == member.id && !member.revoking.contains(key)
    }

    /// Whether a member is to have something that is not free yet.
    func isWaiting(_ member: ConsumerMember) -> Bool {
        let missing = (target[member.id] ?? PartitionSet()).subtracting(member.assigned)
        return missing.keys.contains { !isFree($0, for: member) }
    }
}
