import Model
import Testing

@testable import Groups
@testable import Metadata

@Suite("The target of a large consumer group, made away from the loop (KIP-1263)")
struct OffloadTests {
    /// Every group counts as large.
    private func play(
        interval: Duration = .zero, offloadMin: Int = 0, own: String? = nil
    ) throws -> Play {
        var settings = GroupSettings()
        settings.consumer.assignmentInterval = interval
        settings.consumer.offloadMin = offloadMin
        var image = try Play.image([("t", 6)])
        if let own { try Play.set("consumer.assignor.offload.enable", own, in: &image) }
        return Play(settings, image: image)
    }

    private func state(_ play: Play) -> String? { play.shard.describeConsumer("g")?.state }
    private func epochs(_ play: Play) -> [Int32]? {
        play.shard.describeConsumer("g").map { [$0.epoch, $0.targetEpoch] }
    }

    /// The work of all that is wanted is done, until nothing more is.
    private func settle(_ play: Play, _ members: inout [Consumer]) {
        for _ in 0..<6 {
            for index in members.indices { play.beat(&members[index]) }
            play.beginTargets()
            play.endTargets()
        }
    }

    @Test func `is asked for, begun when the change is written, and taken when it comes back`()
        throws
    {
        let play = try play()
        var one = Consumer(id: "1")
        play.beat(&one)
        #expect((one.error, one.epoch, one.owned.count) == (.none, 0, 0))
        #expect(one.interval == GroupShard.targetSlack)
        #expect(state(play) == "Assigning")
        #expect(play.beginTargets() == 1)
        play.endTargets()
        #expect(epochs(play) == [1, 1])
        play.beat(&one) {
            $0.epoch = 0; $0.rebalance = .seconds(60); $0.topics = ["t"]
        }
        #expect((one.epoch, one.owned.count) == (1, 6))
        #expect(state(play) == "Stable")
    }

    @Test func `is made one at a time for a group`() throws {
        let play = try play()
        var members = [Consumer(id: "1"), Consumer(id: "2")]
        play.beat(&members[0])
        #expect(play.beginTargets() == 1)
        play.beat(&members[1])
        play.beat(&members[1])
        #expect(play.beginTargets() == 0)
        play.endTargets()
        // The second came while the first target was made: its own follows.
        #expect(epochs(play) == [2, 1])
        #expect(play.beginTargets() == 1)
        play.endTargets()
        #expect(epochs(play) == [2, 2])
        settle(play, &members)
        #expect(members.map(\.owned.count) == [3, 3])
    }

    @Test func `leaves out who has left meanwhile, and the next one shares what was theirs`() throws
    {
        let play = try play()
        var members = [Consumer(id: "1"), Consumer(id: "2"), Consumer(id: "3")]
        settle(play, &members)
        #expect(members.map(\.owned.count) == [2, 2, 2])
        var four = Consumer(id: "4")
        play.beat(&four)
        #expect(play.beginTargets() == 1)
        var leaving = Consumer(id: "2", epoch: ConsumerMember.leaveEpoch)
        play.beat(&leaving)
        play.endTargets()
        let described = try #require(play.shard.describeConsumer("g"))
        #expect([described.epoch, described.targetEpoch] == [5, 4])
        #expect(described.members.map(\.id) == ["1", "3", "4"])
        #expect(described.members.reduce(0) { $0 + $1.target.count } < 6)
        var left = [members[0], members[2], four]
        play.beginTargets()
        play.endTargets()
        settle(play, &left)
        #expect(left.map(\.owned.count) == [2, 2, 2])
        #expect(state(play) == "Stable")
    }

    @Test func `gives a static member its share under the id with which it came back`() throws {
        let play = try play()
        var members = [Consumer(id: "1", instance: "i"), Consumer(id: "2")]
        settle(play, &members)
        var third = Consumer(id: "3")
        play.beat(&third)
        #expect(play.beginTargets() == 1)
        var away = Consumer(id: "1", instance: "i", epoch: ConsumerMember.awayEpoch)
        play.beat(&away)
        var back = Consumer(id: "1b", instance: "i")
        play.beat(&back)
        play.endTargets()
        #expect(epochs(play) == [3, 3])
        let described = try #require(play.shard.describeConsumer("g"))
        #expect(described.members.map(\.target.count) == [2, 2, 2])
        var all = [back, members[1], third]
        settle(play, &all)
        #expect(all.map(\.owned.count) == [2, 2, 2])
    }

    @Test func `is dropped when its group has ended, whatever has its name now`() throws {
        let play = try play()
        var one = Consumer(id: "1")
        play.beat(&one)
        play.beginTargets()
        var leaving = Consumer(id: "1", epoch: ConsumerMember.leaveEpoch)
        play.beat(&leaving)
        let deletion = play.ask { $0.delete("g", $1, now: $2, time: $3) }
        #expect(play.replies[deletion] == .error(.none))
        var two = Consumer(id: "2")
        play.beat(&two)
        let before = play.log
        play.endTargets()
        #expect(play.log == before)
        #expect(play.beginTargets() == 1)
        play.endTargets()
        #expect(epochs(play) == [1, 1])
    }

