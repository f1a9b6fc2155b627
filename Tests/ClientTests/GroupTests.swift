import Bytes
import Client
import InternalRecords
import Model
import TestSupport
import Testing
import Wire
import WireMessages

@Suite("A consumer in a classic group")
struct GroupTests {
    static let t0 = TopicPartition("t", 0)
    static let t1 = TopicPartition("t", 1)

    @Test func `joins, is elected, shares out and goes on at the committed offsets`() throws {
        var play = Play.group()
        try play.core.subscribe(.topics(["t"]), now: play.now)
        try play.run()
        try play.answerCoordinator()
        let first = try play.answerJoin(.memberIdRequired)
        #expect(first.memberID == "")
        #expect(first.sessionTimeoutMs == 45_000)
        #expect(first.rebalanceTimeoutMs == 300_000)
        #expect(first.protocols.map(\.name) == ["cooperative-sticky"])
        let second = try play.answerJoin(others: [.init(id: "other")])
        #expect(second.memberID == "me")
        let shares = try play.answerSync()
        #expect(shares == ["me": [Self.t0], "other": [Self.t1]])
        #expect(play.rebalances == [.assigned([Self.t0])])
        try play.answerCommitted(5)
        let fetch: FetchRequest = try #require(play.asked.first).request()
        #expect(fetch.topics[0].partitions.map(\.fetchOffset) == [5])
        #expect(play.core.assignment == [Self.t0])
    }

    @Test func `begins as auto.offset.reset says where nothing is committed`() throws {
        var play = Play.group()
        try play.core.subscribe(.topics(["t"]), now: play.now)
        try play.run()
        try play.answerCoordinator()
        try play.answerJoin()
        try play.answerSync()
        try play.answerCommitted(-1)
        let question: ListOffsetsRequest = try #require(play.asked.first).request()
        #expect(question.topics[0].partitions.map(\.timestamp) == [-2, -2])
    }

    @Test func `begins so long before now as auto.offset.reset says`() throws {
        var play = Play.group(consumer: { $0.offsetReset = .byDuration(.seconds(60)) })
        play.core.wallTime = Timestamp(1_000_000)
        try play.core.subscribe(.topics(["t"]), now: play.now)
        try play.run()
        try play.answerCoordinator()
        try play.answerJoin()
        try play.answerSync()
        try play.answerCommitted(-1)
        let question: ListOffsetsRequest = try #require(play.asked.first).request()
        #expect(question.topics[0].partitions.map(\.timestamp) == [940_000, 940_000])
    }

    @Test func `says that it lives, every interval`() throws {
        var play = Play.group()
        try play.becomeStable()
        try play.pass(.milliseconds(2_900))
        #expect(!play.isAsking(.heartbeat))
        try play.pass(.milliseconds(200))
        let (item, request) = try play.question(HeartbeatRequest.self)
        #expect(request.memberID == "me")
        #expect(request.generationID == 1)
        try play.reply(item, HeartbeatResponse())
        try play.pass(.milliseconds(3_100))
        #expect(play.isAsking(.heartbeat))
    }

    @Test func `keeps what it owns while the group rebalances, and gives up only what moves`()
        throws
    {
        var play = Play.group()
        try play.becomeStable()
        try play.answerFetch([Play.batch(at: 5, ["a"])], only: 1)
        #expect(try play.poll().count == 1)
        try play.pass(.seconds(3))
        try play.answerHeartbeat(.rebalanceInProgress)
        let join = try play.answerJoin(generation: 2, leader: "other")
        let told = try Play.told(join)
        #expect(told.ownedPartitions.flatMap(\.partitions) == [0, 1])
        #expect(told.generationID == 1)
        try play.answerSync([Self.t0])
        // The application is not done with what it was handed of t-1: nothing is given up.
        #expect(play.core.assignment == [Self.t0, Self.t1])
        #expect(!play.isAsking(.joinGroup))
        _ = try play.poll()
        #expect(try play.answerCommit() == ["t-1=6@2"])
        #expect(play.core.assignment == [Self.t0])
        #expect(play.rebalances.suffix(1) == [.revoked([Self.t1])])
        // It joins again at once, so that t-1 can go to its new owner.
        let again = try play.answerJoin(generation: 3, leader: "other")
        #expect(try Play.told(again).ownedPartitions.flatMap(\.partitions) == [0])
    }

