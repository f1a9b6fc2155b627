import Bytes
import LogStorage
import Model
import Ports
import TestSupport
import Testing

@Suite("The quorum's snapshots and state")
struct SnapshotStoreTests {
    func makeStore() throws -> (MemoryFileSystem, SnapshotStore) {
        let system = MemoryFileSystem()
        try system.createDirectory("/data", withParents: true)
        try system.syncDirectory("/")
        return (system, SnapshotStore(in: "/data", on: system))
    }

    func id(_ offset: Int64, _ epoch: Int32) -> OffsetAndEpoch {
        OffsetAndEpoch(offset: Offset(offset), epoch: LeaderEpoch(epoch))
    }

    @Test func `appear whole and durable under Kafka's name, or not at all`() throws {
        let (system, store) = try makeStore()
        #expect(try store.list() == [])
        var writer = try store.create(id(123, 4))
        try writer.append([1, 2, 3])
        try writer.append([4, 5])
        #expect(try writer.contents() == [1, 2, 3, 4, 5])
        #expect(try store.list() == [])
        #expect(try store.open(id(123, 4)) == nil)
        try writer.freeze()
        _ = try store.create(id(200, 5))
        system.crash()
        #expect(
            system.names("/data/__cluster_metadata-0").first
                == "00000000000000000123-0000000004.checkpoint")
        #expect(try store.list() == [id(123, 4)])
        let reader = try #require(try store.open(id(123, 4)))
        #expect(reader.size == 5)
        #expect(try reader.read(at: 1, count: 2) == [2, 3])
        #expect(try reader.read(at: 3, count: 100) == [4, 5])
        #expect(try reader.read(at: 5, count: 1).isEmpty)
    }

    @Test func `go when newer ones take their place`() throws {
        let (system, store) = try makeStore()
        for offset in [100, 5, 20] as [Int64] {
            var writer = try store.create(id(offset, 1))
            try writer.append([1])
            try writer.freeze()
        }
        let given = try store.create(id(300, 1))
        try given.discard()
        _ = try store.create(id(400, 1))
        system.write([], to: "/data/__cluster_metadata-0/0-1.checkpoint")
        try store.sweep()
        #expect(try store.list() == [id(5, 1), id(20, 1), id(100, 1)])
        #expect(try store.removeAll(before: id(100, 1)) == [id(5, 1), id(20, 1)])
        #expect(try store.list() == [id(100, 1)])
    }

    @Test func `keep a vote through a power cut`() throws {
        for seed in 0..<20 {
            let system = MemoryFileSystem(seed: UInt64(seed))
            try system.createDirectory("/data", withParents: true)
            try system.syncDirectory("/")
            let store = SnapshotStore(in: "/data", on: system)
            #expect(try store.readQuorumState() == nil)
            try store.writeQuorumState(SharedBytes(utf8: "{\"leaderEpoch\":1}"))
            try store.writeQuorumState(SharedBytes(utf8: "{\"leaderEpoch\":2}"))
            system.crash()
            #expect(try store.readQuorumState()?.utf8 == "{\"leaderEpoch\":2}")
        }
    }

    @Test func `leave the bootstrap records beside the log`() throws {
        let (system, _) = try makeStore()
        #expect(try SnapshotStore.readBootstrap(in: "/data", on: system) == nil)
        try SnapshotStore.writeBootstrap([1, 2], in: "/data", on: system)
        #expect(system.contents("/data/bootstrap.checkpoint") == [1, 2])
        #expect(try SnapshotStore.readBootstrap(in: "/data", on: system) == [1, 2])
    }
}