    @Test func `is dropped when a newer one was made on the loop`() throws {
        let play = try play()
        var members = [Consumer(id: "1"), Consumer(id: "2")]
        play.beat(&members[0])
        play.beginTargets()
        play.shard.settings.consumer.offloads = false
        play.beat(&members[1])
        #expect(epochs(play) == [2, 2])
        let before = play.log
        play.endTargets()
        #expect(play.log == before)
        settle(play, &members)
        #expect(members.map(\.owned.count) == [3, 3])
    }

    @Test func `is made anew at once when nobody is left of those it was for`() throws {
        let play = try play(interval: .seconds(1))
        var one = Consumer(id: "1")
        play.beat(&one)
        play.beginTargets()
        var leaving = Consumer(id: "1", epoch: ConsumerMember.leaveEpoch)
        play.beat(&leaving)
        var two = Consumer(id: "2")
        play.beat(&two)
        #expect(play.beginTargets() == 0)
        play.endTargets()
        #expect(play.beginTargets() == 1)
        play.endTargets()
        #expect(play.shard.describeConsumer("g")?.members.map(\.target.count) == [6])
    }

    @Test func `is asked for again after it found no room, or could not be written`() throws {
        let play = try play()
        var one = Consumer(id: "1")
        play.beat(&one)
        play.beginTargets()
        for task in play.tasks { play.shard.targetRefused(task) }
        play.tasks = []
        play.beat(&one) {
            $0.epoch = 0; $0.rebalance = .seconds(60); $0.topics = ["t"]
        }
        #expect(play.beginTargets() == 1)
        play.failure = .coordinatorNotAvailable
        play.endTargets()
        play.failure = nil
        #expect(state(play) == "Assigning")
        play.beat(&one) {
            $0.epoch = 0; $0.rebalance = .seconds(60); $0.topics = ["t"]
        }
        #expect(play.beginTargets() == 1)
        play.endTargets()
        #expect(epochs(play) == [1, 1])
    }

    @Test func `is begun by the next coordinator, which knows nothing of the work`() throws {
        let play = try play()
        var one = Consumer(id: "1")
        play.beat(&one)
        play.beginTargets()
        let next = play.successor()
        #expect(next.beginTargets() == 1)
        next.endTargets()
        #expect(next.shard.describeConsumer("g")?.members.map(\.target.count) == [6])
    }

    @Test func `is written in several batches where many members have a part in it`() throws {
        let count = GroupShard.batchMax + 1
        var log: [Play.Stored] = [.record(ConsumerRecords.group("g", epoch: 1, hash: 0), in: nil)]
        for number in 0..<count {
            var member = ConsumerMember(id: "m\(number)")
            member.topics = ["t"]
            for record in [
                ConsumerRecords.member("g", member), ConsumerRecords.current("g", member),
            ] {
                log.append(.record(record, in: nil))
            }
        }
        var settings = GroupSettings.prompt
        settings.consumer.offloadMin = 0
        let play = Play(settings, loading: log, image: try Play.image([("t", Int32(count))]))
        play.holdsCommits = true
        #expect(play.beginTargets() == 1)
        play.endTargets()
        #expect(play.uncommitted.count == 2)
        #expect(epochs(play) == [1, 1])
        let described = try #require(play.shard.describeConsumer("g"))
        #expect(described.members.allSatisfy { $0.target.count == 1 })
    }

    @Test func `waits for the time between two targets`() throws {
        let play = try play(interval: .seconds(1))
        var members = [Consumer(id: "1"), Consumer(id: "2")]
        play.beat(&members[0])
        play.beginTargets()
        play.endTargets()
        play.beat(&members[1])
        #expect(play.beginTargets() == 0)
        play.pass(.seconds(1))
        #expect(play.beginTargets() == 1)
    }

    /// Two members times six partitions are twelve.
    @Test(arguments: [(13, nil), (0, "false")])
    func `is made at once where the group is small or does not want it`(
        _ offloadMin: Int, _ own: String?
    ) throws {
        let play = try play(offloadMin: offloadMin, own: own)
        var members = [Consumer(id: "1"), Consumer(id: "2")]
        for index in members.indices { play.beat(&members[index]) }
        #expect(play.targetsWanted.isEmpty)
        #expect(epochs(play) == [2, 2])
    }

    @Test func `is made elsewhere where the group wants it and the broker does not`() throws {
        let play = try play(own: "true")
        play.shard.settings.consumer.offloads = false
        var one = Consumer(id: "1")
        play.beat(&one)
        #expect(play.targetsWanted == ["g"])
    }
}
