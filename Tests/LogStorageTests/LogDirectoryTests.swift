import Bytes
import LogStorage
import Model
import Ports
import TestSupport
import Testing

@Suite("A log directory")
struct LogDirectoryTests {
    func makeSystem() throws -> MemoryFileSystem {
        let system = MemoryFileSystem()
        try system.createDirectory("/data", withParents: true)
        return system
    }

    func text(_ system: MemoryFileSystem, _ name: String) -> String? {
        system.contents("/data/" + name).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `is used by one process at a time`() throws {
        let system = try makeSystem()
        let directory = try LogDirectory("/data", on: system)
        do {
            _ = try LogDirectory("/data", on: system)
            Issue.record("locked twice")
        } catch {
            #expect(LogDirectory.remedy(for: error, at: "/data").contains("another process"))
        }
        directory.release()
        _ = try LogDirectory("/data", on: system)
    }

    @Test func `knows when it was removed or unmounted`() throws {
        let system = try makeSystem()
        let directory = try LogDirectory("/data", on: system)
        #expect(throws: FileError.self) { try directory.checkPresent() }
        system.write([1], to: "/data/meta.properties")
        try directory.checkPresent()
        try system.removeTree("/data")
        #expect(throws: FileError.self) { try directory.checkPresent() }
        // The mount point is still there.
        try system.createDirectory("/data", withParents: false)
        #expect(throws: FileError.self) { try directory.checkPresent() }
    }

    @Test func `knows its logs by their names`() throws {
        let system = try makeSystem()
        let id = UUID(high: 1, low: 2)
        let partition = TopicPartition("a-b.c", 12)
        for name in [
            "a-b.c-12", "orders-0", "__cluster_metadata-0", "lost+found", "x-", "-1", "orders-x",
            LogDirectoryName.deleted(partition, id), LogDirectoryName.stray(partition, id),
            "orders-1.0123456789abcdef0123456789abcdef-future",
        ] { try system.createDirectory("/data/" + name, withParents: true) }
        let contents = try LogDirectory("/data", on: system).takeContents()
        #expect(contents.logs.map(\.partition) == [partition, TopicPartition("orders", 0)])
        #expect(contents.logs[0].path == "/data/a-b.c-12")
        #expect(contents.deleted.count == 1)
        #expect(contents.futures.map(\.partition) == [TopicPartition("orders", 1)])
        #expect(contents.ignored.count == 5)
        #expect(contents.cleanShutdown == nil)
    }

    @Test func `cuts the name of a deleted log to what a file system takes`() {
        let long = TopicPartition(String(repeating: "t", count: 249), 2_147_483_647)
        let name = LogDirectoryName.deleted(long, UUID(high: .max, low: .max))
        #expect(name.utf8.count == 255)
        #expect(name.hasSuffix("-2147483647.\(String(repeating: "f", count: 32))-delete"))
    }

    @Test func `keeps its checkpoints as text, sorted`() throws {
        let system = try makeSystem()
        let directory = try LogDirectory("/data", on: system)
        let offsets: [TopicPartition: Offset] = [
            TopicPartition("b", 0): 5, TopicPartition("a", 10): 7,
            TopicPartition("a", 2): 1 as Offset,
        ]
        try directory.write(.recoveryPoint, offsets)
        try directory.write(.highWatermark, [:])
        let written = try #require(text(system, "recovery-point-offset-checkpoint"))
        #expect(written.hasPrefix("0\n3\na 2 1\na 10 7\nb 0 5"))
        #expect(
            written.split(separator: "\n").last?.split { $0 == " " || $0 == "\t" } == [
                "b", "0", "5",
            ])
        #expect(text(system, "replication-offset-checkpoint") == "0\n0\n")
        let contents = try directory.takeContents()
        #expect(contents.recoveryPoints == offsets)
        #expect(contents.history(of: TopicPartition("a", 10)).recoveryPoint == 7)
        #expect(contents.history(of: TopicPartition("c", 0)).recoveryPoint == 0)
        #expect(contents.faults.isEmpty)
    }

    @Test func `counts a damaged checkpoint as empty and says so`() throws {
        for damage in ["", "1\n0\n", "0\nx\n", "0\n2\na 0 1\n", "0\n1\na 0\n", "0\n1\na 0 -5\n"] {
            let system = try makeSystem()
            system.write(Array(damage.utf8), to: "/data/recovery-point-offset-checkpoint")
            system.write([0xff, 0xfe], to: "/data/log-start-offset-checkpoint")
            let contents = try LogDirectory("/data", on: system).takeContents()
            #expect(contents.recoveryPoints.isEmpty)
            #expect(contents.faults.count == 2)
            #expect(contents.faults[0].contains("/data/recovery-point-offset-checkpoint"))
        }
    }

