import Model
import Testing

@testable import Groups

@Suite("A consumer group")
struct ConsumerGroupTests {
    private func play(_ partitions: Int32 = 6) throws -> Play {
        let play = Play()
        play.shard.image = try Play.image([("t", partitions), ("u", 2)])
        return play
    }

    @Test func `gives its only member everything`() throws {
        let play = try play()
        var one = Consumer(id: "one")
        play.beat(&one)
        #expect(one.error == .none)
        #expect(one.epoch == 1)
        #expect(one.owned.count == 6)
        #expect(play.shard.describeConsumer("g")?.state == "Stable")
        #expect(play.rebalances.map(\.cause) == [.memberJoined])
    }

    @Test func `moves only what must move, and never before it was given up`() throws {
        let play = try play()
        var one = Consumer(id: "one")
        var two = Consumer(id: "two")
        play.beat(&one)
        play.beat(&two)
        #expect(two.epoch == 2)
        #expect(two.owned.isEmpty)
        #expect(play.shard.describeConsumer("g")?.state == "Reconciling")
        let before = one.owned
        play.beat(&one)
        #expect(one.epoch == 1)
        #expect(one.owned.count == 3)
        // What it keeps it never lost; the other waits until it has said so.
        #expect(one.owned.subtracting(before).isEmpty)
        play.beat(&two)
        #expect(two.owned.isEmpty)
        play.beat(&one)
        #expect(one.epoch == 2)
        play.beat(&two)
        #expect(two.owned.count == 3)
        #expect(two.owned.intersection(one.owned).isEmpty)
        #expect(play.shard.describeConsumer("g")?.state == "Stable")
        #expect(play.rebalances.last?.waitedFor == "two")
    }

    @Test func `fences who is ahead, and forgives who missed one answer`() throws {
        let play = try play()
        var one = Consumer(id: "one")
        play.beat(&one)
        var ahead = one
        ahead.epoch = 7
        play.beat(&ahead)
        #expect(ahead.error == .fencedMemberEpoch)
        var stranger = Consumer(id: "nobody", epoch: 1)
        play.beat(&stranger)
        #expect(stranger.error == .unknownMemberId)
        var two = Consumer(id: "two")
        play.beat(&two)
        play.beat(&one)
        var late = one
        play.beat(&one)
        #expect(one.epoch == 2)
        play.beat(&late)
        #expect(late.error == .none)
        #expect(late.epoch == 2)
        late.epoch = 1
        late.owned = one.owned.union(two.owned).union(
            PartitionSet([(TopicID(UUID(high: 1, low: 1)), [0])]))
        play.beat(&late)
        #expect(late.error == .fencedMemberEpoch)
    }

    @Test func `removes a member that is silent for its session`() throws {
        let play = try play()
        var one = Consumer(id: "one")
        var two = Consumer(id: "two")
        play.beat(&one)
        play.pass(.seconds(40))
        play.beat(&two)
        play.pass(.seconds(10))
        play.beat(&two)
        #expect(two.owned.count == 6)
        play.beat(&one)
        #expect(one.error == .unknownMemberId)
        #expect(play.rebalances.last?.waitedFor == "one")
        #expect(play.rebalances.last?.hasTimedOut == true)
        play.pass(.seconds(50))
        #expect(play.rebalances.last?.cause == .sessionExpired)
    }

    @Test func `removes members whose sessions end at the same time, one after the other`() throws {
        let play = try play()
        var members = ["1", "2", "3"].map { Consumer(id: $0) }
        for _ in 0..<3 { for index in members.indices { play.beat(&members[index]) } }
        #expect(members.map(\.owned.count) == [2, 2, 2])
        play.pass(.seconds(30))
        play.beat(&members[2])
        // None sees what the other's removal has written before it is appended.
        play.pass(.seconds(20))
        play.beat(&members[2])
        play.beat(&members[2])
        #expect(members[2].owned.count == 6)
        #expect(play.shard.describeConsumer("g")?.state == "Stable")
    }