    @Test func `gives up everything before it joins, if an assignor is eager`() throws {
        var play = Play.group { $0.assignors = [.range, .cooperativeSticky] }
        try play.becomeStable()
        try play.pass(.seconds(3))
        try play.answerHeartbeat(.rebalanceInProgress)
        #expect(play.core.assignment == [])
        #expect(play.rebalances.suffix(1) == [.revoked([Self.t0, Self.t1])])
        try play.answerJoin(generation: 2)
        try play.answerSync()
        #expect(play.rebalances.suffix(1) == [.assigned([Self.t0, Self.t1])])
    }

    @Test func `waits for its listener before it gives a partition up`() throws {
        var play = Play.group { $0.commitsAutomatically = false }
        play.core.setListening(true)
        try play.becomeStable()
        // Not read before the listener has heard of it.
        #expect(!play.isAsking(.fetch))
        play.core.listenerIsDone()
        try play.run()
        #expect(play.isAsking(.fetch))
        try play.pass(.seconds(3))
        try play.answerHeartbeat(.rebalanceInProgress)
        try play.answerJoin(generation: 2, leader: "other")
        try play.answerSync([Self.t0])
        #expect(play.rebalances.suffix(1) == [.revoked([Self.t1])])
        #expect(play.core.assignment == [Self.t0, Self.t1])
        play.core.commit([Self.t1: CommittedOffset(9)], wish: 1, within: .seconds(9), now: play.now)
        play.core.listenerIsDone()
        try play.run()
        // Its commit arrives first.
        #expect(play.core.assignment == [Self.t0, Self.t1])
        #expect(try play.answerCommit() == ["t-1=9@2"])
        #expect(play.core.assignment == [Self.t0])
    }

    @Test func `is told that it lost what the group gave to others`() throws {
        var play = Play.group()
        try play.becomeStable()
        for wish: UInt64 in [7, 8] {
            play.core.commit(
                [Self.t0: CommittedOffset(6)], wish: wish, within: .seconds(9), now: play.now)
        }
        try play.run()
        try play.answerCommit(.unknownMemberId)
        #expect(play.rebalances.suffix(1) == [.lost([Self.t0, Self.t1])])
        #expect(play.commits[7] == .some(.refused(.unknownMemberId, message: nil)))
        // What it wanted committed too may be another's by now.
        #expect(play.commits[8] == .some(.refused(.illegalGeneration, message: nil)))
        #expect(play.core.assignment == [])
        #expect(try play.answerJoin(.memberIdRequired, memberID: "new").memberID == "")
        try play.answerJoin(generation: 9, memberID: "new", leader: "new")
        try play.answerSync()
        try play.answerCommitted(50)
        #expect(play.core.position(of: Self.t0) == 50)
    }

    @Test func `leaves when the application does not poll, and joins again when it does`() throws {
        var play = Play.group { $0.maxPollInterval = .seconds(10) }
        try play.becomeStable()
        for _ in 0..<3 {
            try play.pass(.milliseconds(3_100))
            try play.answerHeartbeat()
        }
        try play.pass(.milliseconds(1_000))
        let leave = try play.answerLeave()
        #expect(leave.members.map(\.memberID) == ["me"])
        #expect(play.rebalances.suffix(1) == [.lost([Self.t0, Self.t1])])
        try play.pass(.seconds(20))
        #expect(!play.isAsking(.joinGroup) && !play.isAsking(.heartbeat))
        _ = try play.poll()
        try play.answerJoin(memberID: "anew", leader: "anew")
    }

    @Test func `does not count the time it waits for records as idle`() throws {
        var play = Play.group { $0.maxPollInterval = .seconds(10) }
        try play.becomeStable()
        play.core.pollBegan(now: play.now)
        for _ in 0..<6 {
            try play.pass(.milliseconds(3_100))
            try play.answerHeartbeat()
        }
        #expect(!play.isAsking(.leaveGroup))
    }

