internal import Model

/// A member of a consumer group, by name.
struct ConsumerMemberKey: Hashable, Sendable {
    let group: String
    let member: String
}

/// What is known of members that is not stored: until when they may be silent, and until when they must have done
/// what they were told, such as to give up partitions.
struct ConsumerSessions: Sendable {
    private struct Session {
        var deadline: Instant
        /// When the shard's queue will look at it.
        var queuedAt: Instant
    }

    private var sessions: [ConsumerMemberKey: Session] = [:]
    private var tasks: [ConsumerMemberKey: (epoch: Int32, deadline: Instant)] = [:]

    /// A member was heard of. Returns when the queue must look, if no entry of it will do.
    mutating func heard(
        _ key: ConsumerMemberKey, at now: Instant, lasting length: Duration
    ) -> Instant? {
        let deadline = now + length
        guard let queuedAt = sessions[key]?.queuedAt, queuedAt <= deadline else {
            sessions[key] = Session(deadline: deadline, queuedAt: deadline)
            return deadline
        }
        sessions[key]?.deadline = deadline
        return nil
    }

    enum Verdict: Equatable {
        /// The session begins anew, lest a removal that cannot be written is the end of it.
        case isOver(nextLook: Instant)
        case lookAgain(at: Instant)
        case doesNotCount
    }

    /// The queue looks at a session of `length`.
    mutating func looked(
        at key: ConsumerMemberKey, due: Instant, now: Instant, length: Duration
    ) -> Verdict {
        guard let session = sessions[key], session.queuedAt == due else { return .doesNotCount }
        guard session.deadline > now else {
            let next = now + length
            sessions[key] = Session(deadline: next, queuedAt: next)
            return .isOver(nextLook: next)
        }
        sessions[key]?.queuedAt = session.deadline
        return .lookAgain(at: session.deadline)
    }

    /// A member has been told something at `epoch`. Returns when the queue must look, if it does not yet.
    mutating func mustAct(
        _ key: ConsumerMemberKey, epoch: Int32, by deadline: Instant
    ) -> Instant? {
        if let known = tasks[key], known.epoch == epoch { return nil }
        tasks[key] = (epoch, deadline)
        return deadline
    }

    mutating func hasActed(_ key: ConsumerMemberKey) { tasks[key] = nil }

    /// Whether a member's time to act is over; it gets another if it is not removed for that.
    mutating func isLate(_ key: ConsumerMemberKey, now: Instant) -> Bool {
        guard let known = tasks[key], known.deadline <= now else { return false }
        tasks[key] = nil
        return true
    }

    /// The member is gone.
    mutating func forget(_ key: ConsumerMemberKey) {
        sessions[key] = nil
        tasks[key] = nil
    }
}
