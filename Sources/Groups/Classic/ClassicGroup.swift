internal import Bytes
internal import Coordination
internal import InternalRecords
internal import Model

/// A group of the classic protocol: its members meet at the coordinator, one of them shares the partitions out.
///
/// ```
///            ┌────────── a member joins or leaves ──────────┐
///            ▼                                              │
///   empty ─► preparing ── all joined, or time over ─► completing ── leader's assignment stored ─► stable
///     ▲         │                                        │                                          │
///     └─────────┴── nobody is left ──────────────────────┴───── a member joins, leaves, changes ────┘
/// ```
///
/// What is stored is the last generation that was completed: members, their subscriptions and assignments. The
/// rest lives in memory only; after a failover members of the stored generation go on, all others join anew. So
/// this group changes by its members' events directly, and its records are not replayed while it lives.
///
/// Invariants: `generation` grows by one with each completed join phase. Each waiting member holds one ticket,
/// which is answered once, whatever happens. The leader is a member, unless there are none.
struct ClassicGroup: Sendable {
    enum Phase: Equatable, Sendable {
        case empty
        /// Members join again. `isInitial`: the group was empty, and waits a little for more members.
        case preparing(isInitial: Bool)
        /// Members wait for the leader's assignment.
        case completing
        case stable

        /// Kafka's name of the state.
        var name: String {
            switch self {
            case .empty: "Empty"
            case .preparing: "PreparingRebalance"
            case .completing: "CompletingRebalance"
            case .stable: "Stable"
            }
        }

        var isPreparing: Bool { if case .preparing = self { true } else { false } }
    }

    let id: String
    var phase = Phase.empty
    var generation: Int32 = 0
    /// `consumer`, or another use of groups (`connect`); nil for a group that only stores offsets.
    var protocolType: String?
    /// What the members agreed on for this generation.
    var protocolName: String?
    var leader: String?
    var members: [String: ClassicMember] = [:]
    /// Member ids of static members (KIP-345).
    var staticMembers: [String: String] = [:]
    /// Ids that were given out and not joined with yet, with the end of their time (KIP-394).
    var pendingJoins: [String: Instant] = [:]
    /// Members of this generation that have not asked for their assignment yet.
    var pendingSyncs: Set<String> = []
    /// How many members speak each protocol.
    var support: [String: Int] = [:]
    /// How many members wait for the join phase to end.
    var awaitingJoin = 0
    /// Topics of the members' subscriptions; nil if they cannot be known.
    var subscribedTopics: Set<String>?
    /// When the state last changed, as stored.
    var stateTime: Timestamp?

    /// The join phase ends then at the latest.
    var joinDeadline: Instant?
    /// What is left of the first rebalance's time after `joinDeadline`.
    var initialRemaining = Duration.zero
    /// Somebody joined since the initial delay began to run.
    var hasNewMember = false
    var syncDeadline: Instant?
    var nextNumber: UInt64 = 0

    var rebalance: OpenRebalance?
    /// The record says that the members must meet first: the group was a consumer group.
    var mustMeet = false

    init(id: String) { self.id = id }

    // MARK: Queries

    /// Members in the order in which they came.
    var membersInOrder: [ClassicMember] { members.values.sorted { $0.number < $1.number } }

    var allHaveJoined: Bool { members.count == awaitingJoin && pendingJoins.isEmpty }

    /// The longest time that any member gives the others to join again.
    var rebalanceTime: Duration { members.values.map(\.rebalance).max() ?? .zero }

    /// Whether a member with these protocols could be in the group.
    func supports(_ type: String, _ protocols: [ClassicProtocol]) -> Bool {
        if phase == .empty { return !type.isEmpty && !protocols.isEmpty }
        return type == protocolType
            && protocols.contains { (support[$0.name] ?? 0) == members.count }
    }

    /// The protocols that all members speak.
    private var candidates: Set<String> {
        Set(support.lazy.filter { $0.value == members.count }.map(\.key))
    }