    @Test func `removes a member that does not give up in its time`() throws {
        let play = try play()
        var one = Consumer(id: "one")
        var two = Consumer(id: "two")
        play.beat(&one)
        play.beat(&two)
        for _ in 0..<4 {
            // It lives, but never says that it has given anything up.
            play.beat(&one) { $0.owned = nil }
            play.beat(&two)
            play.pass(.seconds(20))
        }
        play.beat(&two)
        #expect(two.owned.count == 6)
        #expect(play.rebalances.last?.waitedFor == "one")
        #expect(play.rebalances.last?.hasTimedOut == true)
    }

    @Test func `keeps the place of a static member that is away`() throws {
        let play = try play()
        var one = Consumer(id: "one", instance: "i")
        var two = Consumer(id: "two")
        play.beat(&one)
        play.beat(&two)
        play.beat(&one)
        play.beat(&one)
        play.beat(&two)
        let share = one.owned
        var early = Consumer(id: "early", instance: "i")
        play.beat(&early)
        #expect(early.error == .unreleasedInstanceId)
        play.beat(&one) { $0.epoch = -2 }
        play.beat(&two)
        #expect(two.owned.count == 3)
        var back = Consumer(id: "back", instance: "i")
        play.beat(&back)
        #expect(back.error == .none)
        #expect(back.owned == share)
        #expect(play.shard.describeConsumer("g")?.epoch == 2)
    }

    @Test func `gives the partitions of a member that leaves to the others`() throws {
        let play = try play()
        var one = Consumer(id: "one")
        var two = Consumer(id: "two")
        play.beat(&one)
        play.beat(&two)
        play.beat(&one) { $0.epoch = -1 }
        play.beat(&two)
        #expect(two.owned.count == 6)
        play.beat(&two) { $0.epoch = -1 }
        #expect(play.shard.describeConsumer("g")?.state == "Empty")
    }

    @Test func `takes up partitions that are added`() throws {
        let play = try play()
        var one = Consumer(id: "one")
        play.beat(&one)
        let larger = try Play.image([("t", 8), ("u", 2)])
        play.perform(
            play.shard.metadataChanged(
                larger, topics: ["t"], now: play.now, time: play.time))
        play.beat(&one)
        #expect(one.owned.count == 8)
        #expect(one.epoch == 2)
    }

    @Test func `follows a change of subscription`() throws {
        let play = try play()
        var one = Consumer(id: "one")
        play.beat(&one)
        play.beat(&one, topics: ["u"])
        play.beat(&one)
        #expect(one.owned.count == 2)
        #expect(play.shard.describeConsumer("g")?.members[0].topics == ["u"])
    }

    @Test func `follows a pattern, and the topics that come to match it`() throws {
        let play = try play()
        var one = Consumer(id: "one")
        play.beat(&one) {
            $0.topics = nil
            $0.pattern = "t.*"
        }
        #expect(one.error == .none)
        #expect(one.owned.isEmpty)
        #expect(play.resolutions == ["g"])
        #expect(play.shard.patterns(of: "g") == ["t.*"])
        func found(_ topics: [String]) {
            play.perform(
                play.shard.resolved(
                    "g", [("t.*", topics), ("old", ["u"])], version: 1, now: play.now,
                    time: play.time))
        }
        found(["t"])
        #expect(play.shard.knows("t.*", in: "g"))
        play.beat(&one)
        #expect(one.owned.count == 6)
        let epoch = one.epoch
        found(["t"])
        play.beat(&one)
        #expect(one.epoch == epoch)
        let larger = try Play.image([("t", 6), ("u", 2), ("tt", 3)])
        play.perform(
            play.shard.metadataChanged(larger, topics: ["tt"], now: play.now, time: play.time))
        #expect(play.resolutions == ["g", "g"])
        found(["t", "tt"])
        play.beat(&one)
        #expect(one.owned.count == 9)
        // The next coordinator looks again: topics may have come meanwhile.
        let next = play.successor()
        #expect(next.resolutions == ["g"])
        #expect(next.shard.describeConsumer("g")?.members[0].pattern == "t.*")
        play.beat(&one) {
            $0.pattern = ""; $0.topics = ["u"]
        }
        play.beat(&one)
        #expect(one.owned.count == 2)
        #expect(!play.shard.knows("t.*", in: "g"))
    }

