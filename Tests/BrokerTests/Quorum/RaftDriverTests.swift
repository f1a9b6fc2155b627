import Metadata
import Model
import Raft
import TestSupport
import Testing

@testable import Broker

@Suite("The quorum's driver")
struct RaftDriverTests {
    @Test func `leads alone, commits what is proposed, and reads it again after a kill`() throws {
        let quorum = try VirtualQuorum(1)
        try quorum.start(0)
        quorum.loop.run(.seconds(1)) { quorum.leader != nil }
        let driver = try #require(quorum.members[0].driver)
        for name in ["a", "b", "c"] {
            _ = try driver.propose([Told.record(name), Told.record(name)], in: driver.raft.term)
        }
        #expect(quorum.members[0].told.names == [], "nothing is told before it is on the disk")
        quorum.loop.run(.milliseconds(100))
        #expect(quorum.members[0].told.names == ["a", "a", "b", "b", "c", "c"])

        quorum.kill(0)
        try quorum.start(0)
        quorum.loop.run(.seconds(1)) { quorum.leader != nil }
        #expect(quorum.members[0].told.names == ["a", "a", "b", "b", "c", "c"])
    }

    @Test func `takes what the application appends while it is told of something`() throws {
        let quorum = try VirtualQuorum(3)
        for index in 0..<3 {
            try quorum.start(index)
            let driver = try #require(quorum.members[index].driver)
            let told = quorum.members[index].told
            told.actsWhenActive = { term in
                let end = driver.append([Told.record("first")], versions: .newest, in: term)
                #expect(end != nil && driver.raft.log.end == driver.logEndOffset)
            }
            told.actsWhenTold = { batch in
                guard driver.raft.isLeader, told.names == ["first"] else { return }
                #expect(
                    driver.append([Told.record("second")], versions: .newest, in: driver.raft.term)
                        != nil)
                #expect(driver.raft.log.end == driver.logEndOffset, "the mind knows at once")
            }
        }
        quorum.loop.run(.seconds(5)) { quorum.members.allSatisfy { $0.told.names.count == 2 } }
        for member in quorum.members { #expect(member.told.names == ["first", "second"]) }
    }

