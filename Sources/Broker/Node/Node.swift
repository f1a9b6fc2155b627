package import Configuration
internal import Model
package import Ports
internal import Replication
internal import Synchronization
package import Telemetry

/// What all parts of a running node share and may use from any loop: nothing here changes, but for a few
/// atomics.
package final class Node: Sendable {
    package let configuration: NodeConfiguration
    package let world: World
    package let clusterID: String
    package let logging: Logging
    package let log: Log
    package let metrics: Metrics
    let facts: @Sendable () -> ProcessFacts?
    /// The broker's right to answer for its leaderships.
    let lease = Lease()
    /// Fetch sessions of all loops together.
    let fetchSessionSlots: Int
    /// Connections of clients and nodes, and how many there may be.
    let connections: ConnectionLimit
    /// Bytes of clients' requests in memory.
    let requestBudget: RequestBudget
    /// What throttled replicas may send, and fetch.
    let leaderQuota = ReplicationQuota()
    let followerQuota = ReplicationQuota()
    /// `log.cleaner.io.max.bytes.per.second` and `log.scrub.io.max.bytes.per.second`.
    let cleaningRate = WorkRate()
    let scrubbingRate = WorkRate()
    /// Where coordinators have worked out what takes long.
    let coordinatorWork: CoordinatorWork
    private let open = Atomic<Bool>(false)
    private let loading = Atomic<Int>(0)
    private let life = Atomic<Int>(Life.starting.rawValue)

    /// The broker's state as Kafka numbers it in `BrokerState`.
    enum Life: Int, Sendable {
        case notRunning = 0
        case starting = 1
        case recovery = 2
        case running = 3
        case pendingControlledShutdown = 6
        case shuttingDown = 7
    }

    package init(
        configuration: NodeConfiguration, world: World, clusterID: String, logging: Logging,
        metrics: Metrics, facts: @escaping @Sendable () -> ProcessFacts? = { nil }
    ) {
        self.facts = facts
        self.configuration = configuration
        self.world = world
        self.clusterID = clusterID
        self.logging = logging
        self.metrics = metrics
        log = logging.log("broker")
        coordinatorWork = CoordinatorWork(
            threads: configuration.settings.int("group.coordinator.background.threads"))
        connections = ConnectionLimit(
            max: configuration.connectionsMax, perAddress: configuration.connectionsMaxPerAddress)
        let bytesMax = configuration.settings.int("queued.max.request.bytes")
        requestBudget = RequestBudget(
            limit: bytesMax > 0
                ? bytesMax : max(RequestBudget.standard, configuration.requestMaxBytes))
        fetchSessionSlots = configuration.settings.int("max.incremental.fetch.session.cache.slots")
    }

    var state: Life {
        get { Life(rawValue: life.load(ordering: .acquiring)) ?? .notRunning }
        set { life.store(newValue.rawValue, ordering: .releasing) }
    }

    /// Whether the node is of use: a broker from the moment it has replayed its own registration, and lets
    /// clients in from then on; a controller alone while the quorum has a leader.
    var isOpen: Bool {
        get { open.load(ordering: .acquiring) }
        set { open.store(newValue, ordering: .releasing) }
    }

    /// Logs that are still to be opened since the start; the largest number while nobody has counted them.
    var logsLeft: Int {
        get { loading.load(ordering: .acquiring) }
        set { loading.store(newValue, ordering: .releasing) }
    }

    /// Which of `count` shards owns a partition: the same for as long as the process runs.
    func shardIndex(of key: PartitionKey) -> Int {
        // The id is random, so its bits spread well; neighbours of a topic go round the loops.
        let spread = key.topicID.uuid.low &+ UInt64(UInt32(bitPattern: key.partition))
        return Int(spread % UInt64(world.dataLoops.count))
    }

    /// The parts of a request by the shard that owns their partition, for each shard that has any.
    func byShard<Part>(
        _ parts: [Part], _ key: (Part) -> PartitionKey
    ) -> [(shard: Int, parts: [Part])] {
        var lists = [[Part]](repeating: [], count: world.dataLoops.count)
        for part in parts { lists[shardIndex(of: key(part))].append(part) }
        return lists.enumerated().filter { !$0.element.isEmpty }
            .map { (shard: $0.offset, parts: $0.element) }
    }
}

/// How many connections are admitted, in all and per address (`max.connections`, KIP-402). From any loop.
final class ConnectionLimit: Sendable {
    private let max: Int
    private let perAddress: Int
    private let counts = Mutex<(all: Int, byAddress: [String: Int])>((0, [:]))

    init(max: Int, perAddress: Int) {
        self.max = max
        self.perAddress = perAddress
    }

    /// Counts a connection if it may stay.
    func admit(_ address: String) -> Bool {
        counts.withLock { counts in
            let own = counts.byAddress[address, default: 0]
            guard counts.all < max, own < perAddress else { return false }
            counts.all += 1
            counts.byAddress[address] = own + 1
            return true
        }
    }

    /// An admitted connection has ended.
    func release(_ address: String) {
        counts.withLock { counts in
            counts.all -= 1
            let left = counts.byAddress[address, default: 1] - 1
            counts.byAddress[address] = left == 0 ? nil : left
        }
    }
}

/// When this broker's lease ends (`LeadershipLease`), for all loops.
final class Lease: Sendable {
    private let expiry = Atomic<Int64>(0)

    func set(_ lease: LeadershipLease) {
        expiry.store(lease.expiry.nanoseconds, ordering: .releasing)
    }

    func isHeld(at now: Instant) -> Bool { now.nanoseconds < expiry.load(ordering: .acquiring) }
}