    @Test func `takes no more members than it may`() throws {
        var settings = GroupSettings.prompt
        settings.consumer.sizeMax = 2
        let play = Play(settings, image: try Play.image([("t", 6)]))
        var members = ["1", "2", "3"].map { Consumer(id: $0) }
        for index in members.indices { play.beat(&members[index]) }
        #expect(members.map(\.error) == [.none, .none, .groupMaxSizeReached])
        for _ in 0..<2 { for index in 0...1 { play.beat(&members[index]) } }
        #expect(members.map(\.owned.count) == [3, 3, 0])
    }

    @Test func `is unharmed by a member that subscribes to what is not there`() throws {
        let play = try play()
        var (one, two) = (Consumer(id: "one"), Consumer(id: "two"))
        play.beat(&one)
        play.beat(&two, topics: ["nowhere"])
        play.beat(&one)
        #expect((one.owned.count, two.owned.count, two.error) == (6, 0, .none))
        #expect(play.shard.describeConsumer("g")?.state == "Stable")
    }

    @Test func `refuses what it cannot understand`() throws {
        let play = try play()
        var one = Consumer(id: "one")
        play.beat(&one) { $0.assignor = "mine" }
        #expect(one.error == .unsupportedAssignor)
        play.beat(&one) { $0.rebalance = nil }
        #expect(one.error == .invalidRequest)
        play.beat(&one) { $0.memberID = "" }
        #expect(one.error == .invalidRequest)
        play.beat(&one) { $0.epoch = -3 }
        #expect(one.error == .invalidRequest)
        play.beat(&one) { $0.epoch = 4 }
        #expect(one.error == .groupIdNotFound)
        #expect(!play.shard.exists("g"))
    }

    @Test func `commits by epoch`() throws {
        let play = try play()
        var one = Consumer(id: "one")
        play.beat(&one)
        #expect(play.commit("g", MemberClaim("one", generation: 1)) == .offsets([.none]))
        #expect(play.commit("g", MemberClaim("one", generation: 0)) == .error(.staleMemberEpoch))
        #expect(play.commit("g", MemberClaim("two", generation: 1)) == .error(.unknownMemberId))
    }

    @Test func `goes on at the next coordinator`() throws {
        let play = try play()
        var one = Consumer(id: "one")
        var two = Consumer(id: "two")
        play.beat(&one)
        play.beat(&two)
        play.beat(&one)
        let next = play.successor()
        next.beat(&one)
        next.beat(&two)
        #expect(one.error == .none)
        #expect(one.owned.count == 3)
        #expect(two.owned.count == 3)
        next.pass(.seconds(60))
        #expect(next.shard.describeConsumer("g")?.state == "Empty")
    }

    @Test(arguments: 0..<30 as Range<UInt64>)
    func `never has two owners of a partition, whatever happens`(seed: UInt64) throws {
        var chance = PRNG(seed: seed)
        var play = try play(13)
        var consumers: [Consumer] = []
        for step in 0..<150 {
            switch chance.below(12) {
            case 0 where consumers.count < 5:
                consumers.append(Consumer(id: "m\(step)"))
            case 1 where !consumers.isEmpty:
                var gone = consumers.remove(at: chance.below(consumers.count))
                if gone.epoch > 0 { play.beat(&gone) { $0.epoch = -1 } }
            case 2 where chance.below(4) == 0:
                play = play.successor()
            default:
                guard !consumers.isEmpty else { continue }
                let index = chance.below(consumers.count)
                let topics = chance.below(8) == 0 ? [["t"], ["t", "u"]][chance.below(2)] : nil
                play.beat(&consumers[index], topics: topics)
                #expect(consumers[index].error == .none, "step \(step)")
            }
            expectOneOwner(consumers, step)
        }
        for _ in 0..<8 {
            for index in consumers.indices { play.beat(&consumers[index]) }
        }
        expectOneOwner(consumers, 150)
        #expect(play.shard.describeConsumer("g")?.state != "Reconciling")
    }

    private func expectOneOwner(_ consumers: [Consumer], _ step: Int) {
        var owners: [PartitionKey: String] = [:]
        for consumer in consumers {
            for key in consumer.owned.keys {
                #expect(owners[key] == nil, "\(key) has two owners at step \(step)")
                owners[key] = consumer.id
            }
        }
    }
}
