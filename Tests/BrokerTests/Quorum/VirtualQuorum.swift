import Bytes
import Configuration
import InternalRecords
import Metadata
import Model
import Ports
import Raft
import Telemetry
import TestSupport
import Testing
import Wire
import WireMessages

@testable import Broker

/// What a node was told, as an application sees it.
final class Told: QuorumListener {
    private(set) var names: [String] = []
    private(set) var position = MetadataPosition.start
    private(set) var snapshots = 0
    private(set) var activeIn: Term?
    private(set) var leadership = LeaderAndTerm(leader: nil, term: .zero)
    /// What the application does when it becomes active, and when it is told of something.
    var actsWhenActive: ((Term) -> Void)?
    var actsWhenTold: ((CommittedBatch) -> Void)?

    func snapshotLoaded(_ records: [MetadataRecord], endingAt position: MetadataPosition) {
        names = records.compactMap(Self.name)
        self.position = position
        snapshots += 1
    }

    func committed(_ batches: [CommittedBatch]) {
        for batch in batches {
            #expect(batch.baseOffset == position.lastOffset.next, "batches follow each other")
            names += batch.records.compactMap(Self.name)
            position = batch.position
            actsWhenTold?(batch)
        }
    }

    func leadershipChanged(_ leadership: LeaderAndTerm, address: QuorumAddress?) {
        self.leadership = leadership
        if leadership.leader == nil { activeIn = nil }
    }

    func leadershipActive(in term: Term, lost predecessor: LostLeader?) {
        activeIn = term
        actsWhenActive?(term)
    }

    static func record(_ name: String) -> MetadataRecord {
        var record = FeatureLevelRecord()
        record.name = name
        record.featureLevel = 1
        return .featureLevel(record)
    }

    private static func name(_ record: MetadataRecord) -> String? {
        if case .featureLevel(let level) = record { level.name } else { nil }
    }
}

/// Drivers of one quorum on memory disks and a virtual network.
final class VirtualQuorum {
    struct Member {
        let disk: MemoryFileSystem
        var driver: RaftDriver?
        var told = Told()
        var flusher: VirtualFlusher
        var isWriting = false
    }

    let loop = VirtualLoop()
    let network: VirtualNetwork
    var members: [Member] = []
    private let size: Int
    private var starts: UInt64 = 0
    /// Of the disks, from the next start on.
    var syncLatency = Duration.zero

    init(_ size: Int) throws {
        self.size = size
        network = VirtualNetwork(loop)
        for index in 0..<size {
            let disk = MemoryFileSystem(seed: UInt64(index + 1))
            try disk.createDirectory("/data", withParents: true)
            try disk.syncDirectory("/")
            members.append(Member(disk: disk, flusher: VirtualFlusher(loop, disk)))
        }
    }

    private func port(_ index: Int) -> UInt16 { UInt16(9093 + index) }

    func start(_ index: Int) throws {
        starts += 1
        let voters = (0..<size).map { "\($0 + 1)@localhost:\(port($0))" }
        let properties = try Properties(
            parsing: """
                process.roles=controller
                node.id=\(index + 1)
                listeners=CONTROLLER://localhost:\(port(index))
                controller.listener.names=CONTROLLER
                controller.quorum.voters=\(voters.joined(separator: ","))
                log.dirs=/data
                """)
        let disk = members[index].disk
        let world = World(
            fileSystem: disk, transport: network, entropy: VirtualEntropy(seed: starts),
            dataLoops: [loop], metadataLoop: loop)
        let logging = Logging(level: .error, clock: { Timestamp.none }, sink: { print($0) })
        let node = Node(
            configuration: try NodeConfiguration.parse(properties, hostName: "localhost"),
            world: world, clusterID: "test", logging: logging, metrics: Metrics())
        let set = VoterSet(
            (0..<size).map { number in
                VoterSet.Voter(
                    ReplicaKey(BrokerID(Int32(number + 1))),
                    endpoints: [
                        .init(
                            listener: "CONTROLLER",
                            address: QuorumAddress(host: "localhost", port: port(number)))
                    ])
            })
        let configuration = Raft.Configuration(
            clusterID: "test", id: BrokerID(Int32(index + 1)),
            directoryID: DirectoryID(UUID(high: 9, low: UInt64(index + 500))), isController: true,
            staticVoters: set, endpoints: set[BrokerID(Int32(index + 1))]?.endpoints ?? [],
            listeners: ["CONTROLLER"])
        members[index].flusher = VirtualFlusher(loop, members[index].disk)
        members[index].flusher.latency = syncLatency
        members[index].told = Told()
        members[index].isWriting = false
        let driver = try RaftDriver(
            node: node,
            store: try MetadataStore(directory: "/data", fileSystem: disk, now: loop.wallTime),
            flusher: members[index].flusher, configuration: configuration, seed: starts)
        driver.listener = members[index].told
        driver.failed = { Issue.record("node \(index + 1) failed: \($0)") }
        members[index].driver = driver
        network.servers[port(index)] = { [weak driver] frame, answer in
            guard let driver else { return }
            Self.serve(frame, by: driver, answer)
        }
        driver.start()
    }

