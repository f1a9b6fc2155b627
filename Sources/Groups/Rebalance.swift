package import Model

/// A rebalance that has ended: why it began, how long it took, and whom the group waited for.
package struct Rebalance: Equatable, Sendable {
    /// Why a group shares its partitions out anew.
    package enum Cause: Equatable, Sendable {
        case memberJoined
        case memberRejoined
        case leaderRejoined
        case subscriptionChanged
        case memberReplaced
        case memberLeft(reason: String?)
        case sessionExpired
        case assignmentNotFetched
        case assignmentNotStored
        case groupTooLarge
        case topicsChanged
        case protocolChanged
        case partitionsNotRevoked

        /// For people.
        package var text: String {
            switch self {
            case .memberJoined: "a member joined"
            case .memberRejoined: "a member joined again"
            case .leaderRejoined: "the leader joined again"
            case .subscriptionChanged: "a member's subscription changed"
            case .memberReplaced: "a static member was replaced"
            case .memberLeft(let reason): "a member left" + (reason.map { ": \($0)" } ?? "")
            case .sessionExpired: "a member was silent for its session"
            case .assignmentNotFetched: "a member did not fetch its assignment"
            case .assignmentNotStored: "the assignment could not be stored"
            case .groupTooLarge: "the group is larger than group.max.size"
            case .topicsChanged: "the topics subscribed to changed"
            case .protocolChanged: "the group changed its protocol"
            case .partitionsNotRevoked: "a member did not give up its partitions in time"
            }
        }
    }

    package let cause: Cause
    /// Who caused it, as far as it was a member; empty otherwise.
    package let member: String
    /// When it began.
    package let began: Timestamp
    package let took: Duration
    /// The member that the others waited for last; empty if nobody waited.
    package let waitedFor: String
    /// Whether `waitedFor` never came, and was removed.
    package let hasTimedOut: Bool
    /// The generation, or the group epoch, that it led to.
    package let generation: Int32
    /// Members afterwards.
    package let members: Int
}

/// A rebalance that goes on.
struct OpenRebalance: Equatable, Sendable {
    let cause: Rebalance.Cause
    let member: String
    let began: Timestamp
    let beganAt: Instant
    var waitedFor = ""
    var hasTimedOut = false

    init(_ cause: Rebalance.Cause, _ member: String, _ turn: Turn) {
        self.cause = cause
        self.member = member
        began = turn.time
        beganAt = turn.now
    }

    func ended(at now: Instant, generation: Int32, members: Int) -> Rebalance {
        Rebalance(
            cause: cause, member: member, began: began, took: now - beganAt, waitedFor: waitedFor,
            hasTimedOut: hasTimedOut, generation: generation, members: members)
    }
}

/// The last rebalances of a group, oldest first.
package struct RebalanceHistory: Equatable, Sendable {
    /// Rebalances kept for each group.
    package static let countMax = 32

    package private(set) var rebalances: [Rebalance] = []

    mutating func add(_ rebalance: Rebalance) {
        if rebalances.count == Self.countMax { rebalances.removeFirst() }
        rebalances.append(rebalance)
    }
}