    @Test func `finds every flipped bit of a checkpoint, and takes one of Kafka's at its word`()
        throws
    {
        let system = try makeSystem()
        let directory = try LogDirectory("/data", on: system)
        let offsets: [TopicPartition: Offset] = [
            TopicPartition("orders", 0): 0, TopicPartition("a", 1): 12,
        ]
        try directory.write(.logStart, offsets)
        let path = "/data/log-start-offset-checkpoint"
        let whole = try #require(system.contents(path))
        #expect(try directory.takeContents().logStarts == offsets)
        for bit in 0..<whole.count * 8 {
            var bytes = whole
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            system.write(bytes, to: path)
            let contents = try directory.takeContents()
            #expect(contents.faults.count == 1, "bit \(bit)")
            #expect(contents.logStarts.isEmpty, "bit \(bit)")
        }
        system.write(Array("0\n2\na 1 12\norders 0 0\n".utf8), to: path)
        #expect(try directory.takeContents().logStarts == offsets)
    }

    @Test func `tells an orderly stop once`() throws {
        let system = try makeSystem()
        let directory = try LogDirectory("/data", on: system)
        try directory.markCleanShutdown(brokerEpoch: 77)
        #expect(text(system, ".kafka_cleanshutdown") == "{\"version\":0,\"brokerEpoch\":77}")
        #expect(try directory.takeContents().cleanShutdown?.brokerEpoch == 77)
        #expect(try directory.takeContents().cleanShutdown == nil)
        system.write([], to: "/data/.kafka_cleanshutdown")
        #expect(try directory.takeContents().cleanShutdown?.brokerEpoch == BrokerEpoch.none)
    }

    @Test func `says whose it is`() throws {
        let system = try makeSystem()
        #expect(try MetaProperties.read(in: "/data", on: system) == nil)
        let directoryID = DirectoryID(UUID(high: 5, low: 6))
        let written = MetaProperties(
            clusterID: "4L6g3nShT-eMCtK--X86sw", nodeID: 3, directoryID: directoryID)
        try written.write(in: "/data", on: system, now: 1_795_253_019_000)
        #expect(
            text(system, "meta.properties") == """
                #
                #Sat Nov 21 09:23:39 UTC 2026
                cluster.id=4L6g3nShT-eMCtK--X86sw
                directory.id=\(directoryID)
                node.id=3
                version=1

                """)
        #expect(try MetaProperties.read(in: "/data", on: system) == written)
        #expect(
            written.mismatch(clusterID: "4L6g3nShT-eMCtK--X86sw", nodeID: 3, in: "/data") == nil)
        #expect(
            written.mismatch(clusterID: "x", nodeID: 3, in: "/data")!.contains("cluster x") == false
        )
        #expect(written.mismatch(clusterID: "x", nodeID: 3, in: "/data")!.contains("not to x"))
        #expect(
            written.mismatch(clusterID: "4L6g3nShT-eMCtK--X86sw", nodeID: 4, in: "/data")!
                .contains("node 3, not to node 4"))
    }

    @Test func `reads properties as Java writes them, and refuses what is none`() throws {
        let system = try makeSystem()
        let text =
            "#\n! note\n\n version : 1\ncluster.id = a\\=b\\u0041\\\n   c\nnode.id 7\nother=x\n"
        system.write(Array(text.utf8), to: "/data/meta.properties")
        let found = try MetaProperties.read(in: "/data", on: system)
        #expect(found?.clusterID == "a=bAc")
        #expect(found?.nodeID == 7)
        for damage in [
            "", "version=2\n", "version=1\nnode.id=1\n", "version=1\ncluster.id=x\n",
            "version=1\ncluster.id=x\nnode.id=-1\n", "version=1\ncluster.id=\\u00\nnode.id=1",
            "version=1\ncluster.id=x\nnode.id=1\ndirectory.id=AAAAAAAAAAAAAAAAAAAAAA\n",
            "version=\\",
        ] {
            system.write(Array(damage.utf8), to: "/data/meta.properties")
            #expect(throws: LogError.self) { try MetaProperties.read(in: "/data", on: system) }
        }
    }
}
