import InternalRecords
import Model
import Testing

@testable import Metadata

@Suite("A metadata image")
struct MetadataImageTests {
    /// raft.md Q14.
    @Test(arguments: 0..<30 as Range<UInt64>)
    func `is the same from a snapshot and the tail as from the whole log`(seed: UInt64) throws {
        var maker = RecordMaker(seed: seed)
        let log = try maker.log(600)
        var cuts = PRNG(seed: seed ^ 1)
        for _ in 0..<4 {
            let cut = cuts.below(log.count)
            let head = try replayed(log[..<cut])
            var rebuilt = try replayed(head.snapshot()[...])
            #expect(rebuilt == head)
            #expect(rebuilt.snapshot() == head.snapshot())
            for record in log[cut...] { try rebuilt.apply(record) }
            #expect(rebuilt == maker.image)
        }
    }

    @Test func `stays as it was when somebody else's copy moves on`() throws {
        var maker = RecordMaker(seed: 3)
        _ = try maker.log(500)
        let kept = maker.image
        let shown = kept.snapshot()
        _ = try maker.log(500)
        #expect(kept.snapshot() == shown)
        #expect(maker.image != kept)
    }

    @Test func `raises the epochs as the record says`() throws {
        var image = try withOnePartition()
        let before = try #require(image.partition(key))
        var change = PartitionChangeRecord()
        change.topicID = key.topicID.uuid
        change.partitionID = 0
        change.isr = [1, 2]
        #expect(try image.apply(.partitionChange(change)) == .partition(key))
        let shrunk = try #require(image.partition(key))
        #expect(shrunk.leaderEpoch == before.leaderEpoch)
        #expect(shrunk.partitionEpoch == before.partitionEpoch.next)
        #expect(shrunk.leader == BrokerID(1))

        change = PartitionChangeRecord()
        change.topicID = key.topicID.uuid
        change.partitionID = 0
        change.leader = -1
        try image.apply(.partitionChange(change))
        let leaderless = try #require(image.partition(key))
        #expect(leaderless.leader == nil)
        #expect(leaderless.leaderEpoch == before.leaderEpoch.next)
        #expect(leaderless.isr == shrunk.isr)
    }

    @Test func `keeps each replica's directory when the replica list changes without them`() throws
    {
        var image = try withOnePartition()
        var change = PartitionChangeRecord()
        change.topicID = key.topicID.uuid
        change.partitionID = 0
        change.replicas = [3, 4, 1]
        try image.apply(.partitionChange(change))
        let partition = try #require(image.partition(key))
        #expect(partition.directory(on: BrokerID(1)) == DirectoryID(UUID(high: 9, low: 1)))
        #expect(partition.directory(on: BrokerID(3)) == DirectoryID(UUID(high: 9, low: 3)))
        #expect(partition.directory(on: BrokerID(4)) == .unassigned)
        #expect(partition.directory(on: BrokerID(2)) == nil)
    }

    @Test func `refuses what cannot follow and stays as it was`() throws {
        let image = try withOnePartition()
        func refused(_ record: MetadataRecord) -> ReplayError? {
            var copy = image
            do {
                try copy.apply(record)
                return nil
            } catch {
                #expect(copy == image)
                return error
            }
        }
        var topic = TopicRecord()
        topic.name = "orders"
        topic.topicID = UUID(high: 5, low: 5)
        let sameName = ReplayError.topicExists(name: "orders", id: TopicID(topic.topicID))
        #expect(refused(.topic(topic)) == sameName)

        var change = PartitionChangeRecord()
        change.topicID = key.topicID.uuid
        change.partitionID = 7
        let missing = PartitionKey(key.topicID, 7)
        #expect(refused(.partitionChange(change)) == .unknownPartition(missing))
        change.partitionID = 0
        change.leaderRecoveryState = 5
        #expect(refused(.partitionChange(change)) == .invalidRecoveryState(key, 5))
        change.leaderRecoveryState = 0
        change.directories = [.zero]
        let mismatch = ReplayError.directoriesDoNotMatch(key, replicas: 3, directories: 1)
        #expect(refused(.partitionChange(change)) == mismatch)
        change.topicID = .zero
        #expect(refused(.partitionChange(change)) == .unknownTopic(.zero))

        var fence = FenceBrokerRecord()
        fence.id = 9
        #expect(refused(.fenceBroker(fence)) == .unknownBroker(BrokerID(9)))
        var broker = RegisterBrokerRecord()
        var point = RegisterBrokerRecord.BrokerEndpoint()
        point.securityProtocol = 77
        broker.endPoints = [point]
        #expect(refused(.registerBroker(broker)) == .invalidSecurityProtocol(77))
    }

    @Test func `holds a topic of a thousand partitions`() throws {
        var image = try withOnePartition()
        var topic = TopicRecord()
        topic.name = "wide"
        topic.topicID = UUID(high: 7, low: 7)
        try image.apply(.topic(topic))
        for number in 0..<1_000 as Range<Int32> {
            var record = PartitionRecord()
            record.topicID = topic.topicID
            record.partitionID = number
            record.replicas = [1, 2, number]
            record.isr = [1, 2, number]
            record.leader = 1
            record.directories = [.zero, .zero, .zero]
            try image.apply(.partition(record))
        }
        let wide = try #require(image.topic(named: "wide"))
        #expect(wide.partitionCount == 1_000)
        var visited: [Int32] = []
        wide.forEachPartition { number, partition in
            visited.append(number)
            #expect(partition.replicas[2] == BrokerID(number))
        }
        #expect(visited == Array(0..<1_000))
    }

    private let key = PartitionKey(TopicID(UUID(high: 1, low: 1)), 0)

    private func withOnePartition() throws -> MetadataImage {
        var image = MetadataImage()
        var topic = TopicRecord()
        topic.name = "orders"
        topic.topicID = key.topicID.uuid
        try image.apply(.topic(topic))
        var record = PartitionRecord()
        record.topicID = key.topicID.uuid
        record.partitionID = 0
        record.replicas = [1, 2, 3]
        record.isr = [1, 2, 3]
        record.leader = 1
        record.leaderEpoch = 4
        record.partitionEpoch = 10
        record.directories = [UUID(high: 9, low: 1), UUID(high: 9, low: 2), UUID(high: 9, low: 3)]
        try image.apply(.partition(record))
        return image
    }

    private func replayed(_ records: ArraySlice<MetadataRecord>) throws -> MetadataImage {
        var image = MetadataImage()
        for record in records { try image.apply(record) }
        return image
    }
}
