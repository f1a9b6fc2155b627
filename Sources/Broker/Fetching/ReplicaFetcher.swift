internal import Bytes
internal import Configuration
internal import LogStorage
internal import Metadata
internal import Model
internal import Ports
internal import Replication
internal import Telemetry
internal import Wire
internal import WireMessages

/// Copies partitions of one leader into one directory of this node, over one connection and one fetch
/// session (KIP-227). Lives on the partitions' loop.
///
/// A cycle: fetch, append what came, wait for the group commit, fetch on. The next fetch leaves only when
/// everything of the last answer is durable, because its offsets are promises. The leader parks a fetch that
/// has nothing to bring; when a partition joins meanwhile, one more fetch is sent behind the parked one,
/// which a Martlet leader then answers at once (and a Kafka leader within `replica.fetch.wait.max.ms`).
final class ReplicaFetcher {
    /// Replica fetches have topic ids and broker epochs (KIP-903); from v18 on they may tell a high watermark
    /// (KIP-1166).
    static let versions: ClosedRange<Int16> = 15...18
    /// A parked fetch, and one behind it.
    static let inFlightMax = 2
    /// Pause after a failed request, or a partition's error.
    static let backoff = Duration.milliseconds(50)
    static let backoffMax = Duration.seconds(1)

    let leader: BrokerID
    unowned let shard: Shard
    var connection: PeerConnection?
    var sessionID: Int32 = 0
    var sessionEpoch: Int32 = 0
    /// The leader had no session to give: full requests, which wait as others do.
    var isWithoutSession = false
    var inFlight = 0
    var requestNumber: UInt64 = 0
    var members: [PartitionKey: Member] = [:]
    /// Members whose state must be told to the leader with the next request, in order.
    var changed: [PartitionKey] = []
    /// Members the session must forget.
    var forgotten: [PartitionKey] = []
    /// Members that wait for a sync; no request leaves before they are durable.
    var syncing = 0
    var failures = 0
    private var isPumpArmed = false
    /// Until then the leader is left alone.
    var pausedUntil = Instant.zero

    struct Member {
        let partition: Partition
        var isChanged = false
        var isSyncing = false
        /// In the leader's session.
        var isTold = false
        /// What was told last, and in which request: answers to earlier ones are about another state.
        var toldOffset = Offset.none
        var toldStart = Offset.none
        var toldEpoch = LeaderEpoch.none
        var toldIn = UInt64.max
        var failures = 0
        /// Left out of requests until then.
        var pausedUntil = Instant.zero
    }

    init(leader: BrokerID, shard: Shard) {
        self.leader = leader
        self.shard = shard
    }

    var isEmpty: Bool { members.isEmpty }
    /// Records each member is behind its leader, as last told.
    var lag: [PartitionKey: Int64] = [:]
    /// Records the farthest follower here is behind.
    var maxLag: Int64 { lag.values.max() ?? 0 }

    // MARK: Members

    func add(_ partition: Partition) {
        var member = Member(partition: partition)
        if let old = members[partition.key] {
            if old.isSyncing { syncing -= 1 }
            member.isTold = old.isTold
        }
        members[partition.key] = member
        markChanged(partition.key)
        pumpSoon()
    }

    func remove(_ key: PartitionKey) {
        guard let member = members.removeValue(forKey: key) else { return }
        if member.isSyncing { syncing -= 1 }
        if member.isTold { forgotten.append(key) }
        lag[key] = nil
        pumpSoon()
    }

    /// The partition's log is durable up to its end, or further than before.
    func ready(_ partition: Partition) {
        guard let member = members[partition.key], member.partition === partition else { return }
        guard member.isSyncing, partition.follower.map({ $0.acknowledgedEnd == $0.logEnd }) == true
        else { return }
        members[partition.key]?.isSyncing = false
        syncing -= 1
        markChanged(partition.key)
        pumpSoon()
    }

    /// The partition's log was cut: its fetch position is another.
    func again(_ partition: Partition) {
        guard members[partition.key]?.partition === partition else { return }
        markChanged(partition.key)
        pumpSoon()
    }

    func markChanged(_ key: PartitionKey) {
        guard let member = members[key], !member.isChanged else { return }
        members[key]?.isChanged = true
        changed.append(key)
    }

    /// The leader's registration changed: it may be at another address, or back.
    func leaderChanged() {
        if let connection, let endpoint = leaderEndpoint,
            connection.host != endpoint.host || connection.port != endpoint.port
        {
            failed("the leader moved to \(endpoint)")
        }
        pausedUntil = .zero
        failures = 0
        pumpSoon()
    }

    private var leaderEndpoint: Endpoint? {
        shard.image.broker(leader)?.endpoint(of: shard.node.configuration.interBrokerListener)
    }

    // MARK: Requests

    /// Gathers what happens in this turn into one request.
    func pumpSoon() {
        guard !isPumpArmed else { return }
        isPumpArmed = true
        shard.loop.atEndOfTurn { [weak self] in
            self?.isPumpArmed = false
            self?.pump()
        }
    }

    private func pump() {
        guard syncing == 0, inFlight < Self.inFlightMax, shard.brokerEpoch != .none else { return }
        guard shard.loop.now >= pausedUntil else { return }
        // The second request only carries news; the first may be empty, to go on listening.
        guard inFlight == 0 || !changed.isEmpty else { return }
        // A session is opened by one request alone: two would open two, and split the members.
        guard inFlight == 0 || sessionID != 0 else { return }
        guard !members.isEmpty || !forgotten.isEmpty else { return }
        guard let connection = connectionToLeader() else {
            pause()
            return
        }
        requestNumber += 1
        let number = requestNumber
        let request = nextRequest()
        // With nobody to listen for the leader answers at once: no reason to ask.
        let isNews = !request.topics.isEmpty || !request.forgottenTopicsData.isEmpty
        guard isNews || (sessionID != 0 && members.values.contains { $0.isTold }) else {
            takeBackEpoch()
            return
        }
        inFlight += 1
        let wait = shard.node.configuration.replicaFetchWaitMax
        connection.send(request, versions: Self.versions, timeout: wait + .seconds(30)) {
            [weak self] result in
            self?.answered(result, to: number)
        }
    }

    /// The request just made is not sent: its epoch is the next one's.
    private func takeBackEpoch() {
        guard sessionID != 0 else { return }
        sessionEpoch = sessionEpoch == 1 ? .max : sessionEpoch - 1
    }

    private func connectionToLeader() -> PeerConnection? {
        if let connection { return connection }
        guard let endpoint = leaderEndpoint else { return nil }
        connection = PeerConnection(
            host: endpoint.host, port: endpoint.port,
            clientID: "broker-\(shard.nodeID.rawValue)-fetcher-\(shard.index)", loop: shard.loop,
            transport: shard.node.world.transport)
        return connection
    }
}
