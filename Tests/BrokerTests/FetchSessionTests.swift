import Bytes
import Model
import Ports
import TestSupport
import Testing

@testable import Broker

@Suite("A fetch session")
struct FetchSessionTests {
    private func target(_ partition: Int32, from offset: Offset = 0) -> FetchTarget {
        FetchTarget(
            key: FetchKey(topic: .name("orders"), partition: partition), fetchOffset: offset,
            maxBytes: 1000, currentLeaderEpoch: .none, lastFetchedEpoch: .none)
    }

    private func session(_ partitions: Range<Int32>) -> FetchSession {
        var session = FetchSession(id: 9, isFollower: false, usesTopicIDs: false, now: .zero)
        for partition in partitions { session.update(target(partition)) }
        return session
    }

    @Test func `changes what is asked, and forgets`() {
        var it = session(0..<3)
        it.update(target(1, from: 5))
        #expect(it.targets.map(\.fetchOffset) == [0, 5, 0])
        it.forget(target(0).key)
        it.forget(target(7).key)
        #expect(Set(it.targets.map(\.key.partition)) == [1, 2])
        it.update(target(2, from: 8))
        #expect(it.targets.first { $0.key.partition == 2 }?.fetchOffset == 8)
    }

    @Test func `has nothing left when all is forgotten`() {
        var it = session(0..<2)
        it.forget(target(0).key)
        it.forget(target(1).key)
        #expect(it.targets.isEmpty && it.order().isEmpty)
    }

    @Test func `gives the next partition its turn after one that was served`() {
        var it = session(0..<3)
        #expect(it.order() == [0, 1, 2])
        it.servedLast(0)
        #expect(it.order() == [1, 2, 0])
        it.servedLast(2)
        #expect(it.order() == [0, 1, 2])
    }

    @Test func `remembers what it told of the high watermark, for those who want to know`() {
        var it = session(0..<1)
        var asking = target(1, from: 9)
        asking.knownHighWatermark = 3
        it.update(asking)
        var answer = FetchAnswer()
        answer.highWatermark = 7
        #expect(it.targets[1].lacks(answer.highWatermark))
        _ = it.tell(answer, at: 0)
        _ = it.tell(answer, at: 1)
        #expect(it.targets.map(\.knownHighWatermark) == [Offset(.max), 7])
        #expect(!it.targets[1].lacks(answer.highWatermark))
        // It says that it has not heard: an answer may cross another request.
        it.update(asking)
        answer.tellsHighWatermark = it.targets[1].lacks(answer.highWatermark)
        #expect(it.tell(answer, at: 1) == true)
        // What lies beyond its own end is of no use to it.
        asking.knownHighWatermark = 9
        #expect(!asking.lacks(12))
        #expect(!it.targets[0].lacks(12))
    }

    @Test func `tells of another replica to read from, however often`() {
        var it = session(0..<1)
        var answer = FetchAnswer()
        answer.preferredReplica = 2
        #expect(answer.isUrgent)
        #expect(it.tell(answer, at: 0) == true)
        #expect(it.tell(answer, at: 0) == true)
    }

    @Test func `tells news once, and everything again after an error`() {
        var it = session(0..<1)
        var answer = FetchAnswer()
        answer.highWatermark = 4
        #expect(it.tell(answer, at: 0) == true)
        #expect(it.tell(answer, at: 0) == false)
        #expect(it.tell(.failure(.notLeaderOrFollower), at: 0) == true)
        #expect(it.tell(answer, at: 0) == true)
        answer.records = [.bytes([1])]
        #expect(it.tell(answer, at: 0) == true)
    }

    @Test func `counts its epoch around`() {
        var it = session(0..<1)
        #expect(it.epoch == 1)
        it.advanceEpoch()
        #expect(it.epoch == 2)
    }

    @Test func `is refused when all slots are taken, unless one is old or a follower asks`() {
        var cache = FetchSessionCache(slots: 2)
        var next: UInt64 = 0
        func open(_ isFollower: Bool, _ seconds: Int64) -> Int32? {
            cache.open(
                isFollower: isFollower, usesTopicIDs: true,
                now: Instant(nanoseconds: seconds * 1_000_000_000)
            ) {
                next += 1
                return next
            }
        }
        let first = open(false, 0)
        #expect(first == 1)
        #expect(open(false, 1) == 2)
        #expect(open(false, 2) == nil)
        #expect(open(true, 3) == 3)
        #expect(cache[1] == nil)
        #expect(open(false, 500) == 4)
        #expect(cache.evictions == 2)
    }
}
