import InternalRecords
import Model
import Testing

@testable import Metadata

@Suite("The replay of the metadata log")
struct MetadataReplayTests {
    @Test(arguments: 0..<10 as Range<UInt64>)
    func `tells exactly what changed between two images`(seed: UInt64) throws {
        var maker = RecordMaker(seed: seed)
        var replay = MetadataReplay()
        var chance = PRNG(seed: seed)
        for step in 1...30 {
            let before = replay.published
            let batch = try maker.log(1 + chance.below(40))
            try replay.replay(batch, endingAt: at(Int64(step)))
            let (after, delta) = replay.take()
            #expect(delta.before == before)
            expectAccounted(before, after, delta)
        }
        #expect(replay.take().delta.isEmpty)
    }

    @Test func `hides a transaction until it ends`() throws {
        var replay = MetadataReplay()
        try replay.replay([topic("a"), .beginTransaction(.init()), topic("b")], endingAt: at(2))
        #expect(replay.isInTransaction)
        var (image, delta) = replay.take()
        #expect(image.topicIDs.keys == ["a"])
        #expect(delta.topics.count == 1)
        try replay.replay([topic("c"), .endTransaction(.init())], endingAt: at(4))
        (image, delta) = replay.take()
        #expect(image.topicIDs.keys == ["a", "b", "c"])
        #expect(delta.topics.count == 2)
        #expect(image.position == at(4))
    }

    @Test func `forgets an aborted transaction`() throws {
        var replay = MetadataReplay()
        try replay.replay(
            [topic("a"), .beginTransaction(.init()), topic("b"), .abortTransaction(.init())],
            endingAt: at(3))
        let (image, delta) = replay.take()
        #expect(image.topicIDs.keys == ["a"])
        #expect(delta.topics.count == 1)
        #expect(!replay.isInTransaction)
    }

    @Test func `refuses a transaction that does not nest`() {
        for log in [
            [.beginTransaction(.init()), .beginTransaction(.init())], [.endTransaction(.init())],
            [.abortTransaction(.init())],
        ] as [[MetadataRecord]] {
            var replay = MetadataReplay()
            #expect(throws: ReplayError.misplacedTransaction) {
                try replay.replay(log, endingAt: at(1))
            }
        }
    }

    private func topic(_ name: String) -> MetadataRecord {
        var record = TopicRecord()
        record.name = name
        record.topicID = UUID(high: 1, low: UInt64(name.utf8.first ?? 0))
        return .topic(record)
    }

    private func at(_ offset: Int64) -> MetadataPosition {
        MetadataPosition(
            lastOffset: Offset(offset), term: Term(1), timestamp: Timestamp(offset))
    }

    private func expectAccounted(
        _ before: MetadataImage, _ after: MetadataImage, _ delta: MetadataDelta
    ) {
        let deleted = before.topics.keys.filter { after.topics[$0] == nil }
        #expect(delta.deletedTopics.keys == deleted)
        var seen: Set<PartitionKey> = []
        delta.forEachPartition(in: after) { change in
            seen.insert(change.key)
            #expect(change.before == before.partition(change.key))
            #expect(change.after == after.partition(change.key))
        }
        after.forEachPartition { topic, key, partition in
            if before.partition(key) != partition { #expect(seen.contains(key)) }
            if before.topics[topic.id] == nil { #expect(delta.topics.contains(topic.id)) }
        }
        for id in 0..<6 as Range<Int32>
        where before.brokers[BrokerID(id)] != after.brokers[BrokerID(id)] {
            #expect(delta.brokers.contains(BrokerID(id)))
        }
        for (resource, settings) in after.configs where before.configs[resource] != settings {
            #expect(delta.configs.contains(resource))
        }
        for (name, level) in after.features where before.features[name] != level {
            #expect(delta.features.contains(name))
        }
        if before.quotas != after.quotas { #expect(delta.changedQuotas) }
        if before.accessControl != after.accessControl { #expect(delta.changedAccessControl) }
    }
}