    /// Kill -9: nothing is said to anybody, and what was written stays in the page cache, unless the power goes
    /// with it.
    func kill(_ index: Int, losingPower: Bool = false) {
        network.kill(port(index))
        members[index].flusher.isDead = true
        members[index].driver?.stop()
        members[index].driver = nil
        members[index].disk.crash(keepEverything: !losingPower)
    }

    /// Has a node write a snapshot of what it was told, unless it has one or is at it.
    func takeSnapshot(_ index: Int) {
        guard let driver = members[index].driver, !members[index].isWriting else { return }
        let told = members[index].told
        guard told.position.lastOffset.next > driver.newestSnapshotEnd else { return }
        let names = told.names
        members[index].isWriting = true
        driver.writeSnapshot(at: told.position) { [weak self] isWritten in
            #expect(isWritten)
            self?.members[index].isWriting = false
        } of: {
            names.map(Told.record)
        }
    }

    var leader: Int? {
        members.firstIndex { $0.driver?.raft.isLeader == true && $0.told.activeIn != nil }
    }

    /// What a controller's listener tells that it speaks.
    private static var versions: ApiVersionsResponse {
        var response = ApiVersionsResponse()
        response.apiKeys = APITable.served.entries.filter { $0.listeners.contains(.controller) }.map
        { entry in
            var shown = ApiVersionsResponse.ApiVersion()
            shown.apiKey = entry.key.rawValue
            shown.minVersion = entry.versions.lowerBound
            shown.maxVersion = entry.versions.upperBound
            return shown
        }
        return response
    }

    private static func serve(
        _ frame: SharedBytes, by driver: RaftDriver, _ answer: @escaping (SharedBytes) -> Void
    ) {
        do {
            var reader = ByteReader(frame)
            let header = try RequestHeader(request: &reader)
            let version = header.requestApiVersion
            let correlation = header.correlationID
            func send(_ message: some ResponseMessage) {
                do {
                    answer(
                        try encodeResponse(message, version: version, correlationID: correlation))
                } catch { Issue.record(error) }
            }
            if header.apiKey == .apiVersions {
                send(Self.versions)
                return
            }
            var request: Raft.Request?
            var cluster: String?
            switch header.apiKey {
            case VoteRequest.apiKey:
                let body = try VoteRequest(from: &reader, version: version)
                (request, cluster) = (body.quorumRequest, body.clusterID)
            case BeginQuorumEpochRequest.apiKey:
                let body = try BeginQuorumEpochRequest(from: &reader, version: version)
                (request, cluster) = (body.quorumRequest, body.clusterID)
            case EndQuorumEpochRequest.apiKey:
                let body = try EndQuorumEpochRequest(from: &reader, version: version)
                (request, cluster) = (body.quorumRequest, body.clusterID)
            case FetchRequest.apiKey:
                let body = try FetchRequest(from: &reader, version: version)
                (request, cluster) = (body.quorumRequest(version: version), body.clusterID)
            case FetchSnapshotRequest.apiKey:
                let body = try FetchSnapshotRequest(from: &reader, version: version)
                (request, cluster) = (body.quorumRequest, body.clusterID)
            case UpdateRaftVoterRequest.apiKey:
                let body = try UpdateRaftVoterRequest(from: &reader, version: version)
                (request, cluster) = (body.quorumRequest, body.clusterID)
            default: break
            }
            guard let request else {
                Issue.record("a request that is none: \(header)")
                return
            }
            driver.received(request, clusterID: cluster) { response, bytes in
                switch response {
                case .vote(let response): send(VoteResponse(response, version: version))
                case .beginEpoch(let response):
                    send(BeginQuorumEpochResponse(response, version: version))
                case .endEpoch(let response):
                    send(EndQuorumEpochResponse(response, version: version))
                case .fetch(let response):
                    send(FetchResponse(response, records: bytes, version: version))
                case .fetchSnapshot(let response):
                    send(FetchSnapshotResponse(response, bytes: bytes, version: version))
                case .change(let response): send(UpdateRaftVoterResponse(response))
                case .features: Issue.record("minds do not answer what they support")
                }
            }
        } catch { Issue.record(error) }
    }
}
