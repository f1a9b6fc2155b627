internal import Bytes
internal import Coordination
internal import Model

/// A member of a classic group.
struct ClassicMember: Equatable, Sendable {
    /// What the member has asked and waits for.
    enum Wait: Equatable, Sendable {
        case nothing
        case join(Ticket)
        case sync(Ticket)
    }

    let id: String
    let instanceID: String?
    let client: GroupClient
    /// Members are told and walked in the order in which they came.
    let number: UInt64
    var session: Duration
    var rebalance: Duration
    /// In the order of its preference.
    var protocols: [ClassicProtocol]
    var assignment = SharedBytes.empty
    var wait = Wait.nothing
    /// It has not been told its id yet, so it cannot send heartbeats.
    var isNew = false
    /// The end of its session, unless it is heard of.
    var deadline: Instant
    /// The entry of the shard's queue that will look at `deadline`.
    var queuedAt = Instant.distantFuture

    var isAwaitingJoin: Bool { if case .join = wait { true } else { false } }

    func metadata(for name: String) -> SharedBytes {
        protocols.first { $0.name == name }?.metadata ?? .empty
    }

    /// Of `candidates`, the one that the member likes best.
    func vote(among candidates: Set<String>) -> String? {
        protocols.first { candidates.contains($0.name) }?.name
    }

    /// The later of two sessions: a queue entry that looks too early asks again, one that looks too late must
    /// be preceded by another. Returns when to be called, if no entry will do.
    mutating func heard(at now: Instant, lasting length: Duration) -> Instant? {
        deadline = now + length
        guard deadline < queuedAt else { return nil }
        queuedAt = deadline
        return deadline
    }
}
