internal import Model

/// How far a member has come with its target.
enum MemberState: Int8, Sendable {
    /// It has what it is to have, as far as that is free.
    case stable = 1
    /// It must give partitions up before it may go on to the next epoch.
    case unrevoked = 2
    /// It is at the newest epoch, and waits for partitions that others have not given up yet.
    case unreleased = 3
}

/// What a member of the classic protocol said when it joined a consumer group (KIP-848, migration).
struct ClassicSide: Equatable, Sendable {
    var session: Duration
    var protocols: [ClassicProtocol]
}

/// A member of a consumer group.
struct ConsumerMember: Equatable, Sendable {
    let id: String
    var instanceID: String?
    var rackID: String?
    var client = GroupClient(id: "", host: "")
    /// How long it may take to give partitions up.
    var rebalance = Duration.seconds(300)
    /// Sorted.
    var topics: [String] = []
    var pattern: String?
    var assignor: String?
    /// Present if it speaks the classic protocol.
    var classic: ClassicSide?

    /// The epoch of the target it has reached; -2 for a static member that is away.
    var epoch: Int32 = 0
    var previousEpoch: Int32 = 0
    var state = MemberState.stable
    var assigned = PartitionSet()
    /// What it still has and must give up.
    var revoking = PartitionSet()

    /// The epoch of a member that has just left for a while, and keeps its place (KIP-345).
    static let awayEpoch: Int32 = -2
    /// The epoch with which a member leaves.
    static let leaveEpoch: Int32 = -1

    init(id: String) { self.id = id }

    var isAway: Bool { epoch == Self.awayEpoch }
}