    @Test func `commits, gives up and leaves when it is closed`() throws {
        var play = Play.group()
        try play.becomeStable()
        try play.answerFetch([Play.batch(at: 5, ["a", "b"])], only: 0)
        _ = try play.poll()
        play.core.leave(now: play.now)
        try play.run()
        #expect(!play.isAsking(.leaveGroup))
        // It has not asked again, but who closes is done with what it was handed.
        #expect(try play.answerCommit().sorted() == ["t-0=7@1"])
        #expect(try play.answerLeave().members.map(\.memberID) == ["me"])
        #expect(play.notes.contains("left"))
        #expect(play.core.assignment == [])
    }

    @Test func `stays a member when it is closed, if it is static`() throws {
        var play = Play.group { $0.instanceID = "i-1" }
        try play.core.subscribe(.topics(["t"]), now: play.now)
        try play.run()
        try play.answerCoordinator()
        #expect(try play.answerJoin().groupInstanceID == "i-1")
        try play.answerSync()
        try play.answerCommitted(5)
        play.core.leave(now: play.now)
        try play.run()
        #expect(!play.isAsking(.leaveGroup))
        #expect(play.notes.contains("left"))
    }

    @Test func `leaves although a JoinGroup is being kept`() throws {
        var play = Play.group()
        try play.core.subscribe(.topics(["t"]), now: play.now)
        try play.run()
        try play.answerCoordinator()
        try play.answerJoin(.memberIdRequired)
        let join = try play.question(JoinGroupRequest.self)
        play.core.leave(now: play.now)
        try play.run()
        let (leave, _) = try play.question(LeaveGroupRequest.self)
        #expect(leave.connection != join.item.connection)
        try play.reply(leave, LeaveGroupResponse())
        #expect(play.notes.contains("left"))
    }

    @Test func `goes to the new coordinator when it has moved`() throws {
        var play = Play.group()
        try play.becomeStable()
        try play.pass(.seconds(3))
        try play.answerHeartbeat(.notCoordinator)
        try play.pass(.milliseconds(150))
        try play.answerCoordinator(2)
        try play.pass(.milliseconds(200))
        let (item, request) = try play.question(HeartbeatRequest.self)
        #expect(item.node == 2)
        #expect(request.memberID == "me")
        try play.reply(item, HeartbeatResponse())
        #expect(play.core.assignment == [Self.t0, Self.t1])
    }

    @Test func `finds another coordinator when its own goes silent`() throws {
        var play = Play.group()
        try play.becomeStable()
        try play.pass(.milliseconds(3_100))
        let silent = try play.question(HeartbeatRequest.self)
        #expect(silent.item.node == 1)
        try play.pass(.milliseconds(1_100))
        try play.answerCoordinator(3)
        try play.pass(.milliseconds(200))
        #expect(try play.question(HeartbeatRequest.self).item.node == 3)
    }

    @Test func `finds another coordinator when the connection breaks`() throws {
        var play = Play.group()
        try play.becomeStable()
        play.cluster.unreachable = [1]
        play.breakConnections(to: 1)
        try play.pass(.milliseconds(300))
        try play.answerCoordinator(2)
        try play.pass(.seconds(3))
        #expect(try play.question(HeartbeatRequest.self).item.node == 2)
    }

    @Test func `sends a commit again to the coordinator's successor`() throws {
        var play = Play.group()
        try play.becomeStable()
        // No fetch is in the way of the question for the coordinator.
        for partition in [Self.t0, Self.t1] { _ = play.core.setPaused(partition, true) }
        try play.answerFetch([])
        play.core.commit([Self.t0: CommittedOffset(8)], wish: 1, within: .seconds(9), now: play.now)
        try play.run()
        try play.answerCommit(.notCoordinator)
        try play.pass(.milliseconds(150))
        try play.answerCoordinator(2)
        try play.pass(.milliseconds(500))
        #expect(play.commits.isEmpty)
        #expect(try play.answerCommit() == ["t-0=8@1"])
        #expect(play.commits[1] == .some(nil))
    }

    @Test func `gives up a commit that nobody answers in time`() throws {
        var play = Play.group()
        try play.becomeStable()
        play.core.commit([Self.t0: CommittedOffset(8)], wish: 1, within: .seconds(2), now: play.now)
        try play.pass(.milliseconds(2_100))
        guard case .timedOut? = play.commits[1] ?? nil else {
            Issue.record("\(play.commits)")
            return
        }
    }

