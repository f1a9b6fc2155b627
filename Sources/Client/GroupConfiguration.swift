internal import Model

/// How a consumer is a member of its group. Names in brackets are Kafka's.
public struct GroupConfiguration: Hashable, Sendable {
    /// Who decides which member gets what [`group.protocol`].
    public enum GroupProtocol: String, Hashable, Sendable {
        /// A member that the group elects, in rounds of joining.
        case classic
        /// The coordinator, member by member (KIP-848).
        case consumer
    }

    /// [`group.id`]
    public var id: String
    public var groupProtocol: GroupProtocol = .classic
    /// What this member can assign by, most wanted first [`partition.assignment.strategy`]. Partitions move
    /// without stopping the others only if all of these are cooperative.
    public var assignors: [Assignor] = [.cooperativeSticky]
    /// The coordinator's assignor; nil: its default [`group.remote.assignor`].
    public var remoteAssignor: String?
    /// Makes the membership survive a restart within the session (KIP-345) [`group.instance.id`].
    public var instanceID: String?
    /// How long the coordinator waits for a heartbeat of a classic member [`session.timeout.ms`].
    public var sessionTimeout: Duration = .seconds(45)
    /// How often a classic member says that it lives [`heartbeat.interval.ms`].
    public var heartbeatInterval: Duration = .seconds(3)
    /// How long the application may be busy between two polls. It is also how long others wait for this
    /// member to give partitions up [`max.poll.interval.ms`].
    public var maxPollInterval: Duration = .minutes(5)
    /// Whether offsets of records that the application is done with are committed by themselves
    /// [`enable.auto.commit`].
    public var commitsAutomatically: Bool = true
    /// How often [`auto.commit.interval.ms`].
    public var autoCommitInterval: Duration = .seconds(5)
    /// How long `close` waits for the last commit and the goodbye.
    public var closeTimeout: Duration = .seconds(30)

    public init(id: String) { self.id = id }
}

/// How a classic group shares its partitions out, by Kafka's names.
public enum Assignor: String, Hashable, Sendable, CaseIterable {
    /// Of each topic, neighbouring partitions.
    case range
    /// One by one in a circle.
    case roundRobin = "roundrobin"
    /// Evenly, moving as little as possible.
    case sticky
    /// The same, and what need not move is read on while the rest does (KIP-429).
    case cooperativeSticky = "cooperative-sticky"

    /// Whether members keep what they own while they join.
    var isCooperative: Bool { self == .cooperativeSticky }
}
