internal import Broker
internal import Configuration
internal import InternalRecords
internal import LogStorage
package import Metadata
package import Model
internal import Ports
internal import Telemetry

/// A host with a disk, on which a node of the cluster lives, dies and is started again.
package final class SimulatedNode: @unchecked Sendable {
    // SAFETY: a simulated world lives on one thread.

    static let dataDirectory = "/data"
    static let dataLoops = 2
    static let brokerPort: UInt16 = 9092
    static let controllerPort: UInt16 = 9093

    package let id: BrokerID
    package let role: ClusterPlan.Role
    package let disk: SimulatedDisk
    /// The clock on the wall of the host.
    package let clock = WallClock()
    /// The identity of the formatted directory: another after the disk was exchanged.
    package private(set) var directoryID: DirectoryID
    /// Its log directories, the one with the metadata first.
    package let directories: [String]
    private let configuration: NodeConfiguration
    private let network: SimulatedNetwork
    private let time: VirtualTime
    private let checker: Checker
    private let timeline: Timeline
    private var entropy: PRNG
    /// Number of the present life, from 1.
    private var life = 0
    private var process: SimulatedProcess?
    /// The node serves clients.
    package private(set) var isServing = false
    /// Why the node ended by itself.
    package private(set) var failure: String?

    init(
        _ member: ClusterPlan.Member, of plan: ClusterPlan, configuration: NodeConfiguration,
        network: SimulatedNetwork, seed: UInt64, checker: Checker, timeline: Timeline
    ) {
        directories = plan.directories
        id = member.id
        role = member.role
        self.configuration = configuration
        self.network = network
        self.checker = checker
        self.timeline = timeline
        time = network.time
        var random = PRNG(seed: seed)
        disk = SimulatedDisk(time: network.time, seed: random.next())
        directoryID = DirectoryID(UUID.random { random.next() })
        entropy = random
        checker.watch(id, disk, directoryID, directories)
    }

    static func host(of id: BrokerID) -> String { "10.0.0.\(id.rawValue)" }

    /// Whose host that is; nil for a client's.
    static func id(of host: String) -> BrokerID? {
        let prefix = "10.0.0."
        guard host.hasPrefix(prefix) else { return nil }
        return Int32(host.dropFirst(prefix.count)).map { BrokerID($0) }
    }

    package var host: String { Self.host(of: id) }
    package var isRunning: Bool { process?.isAlive == true }
    package var isPaused: Bool { process?.isPaused == true }
    /// What the controllers of the quorum believe, for those who place faults.
    package private(set) var isController = false

    /// The metadata as the node has published it last.
    package private(set) var metadata: MetadataImage?

    // MARK: Formatting

    /// What `storage format` does.
    ///
    /// - Parameter voters: the first voters of the quorum, if the log is to name them.
    func format(clusterID: String, voters: [VotersRecord.Voter]) {
        let installer = SimulatedProcess(host: host, time: time, clock: clock)
        let fileSystem = SimulatedFileSystem(disk, installer)
        do {
            try fileSystem.createDirectory(Self.dataDirectory, withParents: true)
            try fileSystem.syncDirectory("/")
            try SnapshotStore.writeBootstrap(
                try FirstRecords.bytes(now: time.wallTime), in: Self.dataDirectory, on: fileSystem)
            if !voters.isEmpty {
                let store = SnapshotStore(in: Self.dataDirectory, on: fileSystem)
                var writer = try store.create(OffsetAndEpoch(offset: .zero, epoch: .zero))
                try writer.append(try FirstRecords.voters(voters, now: time.wallTime))
                try writer.freeze()
                try fileSystem.syncDirectory(Self.dataDirectory)
            }
            let properties = MetaProperties(
                clusterID: clusterID, nodeID: id, directoryID: directoryID)
            try properties.write(in: Self.dataDirectory, on: fileSystem, now: time.wallTime)
            for directory in directories.dropFirst() {
                try fileSystem.createDirectory(directory, withParents: true)
                try fileSystem.syncDirectory("/")
                let properties = MetaProperties(
                    clusterID: clusterID, nodeID: id,
                    directoryID: DirectoryID(UUID.random { entropy.next() }))
                try properties.write(in: directory, on: fileSystem, now: time.wallTime)
            }
        } catch {
            preconditionFailure("an empty disk can be formatted: \(error)")
        }
        installer.end()
    }

    /// This node as a voters record names it.
    var asVoter: VotersRecord.Voter {
        var endpoint = VotersRecord.Endpoint()
        endpoint.name = "CONTROLLER"
        endpoint.host = host
        endpoint.port = Self.controllerPort
        var voter = VotersRecord.Voter()
        voter.voterID = id.rawValue
        voter.voterDirectoryID = directoryID.uuid
        voter.endpoints = [endpoint]
        voter.kRaftVersionFeature.minSupportedVersion = 0
        voter.kRaftVersionFeature.maxSupportedVersion = 1
        return voter
    }

    /// The disk dies, and an operator puts an empty one in its place and formats it. Kafka's rule is a new
    /// directory id; to keep the old one is what nobody should do.
    package func replaceDisk(keepsDirectoryID: Bool = false) {
        losePower()
        let former = disk.wipe()
        disk.recover()
        if !keepsDirectoryID { directoryID = DirectoryID(UUID.random { entropy.next() }) }
        timeline.add("node \(id.rawValue) has an empty disk")
        checker.diskExchanged(id, former, for: disk, directoryID)
        format(clusterID: SimulatedCluster.clusterID, voters: [])
    }

    // MARK: Lives

    /// Starts the process. The node serves some time later, if the others let it.
    package func start() {
        guard !isRunning else { return }
        life += 1
        failure = nil
        network.hostStarted(host)
        let process = SimulatedProcess(host: host, time: time, clock: clock)
        self.process = process
        let loops = (0...Self.dataLoops).map { index in
            SimulatedLoop(process, number: loopNumber(index))
        }
        let dataLoops = Array(loops[..<Self.dataLoops])
        let metadataLoop = loops[Self.dataLoops]
        let world = World(
            fileSystem: SimulatedFileSystem(disk, process),
            transport: SimulatedTransport(network, process),
            entropy: SimulatedEntropy(seed: entropy.next()), dataLoops: dataLoops,
            metadataLoop: metadataLoop)
        timeline.add("node \(id.rawValue) starts, life \(life)")
        do throws(StartError) {
            let server = try BrokerServer.start(
                configuration, world: world, logging: logging(), metrics: Metrics(),
                facts: { nil },
                serving: { [weak self] in self?.isServing = true },
                failed: { [weak self] cause in self?.failed(process, cause) })
            watch(server, dataLoops, metadataLoop)
        } catch {
            failed(process, error.description)
        }
    }

    private func loopNumber(_ index: Int) -> UInt64 {
        UInt64(id.rawValue) * 1_000_000 + UInt64(life) * 10 + UInt64(index)
    }

    private func logging() -> Logging {
        let name = "node \(id.rawValue)"
        return Logging(
            level: timeline.isRecording ? .info : .off,
            clock: { [time, clock] in clock.time(at: time) }
        ) { [timeline] line in
            timeline.add("\(name) \(line)")
        }
    }

    private func watch(
        _ server: BrokerServer, _ dataLoops: [SimulatedLoop], _ metadataLoop: SimulatedLoop
    ) {
        let life = Checker.Life(node: id, number: life)
        metadataLoop.afterTurn = { [unowned self, checker] in
            let facts = server.quorumFacts
            if self.life == life.number, isRunning { isController = facts.isLeader }
            checker.observe(facts, of: life) { server.quorumVoters }
            guard metadata?.position.lastOffset != server.metadataOffset else { return }
            let image = server.metadataImage
            metadata = image
            checker.observe(image, of: life.node)
        }
        for loop in dataLoops { watch(server, loop, life) }
    }

    private func watch(_ server: BrokerServer, _ loop: SimulatedLoop, _ life: Checker.Life) {
        // What was seen of each replica, in the order in which the loop shows them: mostly nothing has changed.
        var seen: [ReplicaFacts] = []
        loop.afterTurn = { [checker] in
            guard let standing = server.standingFacts(on: loop) else { return }
            let isSuspect = checker.observe(standing, of: life.node) {
                server.standingImage(on: loop)
            }
            var index = 0
            server.forEachReplica(on: loop) { facts in
                defer { index += 1 }
                // A leader may have told what it committed before the power failed in this turn. A follower has
                // told nobody what it knows, and its disk has just lost some of it.
                guard facts.isLeader || loop.process.isAlive else { return }
                if isSuspect { checker.checkLease(facts, of: life.node) }
                if index < seen.count {
                    guard seen[index] != facts else { return }
                    seen[index] = facts
                } else if index == seen.count {
                    seen.append(facts)
                }
                checker.observe(facts, of: life)
            }
        }
    }

    private func failed(_ process: SimulatedProcess, _ cause: String) {
        guard process.isAlive else { return }
        timeline.add("node \(id.rawValue) fails: \(cause)")
        failure = cause
        process.end()
        ended()
    }

    private func ended() {
        disk.forgetPowerFailure()
        process = nil
        isServing = false
        isController = false
    }

    /// `kill -9`: what was written stays written, the kernel closes the connections.
    package func kill() {
        guard let process else { return }
        timeline.add("node \(id.rawValue) is killed")
        process.end()
        ended()
    }

    /// The power fails: nobody hears of it, and what was not synced is lost, wholly or partly.
    package func losePower() {
        guard let process else { return }
        timeline.add("node \(id.rawValue) loses power")
        network.hostStopped(host)
        process.end()
        disk.losePower()
        ended()
    }

    /// The power fails in the middle of the disk's `count`-th change from now on.
    package func losePower(afterOperations count: Int) {
        guard let process else { return }
        disk.losePower(afterOperations: count) { [weak self] in
            guard let self, process.isAlive else { return }
            timeline.add("node \(id.rawValue) loses power in the middle of a write")
            network.hostStopped(host)
            process.end()
            disk.losePower()
            ended()
        }
    }

    /// SIGSTOP.
    package func pause() {
        timeline.add("node \(id.rawValue) is stopped")
        process?.pause()
    }

    /// SIGCONT.
    package func resume() {
        guard isPaused else { return }
        timeline.add("node \(id.rawValue) goes on")
        process?.resume()
    }
}