    @Test func `hands over within half a second when the leader is killed`() throws {
        let quorum = try VirtualQuorum(3)
        for index in 0..<3 { try quorum.start(index) }
        quorum.loop.run(.seconds(5)) { quorum.leader != nil }
        let first = try #require(quorum.leader)
        let driver = try #require(quorum.members[first].driver)
        for name in ["a", "b", "c"] {
            _ = try driver.propose([Told.record(name)], in: driver.raft.term)
        }
        quorum.loop.run(.milliseconds(100))
        for member in quorum.members { #expect(member.told.names == ["a", "b", "c"]) }

        let killed = quorum.loop.now
        quorum.kill(first)
        quorum.loop.run(.seconds(5)) { quorum.leader != nil }
        let second = try #require(quorum.leader)
        #expect(quorum.loop.now - killed < .milliseconds(500))
        let successor = try #require(quorum.members[second].driver)
        _ = try successor.propose([Told.record("d")], in: successor.raft.term)

        try quorum.start(first)
        quorum.loop.run(.seconds(3))
        for member in quorum.members { #expect(member.told.names == ["a", "b", "c", "d"]) }
        #expect(throws: RaftDriver.ProposeError.self) {
            try quorum.members[first].driver?.propose([Told.record("x")], in: Term(1))
        }
    }

    @Test func `gives a snapshot to whom the log no longer serves`() throws {
        let quorum = try VirtualQuorum(3)
        for index in 0..<3 { try quorum.start(index) }
        quorum.loop.run(.seconds(5)) { quorum.leader != nil }
        let leader = try #require(quorum.leader)
        let late = (leader + 1) % 3
        quorum.kill(late)
        let driver = try #require(quorum.members[leader].driver)
        let names = (0..<50).map { "record \($0)" }
        for name in names.prefix(25) {
            _ = try driver.propose([Told.record(name)], in: driver.raft.term)
        }
        quorum.loop.run(.milliseconds(100))
        driver.retention = SnapshotRetention(bytesMax: 0, age: nil)
        quorum.takeSnapshot(leader)
        quorum.loop.run(.milliseconds(50))
        for name in names.suffix(25) {
            _ = try driver.propose([Told.record(name)], in: driver.raft.term)
        }
        quorum.loop.run(.milliseconds(100))
        quorum.takeSnapshot(leader)
        quorum.loop.run(.milliseconds(50))
        #expect(driver.raft.log.snapshots.count == 1, "the older one went")
        #expect(driver.raft.log.start > .zero)

        try quorum.start(late)
        quorum.loop.run(.seconds(2))
        #expect(quorum.members[late].told.snapshots == 1)
        #expect(quorum.members[late].told.names == names)

        // And after another start it is read from its own disk, as is the leader's shortened log.
        quorum.kill(late)
        quorum.kill(leader)
        try quorum.start(late)
        try quorum.start(leader)
        quorum.loop.run(.seconds(5))
        for member in quorum.members { #expect(member.told.names == names) }
    }

    @Test func `hands over without a gap when its leader shuts down`() throws {
        let quorum = try VirtualQuorum(3)
        for index in 0..<3 { try quorum.start(index) }
        quorum.loop.run(.seconds(5)) { quorum.leader != nil }
        let first = try #require(quorum.leader)
        let driver = try #require(quorum.members[first].driver)
        var hasHandedOver = false
        let began = quorum.loop.now
        driver.handle { raft, now, effects in raft.shutDown(now: now, &effects) }
        driver.whenHandedOver { hasHandedOver = true }
        quorum.loop.run(.seconds(5)) { hasHandedOver && quorum.leader != nil }
        #expect(hasHandedOver)
        #expect(quorum.leader != first)
        #expect(quorum.loop.now - began < .milliseconds(100))
    }

    /// Kills and power cuts at any moment, also of all nodes at once: what one node was told is never taken back.
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `keeps what was committed through power cuts`(seed: UInt64) throws {
        var random = PRNG(seed: seed)
        let quorum = try VirtualQuorum(3)
        quorum.syncLatency = .milliseconds(random.below(12))
        for index in 0..<3 { try quorum.start(index) }
        var committed: [String] = []
        func check() {
            for member in quorum.members where member.driver != nil {
                let names = member.told.names
                let common = min(names.count, committed.count)
                #expect(names.prefix(common) == committed.prefix(common))
                if names.count > committed.count { committed = names }
            }
        }
        for step in 0..<250 {
            quorum.loop.run(.milliseconds(random.below(40)))
            if let leader = quorum.leader, let driver = quorum.members[leader].driver {
                _ = driver.append([Told.record("\(step)")], versions: .newest, in: driver.raft.term)
            }
            quorum.loop.run(.milliseconds(random.below(5)))
            check()
            let index = random.below(3)
            switch random.below(25) {
            case 0: quorum.kill(index, losingPower: random.below(2) == 0)
            case 1: for index in 0..<3 { quorum.kill(index, losingPower: true) }
            case 2...5:
                for index in 0..<3 where quorum.members[index].driver == nil {
                    try quorum.start(index)
                }
            case 6:
                guard let driver = quorum.members[index].driver else { break }
                driver.retention = SnapshotRetention(
                    bytesMax: Int64(random.below(3_000)), age: nil)
                quorum.takeSnapshot(index)
            default: break
            }
        }
        for index in 0..<3 where quorum.members[index].driver == nil { try quorum.start(index) }
        quorum.loop.run(.seconds(5))
        let leader = try #require(quorum.leader)
        let driver = try #require(quorum.members[leader].driver)
        #expect(
            driver.append([Told.record("last")], versions: .newest, in: driver.raft.term) != nil)
        quorum.loop.run(.seconds(1))
        check()
        #expect(committed.count > 5)
        for member in quorum.members { #expect(member.told.names == committed) }
        #expect(committed.last == "last")
    }
}