    @Test func `commits now and then what the application is done with, and nothing twice`() throws
    {
        var play = Play.group()
        try play.becomeStable()
        try play.answerFetch([Play.batch(at: 5, ["a"])], only: 0)
        _ = try play.poll()
        try play.pass(.milliseconds(3_100))
        try play.answerHeartbeat()
        try play.pass(.milliseconds(2_000))
        // It has not asked for more, so it may still be working on the record.
        #expect(!play.isAsking(.offsetCommit))
        _ = try play.poll()
        try play.pass(.milliseconds(5_000))
        #expect(try play.answerCommit() == ["t-0=6@1"])
        try play.pass(.milliseconds(5_000))
        #expect(!play.isAsking(.offsetCommit))
    }

    @Test func `reads what the group has committed`() throws {
        var play = Play.group()
        play.core.committed([Self.t1], wish: 4, within: .seconds(5), now: play.now)
        try play.run()
        try play.answerCoordinator()
        try play.answerCommitted(77)
        #expect(play.committed[4] == [Self.t1: CommittedOffset(77)])
    }

    @Test func `commits without being a member`() throws {
        var play = Play.group()
        play.core.assign([(Self.t0, .offset(3))])
        play.core.commit([Self.t0: CommittedOffset(3)], wish: 4, within: .seconds(5), now: play.now)
        try play.run()
        try play.answerCoordinator()
        #expect(try play.answerCommit() == ["t-0=3@-1"])
        #expect(play.commits[4] == .some(nil))
    }

    @Test func `tells whoever polls why the group refuses it`() throws {
        var play = Play.group()
        try play.core.subscribe(.topics(["t"]), now: play.now)
        try play.run()
        try play.answerCoordinator()
        try play.answerJoin(.inconsistentGroupProtocol)
        let refusal = ClientError.refused(.inconsistentGroupProtocol, message: nil)
        #expect(throws: refusal) { try play.core.take() }
        try play.pass(.seconds(30))
        #expect(!play.isAsking(.joinGroup))
    }

    @Test func `reads every topic that its pattern matches, new ones too`() throws {
        var play = Play.group(topics: ["t": [1], "tail": [1], "other": [1]])
        try play.core.subscribe(.pattern("t.*"), now: play.now)
        try play.run()
        try play.answerCoordinator()
        let join = try play.answerJoin()
        #expect(try Play.told(join).topics == ["t", "tail"])
        try play.answerSync()
        play.cluster.topics["two"] = [1]
        play.core.pollBegan(now: play.now)
        while !play.isAsking(.joinGroup) {
            try play.pass(.seconds(2))
            play.asked.removeAll { $0.header.apiKey == .fetch || $0.header.apiKey == .listOffsets }
            if play.isAsking(.heartbeat) { try play.answerHeartbeat() }
            if play.isAsking(.findCoordinator) { try play.answerCoordinator() }
            if play.isAsking(.offsetFetch) { try play.answerCommitted(0) }
            try #require(play.now < Instant.zero + .minutes(20))
        }
        let (_, again) = try play.question(JoinGroupRequest.self)
        #expect(try Play.told(again).topics == ["t", "tail", "two"])
    }

    @Test func `refuses a pattern that is none, and a group that is not named`() throws {
        var play = Play.group()
        #expect(throws: ClientError.invalidPattern("(")) {
            try play.core.subscribe(.pattern("("), now: .zero)
        }
        var cluster = Play.Cluster()
        cluster.topics["t"] = [1]
        var alone = Play(cluster, consumer: ConsumerConfiguration())
        #expect(throws: ClientError.noGroup) {
            try alone.core.subscribe(.topics(["t"]), now: .zero)
        }
    }

    @Test func `limits the commits that wait`() throws {
        var play = Play.group()
        for wish in 0..<1_001 {
            play.core.commit(
                [Self.t0: CommittedOffset(1)], wish: UInt64(wish), within: .seconds(5), now: .zero)
        }
        try play.run()
        #expect(play.commits == [1_000: .tooMany(limit: 1_000, of: "commits")])
    }
}
