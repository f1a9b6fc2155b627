internal import InternalRecords
internal import Metadata
package import Model

/// What the controller does without being asked.
extension Controller {
    /// What a deadline led to, for the household to report.
    package enum Occasion: Hashable, Sendable {
        /// Nothing was due, or what was due changed nothing.
        case nothing
        /// A broker was silent for too long.
        case fenced(BrokerID)
        /// Leaders were brought back to their preferred replicas.
        case balanced(elections: Int)
        /// Partitions without a leader got one that may lack records.
        case electedUncleanly(elections: Int)
        /// Nothing else was written for a while (KIP-835).
        case noOp
    }

    /// When `deadlineReached` wants to be called; nil while standing by.
    package var nextDeadline: Instant? {
        guard let active else { return nil }
        guard let silence = active.liveness.nextDeadline else { return active.timers.next }
        return min(silence, active.timers.next)
    }

    /// Decides the one thing that is due first. Call again while `nextDeadline` is not in the future, each
    /// time after accepting the records: brokers are fenced one at a time.
    package mutating func deadlineReached(now: Instant) -> ControllerResult<Occasion> {
        guard active != nil else { return ControllerResult([], .nothing) }
        forgiveStall(now: now)
        if let silent = active?.liveness.expired(at: now) { return fenceSilent(silent) }
        if let due = active?.timers.unclean, due <= now { return electUncleanly(now: now) }
        if let due = active?.timers.balance, due <= now { return balance(now: now) }
        if let due = active?.timers.noOp, due <= now {
            active?.timers.recordsWritten(at: now, settings)
            return ControllerResult([.noOp(NoOpRecord())], .noOp)
        }
        return ControllerResult([], .nothing)
    }

    /// If our own process did not run when silence was due to be noticed, heartbeats may be waiting to be
    /// read: they get the grace of a new controller.
    private mutating func forgiveStall(now: Instant) {
        guard let due = active?.liveness.nextDeadline else { return }
        guard now - due > settings.stallTolerance else { return }
        active?.liveness.stalled(until: now + settings.activationGrace)
    }

    private func fenceSilent(_ broker: BrokerID) -> ControllerResult<Occasion> {
        guard let registration = image.broker(broker) else {
            preconditionFailure("liveness follows the registrations")
        }
        var draft = draft
        draft.fence(registration)
        return ControllerResult(draft.records, .fenced(broker))
    }

    private mutating func electUncleanly(now: Instant) -> ControllerResult<Occasion> {
        var draft = draft
        let before = draft.image
        before.forEachPartition { topic, key, partition in
            guard draft.records.count < ControllerSettings.electionsMax else { return }
            guard partition.leader == nil else { return }
            guard draft.allowsUncleanElection(in: topic.name) else { return }
            draft.append(draft.change(of: partition, key, in: topic.name))
        }
        let isMore = draft.records.count == ControllerSettings.electionsMax
        active?.timers.unclean = isMore ? now : now + settings.uncleanInterval
        let elections = draft.records.count
        return ControllerResult(
            draft.records, elections == 0 ? .nothing : .electedUncleanly(elections: elections))
    }

    private mutating func balance(now: Instant) -> ControllerResult<Occasion> {
        var draft = draft
        let before = draft.image
        before.forEachPartition { topic, key, partition in
            guard draft.records.count < ControllerSettings.electionsMax else { return }
            guard let preferred = partition.preferredLeader else { return }
            guard partition.leader != preferred, partition.isr.contains(preferred) else { return }
            guard draft.isAcceptable(preferred, for: partition) else { return }
            var change = draft.change(of: partition, key, in: topic.name)
            change.election = .preferred
            draft.append(change)
        }
        let isMore = draft.records.count == ControllerSettings.electionsMax
        active?.timers.balance = isMore ? now : settings.balanceInterval.map { now + $0 }
        let elections = draft.records.count
        return ControllerResult(
            draft.records, elections == 0 ? .nothing : .balanced(elections: elections))
    }
}