    /// What most members like best among what all speak. At a tie what the member likes that came first.
    func elected() -> String? {
        let candidates = candidates
        var votes: [(name: String, count: Int)] = []
        for member in membersInOrder {
            guard let vote = member.vote(among: candidates) else { continue }
            if let index = votes.firstIndex(where: { $0.name == vote }) {
                votes[index].count += 1
            } else {
                votes.append((vote, 1))
            }
        }
        var best: (name: String, count: Int)?
        for vote in votes where vote.count > (best?.count ?? 0) { best = vote }
        return best?.name
    }

    /// Checks that a request comes from who it says; nil if it does.
    func fault(of claim: MemberClaim) -> ErrorCode? {
        if let instance = claim.instanceID {
            guard let known = staticMembers[instance] else { return .unknownMemberId }
            guard known == claim.memberID else { return .fencedInstanceId }
        }
        return members[claim.memberID] == nil ? .unknownMemberId : nil
    }

    /// The same with the generation.
    func faultOfCurrent(_ claim: MemberClaim) -> ErrorCode? {
        if let fault = fault(of: claim) { return fault }
        return claim.generation == generation ? nil : .illegalGeneration
    }

    /// Whether the group has room for a member, who may be one already.
    func hasRoom(for memberID: String, limit: Int) -> Bool {
        switch phase {
        case .empty: true
        case .preparing: members[memberID]?.isAwaitingJoin == true || awaitingJoin < limit
        case .completing, .stable: members[memberID] != nil || members.count < limit
        }
    }

    // MARK: Members

    mutating func add(_ member: ClassicMember, _ turn: inout Turn) {
        precondition(members[member.id] == nil, "a member joins a group once")
        if let instance = member.instanceID { staticMembers[instance] = member.id }
        if leader == nil { leader = member.id }
        if member.isAwaitingJoin { awaitingJoin += 1 }
        count(member.protocols, by: 1)
        pendingJoins[member.id] = nil
        members[member.id] = member
    }

    /// Takes a member out. Whatever it waits for is answered with UNKNOWN_MEMBER_ID.
    mutating func remove(
        _ memberID: String, _ turn: inout Turn, telling error: ErrorCode = .unknownMemberId
    ) {
        guard let member = members.removeValue(forKey: memberID) else { return }
        count(member.protocols, by: -1)
        if let instance = member.instanceID, staticMembers[instance] == memberID {
            staticMembers[instance] = nil
        }
        answer(member, error, &turn)
        pendingSyncs.remove(memberID)
        if leader == memberID {
            leader = members.values.min { $0.number < $1.number }?.id
        }
    }

    /// Ends what a member waits for with an error.
    mutating func answer(_ member: ClassicMember, _ error: ErrorCode, _ turn: inout Turn) {
        switch member.wait {
        case .nothing: break
        case .join(let ticket):
            awaitingJoin -= 1
            turn.reply(ticket, .joined(.failure(error, member.id)))
        case .sync(let ticket):
            var reply = SyncReply()
            reply.error = error
            turn.reply(ticket, .synced(reply))
            // Its session was not looked at while it waited for us.
            heard(from: member.id, &turn)
        }
        members[member.id]?.wait = .nothing
    }

    mutating func count(_ protocols: [ClassicProtocol], by difference: Int) {
        for name in Set(protocols.map(\.name)) {
            let count = (support[name] ?? 0) + difference
            support[name] = count == 0 ? nil : count
        }
    }

    /// A member was heard of: its session begins anew.
    mutating func heard(from memberID: String, _ turn: inout Turn) {
        guard let session = members[memberID]?.session else { return }
        heard(from: memberID, lasting: session, &turn)
    }

    mutating func heard(from memberID: String, lasting length: Duration, _ turn: inout Turn) {
        if let due = members[memberID]?.heard(at: turn.now, lasting: length) {
            turn.wake(.session(group: id, member: memberID), at: due)
        }
    }

    mutating func enter(_ phase: Phase, _ turn: Turn) {
        self.phase = phase
        stateTime = turn.time
    }

    func assertInvariants() {
        assert(
            members.isEmpty || leader.map { members[$0] != nil } == true, "the leader is a member")
        assert(awaitingJoin == members.values.count { $0.isAwaitingJoin }, "who waits is counted")
        assert(phase != .empty || members.isEmpty, "an empty group has no members")
    }
}
