package import Model

extension Raft {
    /// What a node of the quorum is told once. Durations are Kafka's settings of the same name under
    /// `controller.quorum.`, with the defaults that `docs/differences-from-kafka.md` explains.
    package struct Configuration: Equatable, Sendable {
        package var clusterID: String
        package var id: BrokerID
        package var directoryID: DirectoryID
        /// Whether this node has the role controller: others neither stand nor lead, and need not sync
        /// before they fetch.
        package var isController: Bool
        /// `controller.quorum.voters`; empty for a dynamic quorum.
        package var staticVoters: VoterSet
        /// `controller.quorum.bootstrap.servers`.
        package var bootstrapServers: [QuorumAddress]
        /// Where others reach this node, for BeginQuorumEpoch; empty for a plain broker.
        package var endpoints: [VoterSet.Endpoint]
        /// `controller.quorum.auto.join.enable`: a controller outside the voters adds itself (KIP-1186).
        package var joinsByItself = false
        /// `controller.listener.names`, in order of preference.
        package var listeners: [String]

        package var electionTimeout = Duration.milliseconds(300)
        package var fetchTimeout = Duration.milliseconds(1000)
        package var electionBackoffMax = Duration.milliseconds(1000)
        package var requestTimeout = Duration.milliseconds(2000)
        package var retryBackoff = Duration.milliseconds(20)
        /// How long a leader may park a Fetch of ours.
        package var fetchMaxWait = Duration.milliseconds(500)
        /// At most so long after it lost its connection to the leader without hearing from it on a new one,
        /// a follower stands.
        package var connectionGrace = Duration.milliseconds(300)
        /// Most bytes of one Fetch or FetchSnapshot.
        package var fetchBytesMax = 8 << 20

        package init(
            clusterID: String, id: BrokerID, directoryID: DirectoryID, isController: Bool,
            staticVoters: VoterSet = .empty, bootstrapServers: [QuorumAddress] = [],
            endpoints: [VoterSet.Endpoint] = [], listeners: [String] = []
        ) {
            self.clusterID = clusterID
            self.id = id
            self.directoryID = directoryID
            self.isController = isController
            self.staticVoters = staticVoters
            self.bootstrapServers = bootstrapServers
            self.endpoints = endpoints
            self.listeners = listeners
        }
    }

    /// Limits that no setting moves.
    enum Limit {
        /// Terms above are refused: one message must not use up the numbers.
        static let term = Term(Int32.max - 1_000_000)
        /// Fetches that wait at a leader; further ones are answered at once.
        static let parkedFetches = 4096
        /// Longest a Fetch waits, whatever it asks.
        static let parkedWait = Duration.seconds(10)
        /// Observers a leader keeps account of.
        static let observers = 4096
        /// An observer is forgotten so long after its last Fetch.
        static let observerSilence = Duration.seconds(300)
        /// A newcomer counts as caught up if it fetched so lately (KIP-853).
        static let caughtUpAge = Duration.seconds(3600)
        /// Addresses of one voter, and bytes of a name in one.
        static let endpoints = 64
        static let nameBytes = 255
        /// Levels of `kraft.version` that this mind works at.
        static let kraftVersions: ClosedRange<Int16> = 0...1
    }
}
