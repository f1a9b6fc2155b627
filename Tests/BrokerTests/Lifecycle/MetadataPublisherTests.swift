import Configuration
import InternalRecords
import LogStorage
import Metadata
import Model
import Ports
import Telemetry
import TestSupport
import Testing
import Wire

@testable import Broker

@Suite("The publication of metadata")
struct MetadataPublisherTests {
    private let loop = ManualLoop()
    private let shard: Shard
    private let publisher: MetadataPublisher
    private let key = PartitionKey(TopicID(UUID(high: 3, low: 4)), 0)

    /// A broker that finds one log on its disk.
    init() throws {
        let disk = MemoryFileSystem()
        try disk.createDirectory("/data", withParents: true)
        let virtual = VirtualLoop()
        let world = World(
            fileSystem: disk, transport: VirtualNetwork(virtual), entropy: VirtualEntropy(seed: 1),
            dataLoops: [loop], metadataLoop: loop)
        let properties = try Properties(
            parsing: """
                process.roles=broker
                node.id=1
                listeners=PLAINTEXT://localhost:9092
                controller.listener.names=CONTROLLER
                controller.quorum.voters=2@localhost:9093
                log.dirs=/data
                """)
        let node = Node(
            configuration: try NodeConfiguration.parse(properties, hostName: "localhost"),
            world: world, clusterID: "test",
            logging: Logging(level: .error, clock: { Timestamp.none }, sink: { print($0) }),
            metrics: Metrics())
        let directory = LogDirectoryHandle(
            id: DirectoryID(UUID(high: 1, low: 2)), path: "/data",
            flusher: VirtualFlusher(virtual, MemoryFileSystem()),
            background: VirtualFlusher(virtual, MemoryFileSystem()))
        shard = Shard(
            index: 0, loop: loop, node: node, storage: BrokerStorage(directories: [directory]))
        publisher = MetadataPublisher(node: node, shards: [LoopBound(shard, on: loop)])
        let log = try PartitionLog.open(
            TopicPartition("orders", 0), topicID: key.topicID, in: "/data/orders-0", on: disk,
            now: .none)
        shard.adopt(FoundLog(key: key, log: log, directory: directory, highWatermark: .zero))
    }

    private func position(_ offset: Offset) -> MetadataPosition {
        MetadataPosition(lastOffset: offset, term: Term(1), timestamp: .none)
    }

    private var topic: [MetadataRecord] {
        var topic = TopicRecord()
        topic.name = "orders"
        topic.topicID = key.topicID.uuid
        var partition = PartitionRecord()
        partition.partitionID = 0
        partition.topicID = key.topicID.uuid
        partition.replicas = [1]
        partition.isr = [1]
        partition.leader = 1
        return [.topic(topic), .partition(partition)]
    }

    @Test func `keeps a log whose topic is younger than the snapshot`() {
        publisher.loaded([], endingAt: position(10))
        #expect(shard.partitions[key] != nil)
        publisher.committed(topic, endingAt: position(12))
        publisher.registered(at: BrokerEpoch(13))
        publisher.committed([], endingAt: position(13))
        #expect(shard.partitions[key] != nil)
    }

    @Test func `lets go of a log that no topic names once this node is registered`() {
        publisher.loaded([], endingAt: position(10))
        publisher.registered(at: BrokerEpoch(13))
        publisher.committed([], endingAt: position(12))
        #expect(shard.partitions[key] != nil, "what is committed may still name it")
        publisher.committed([], endingAt: position(13))
        #expect(shard.partitions[key] == nil)
    }

    @Test func `lets go at once when a snapshot comes to a registered node`() {
        publisher.committed(topic, endingAt: position(2))
        publisher.committed([], endingAt: position(3))
        publisher.registered(at: BrokerEpoch(3))
        #expect(shard.partitions[key] != nil)
        publisher.loaded([], endingAt: position(9))
        #expect(shard.partitions[key] == nil)
    }
}
