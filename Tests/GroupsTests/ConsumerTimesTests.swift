import Model
import Testing

@testable import Groups
@testable import Metadata

@Suite("The times of a consumer group")
struct ConsumerTimesTests {
    private func play(
        _ settings: GroupSettings = GroupSettings(), own: [(String, String)] = []
    ) throws -> Play {
        var image = try Play.image([("t", 6), ("u", 2)])
        for (name, value) in own { try Play.set(name, value, in: &image) }
        return Play(settings, image: image)
    }

    // MARK: Between two targets (KIP-1263)

    @Test func `let changes gather until the next target, and tell members when to come for it`()
        throws
    {
        let play = try play()
        var (one, two, three) = (Consumer(id: "1"), Consumer(id: "2"), Consumer(id: "3"))
        // The first has nobody to wait for.
        play.beat(&one)
        #expect(one.owned.count == 6)
        play.pass(.milliseconds(400))
        play.beat(&two)
        #expect((two.epoch, two.owned.count) == (one.epoch, 0))
        #expect(two.interval == .milliseconds(600) + GroupShard.targetSlack)
        #expect(play.shard.describeConsumer("g")?.state == "Assigning")
        play.beat(&three)
        play.beat(&one)
        #expect(one.owned.count == 6)
        // One target for both of them, as soon as the last one is a second old.
        play.pass(.milliseconds(599))
        #expect(play.shard.describeConsumer("g")?.targetEpoch == 1)
        play.pass(.milliseconds(1))
        #expect(play.shard.describeConsumer("g")?.targetEpoch == 3)
        for _ in 0..<2 {
            play.beat(&one)
            play.beat(&two)
            play.beat(&three)
        }
        #expect([one, two, three].map(\.owned.count) == [2, 2, 2])
        #expect(two.interval == .seconds(5))
    }

    @Test func `make no target that nobody is there for`() throws {
        let play = try play()
        var (one, two) = (Consumer(id: "1"), Consumer(id: "2"))
        play.beat(&one)
        play.beat(&two)
        for id in ["1", "2"] {
            var leaving = Consumer(id: id, epoch: ConsumerMember.leaveEpoch)
            play.beat(&leaving)
        }
        play.pass(.seconds(2))
        #expect(play.shard.describeConsumer("g")?.state == "Empty")
        // Whoever comes then is the first, at once.
        var three = Consumer(id: "3")
        play.beat(&three)
        #expect(three.owned.count == 6)
    }

    @Test func `hold for the next coordinator too`() throws {
        let play = try play()
        var (one, two) = (Consumer(id: "1"), Consumer(id: "2"))
        play.beat(&one)
        play.beat(&two)
        let next = play.successor()
        #expect(next.shard.describeConsumer("g")?.targetEpoch == 1)
        next.pass(.seconds(1))
        #expect(next.shard.describeConsumer("g")?.targetEpoch == 2)
    }

    @Test func `make up for a target that could not be written`() throws {
        let play = try play()
        var (one, two) = (Consumer(id: "1"), Consumer(id: "2"))
        play.beat(&one)
        play.beat(&two)
        play.failure = .coordinatorNotAvailable
        play.pass(.seconds(2))
        play.failure = nil
        play.beat(&one)
        #expect(play.shard.describeConsumer("g")?.targetEpoch == 2)
    }

    @Test func `do not wait for a clock that was put back`() throws {
        let play = try play()
        var (one, two) = (Consumer(id: "1"), Consumer(id: "2"))
        play.beat(&one)
        play.clockOffset = .seconds(-3_600)
        play.beat(&two)
        #expect(play.shard.describeConsumer("g")?.targetEpoch == 2)
    }

    // MARK: Of one group (KIP-848)

    @Test func `are its own where it sets them`() throws {
        var settings = GroupSettings()
        settings.consumer.sessionBounds = .seconds(30)...(.seconds(60))
        settings.consumer.heartbeatBounds = .seconds(1)...(.seconds(15))
        let play = try play(
            settings,
            own: [
                ("consumer.session.timeout.ms", "50000"),
                ("consumer.heartbeat.interval.ms", "2000"),
                ("consumer.assignment.interval.ms", "0"),
            ])
        var (one, two) = (Consumer(id: "1"), Consumer(id: "2"))
        play.beat(&one)
        #expect(one.interval == .seconds(2))
        play.beat(&two)
        #expect(play.shard.describeConsumer("g")?.targetEpoch == 2)
        play.pass(.seconds(49))
        #expect(play.shard.describeConsumer("g")?.members.count == 2)
        play.pass(.seconds(1))
        #expect(play.shard.describeConsumer("g")?.members.count == 0)
    }

    @Test func `stay within the broker's bounds, which may have changed since`() throws {
        var settings = GroupSettings()
        settings.consumer.sessionBounds = .seconds(30)...(.seconds(60))
        settings.consumer.heartbeatBounds = .seconds(1)...(.seconds(15))
        settings.consumer.assignmentBounds = .zero...(.seconds(15))
        let play = try play(
            settings,
            own: [
                ("consumer.session.timeout.ms", "5"),
                ("consumer.heartbeat.interval.ms", "70000"),
                ("consumer.assignment.interval.ms", "60000"),
            ])
        var (one, two) = (Consumer(id: "1"), Consumer(id: "2"))
        play.beat(&one)
        #expect(one.interval == .seconds(15))
        play.beat(&two)
        play.pass(.seconds(15))
        #expect(play.shard.describeConsumer("g")?.targetEpoch == 2)
        play.pass(.seconds(14))
        #expect(play.shard.describeConsumer("g")?.members.count == 2)
        play.pass(.seconds(1))
        #expect(play.shard.describeConsumer("g")?.members.count == 0)
    }
}
