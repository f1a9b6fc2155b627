internal import Configuration
internal import Model
internal import Ports
internal import Replication
internal import Synchronization

/// What throttled replicas of this node may copy, one way, in a second (KIP-73). All loops draw on it together.
///
/// A bucket that holds a second's worth: what is copied is taken out, and while it is empty throttled replicas wait.
/// The last piece may be larger than what is left, and is paid for by waiting longer; so the mean is the rate,
/// whatever the size of a piece.
final class ReplicationQuota: Sendable {
    private struct State {
        var left: Double = 0
        var rate: Int = .max
        var since = Instant.zero
    }

    private let state = Mutex(State())

    /// Whether throttled replicas must wait. A new `rate` begins with a full bucket.
    func isExceeded(at now: Instant, rate: Int) -> Bool {
        guard rate < .max else { return false }
        return state.withLock { state in
            if state.rate != rate {
                state = State(left: Double(rate), rate: rate, since: now)
            } else {
                Self.fill(&state, now)
            }
            return state.left <= 0
        }
    }

    /// Throttled replicas copied `bytes`.
    func copied(_ bytes: Int, at now: Instant) {
        state.withLock { state in
            guard state.rate < .max else { return }
            Self.fill(&state, now)
            state.left -= Double(bytes)
        }
    }

    private static func fill(_ state: inout State, _ now: Instant) {
        let seconds = Double((now - state.since).inMilliseconds) / 1000
        guard seconds > 0 else { return }
        let full = Double(state.rate)
        state.left = min(full, state.left + seconds * full)
        state.since = now
    }
}

extension Partition {
    /// Whether records to `follower` wait because the leaders' rate is used up. Replicas in sync are not slowed down.
    func isHeldBack(for follower: BrokerID) -> Bool {
        guard isThrottled(for: follower) else { return false }
        return shard.node.leaderQuota.isExceeded(
            at: shard.loop.now, rate: shard.brokerSettings.int("leader.replication.throttled.rate"))
    }

    /// Whether what `follower` gets counts for the leaders' rate.
    func isThrottled(for follower: BrokerID) -> Bool {
        settings.throttledLeaders.contains(
            partition: key.partition, broker: shard.nodeID.rawValue)
            && leader?.inSyncReplicas.contains(follower) == false
    }

    /// Whether what this follower gets counts for the followers' rate.
    var isThrottledFollower: Bool {
        settings.throttledFollowers.contains(
            partition: key.partition, broker: shard.nodeID.rawValue)
            && !assigned.inSyncReplicas.contains(shard.nodeID)
    }

    /// Whether this follower waits because the followers' rate is used up.
    var isHeldBack: Bool {
        guard isThrottledFollower else { return false }
        return shard.node.followerQuota.isExceeded(
            at: shard.loop.now,
            rate: shard.brokerSettings.int("follower.replication.throttled.rate"))
    }
}
