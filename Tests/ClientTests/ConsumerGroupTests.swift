import Bytes
import Client
import Model
import TestSupport
import Testing
import Wire
import WireMessages

@Suite("A consumer in a group that the coordinator assigns")
struct ConsumerGroupTests {
    static let t0 = TopicPartition("t", 0)
    static let t1 = TopicPartition("t", 1)

    func play(_ change: (inout GroupConfiguration) -> Void = { _ in }) throws -> Play {
        var play = Play.group {
            $0.groupProtocol = .consumer
            change(&$0)
        }
        try play.core.subscribe(.topics(["t"]), now: play.now)
        try play.run()
        try play.answerCoordinator()
        return play
    }

    @Test func `names everything when it joins, and afterwards only what has changed`() throws {
        var play = try play { $0.remoteAssignor = "range" }
        let join = try play.answerMember(epoch: 4, assigned: [0, 1])
        #expect(join.memberEpoch == 0)
        #expect(UUID(join.memberID) != nil)
        #expect(join.subscribedTopicNames == ["t"])
        #expect(join.serverAssignor == "range")
        #expect(join.rebalanceTimeoutMs == 300_000)
        #expect(join.topicPartitions == [])
        #expect(play.rebalances == [.assigned([Self.t0, Self.t1])])
        // The receipt goes at once.
        let receipt = try play.answerMember(epoch: 4)
        #expect(receipt.memberEpoch == 4)
        #expect(receipt.subscribedTopicNames == nil)
        #expect(receipt.topicPartitions?.map(\.partitions) == [[0, 1]])
        try play.answerCommitted(5)
        try play.pass(.milliseconds(5_100))
        #expect(try play.answerMember(epoch: 4).topicPartitions == nil)
        #expect(play.core.position(of: Self.t1) == 5)
    }

    @Test func `gives a partition up and says so, without stopping the rest`() throws {
        var play = try play()
        try play.answerMember(epoch: 1, assigned: [0, 1])
        try play.answerMember(epoch: 1)
        try play.answerCommitted(5)
        try play.answerFetch([Play.batch(at: 5, ["a"])], only: 1)
        #expect(try play.poll().count == 1)
        try play.pass(.milliseconds(5_100))
        try play.answerMember(epoch: 1, assigned: [0])
        // Nothing is said while the application works on a record of t-1.
        try play.pass(.milliseconds(5_100))
        #expect(try play.answerMember(epoch: 1).topicPartitions == nil)
        _ = try play.poll()
        #expect(try play.answerCommit() == ["t-1=6@1"])
        let given = try play.answerMember(epoch: 2)
        #expect(given.topicPartitions?.map(\.partitions) == [[0]])
        #expect(play.rebalances.suffix(1) == [.revoked([Self.t1])])
        #expect(play.core.assignment == [Self.t0])
    }

    @Test func `says everything again when an answer is lost, for it may have told of partitions`()
        throws
    {
        var play = try play()
        try play.answerMember(epoch: 1, assigned: [0])
        try play.answerMember(epoch: 1)
        try play.answerCommitted(5)
        try play.pass(.milliseconds(5_100))
        // The coordinator has given it the other partition, and dies before it says so.
        _ = try play.question(ConsumerGroupHeartbeatRequest.self)
        play.cluster.unreachable = [1]
        play.breakConnections(to: 1)
        try play.pass(.milliseconds(300))
        try play.answerCoordinator(2)
        try play.pass(.milliseconds(300))
        let again = try play.answerMember(epoch: 1, assigned: [0, 1])
        #expect(again.memberEpoch == 1)
        #expect(again.subscribedTopicNames == ["t"])
        #expect(again.rebalanceTimeoutMs == 300_000)
        #expect(again.topicPartitions?.map(\.partitions) == [[0]])
        #expect(play.core.assignment == [Self.t0, Self.t1])
        let receipt = try play.answerMember(epoch: 1)
        #expect(receipt.subscribedTopicNames == nil)
        #expect(receipt.topicPartitions?.map(\.partitions) == [[0, 1]])
    }

    @Test(arguments: [
        ErrorCode.coordinatorNotAvailable, .notCoordinator, .coordinatorLoadInProgress,
    ])
    func `says everything again when the coordinator could not say what became of it`(
        _ code: ErrorCode
    ) throws {
        var play = try play()
        try play.answerMember(epoch: 1, assigned: [0])
        try play.answerCommitted(5)
        try play.answerMember(code)
        // It has news to tell, and does not knock at a busy door all the time.
        #expect(!play.isAsking(.consumerGroupHeartbeat))
        try play.pass(.milliseconds(300))
        if play.isAsking(.findCoordinator) { try play.answerCoordinator() }
        try play.pass(.milliseconds(300))
        let again = try play.answerMember(epoch: 1, assigned: [0])
        #expect(again.subscribedTopicNames == ["t"])
        #expect(again.topicPartitions?.map(\.partitions) == [[0]])
        try play.pass(.milliseconds(5_100))
        #expect(try play.answerMember(epoch: 1).subscribedTopicNames == nil)
    }

    @Test func `begins anew under its id when it is fenced`() throws {
        var play = try play()
        let joined = try play.answerMember(epoch: 7, assigned: [0])
        try play.answerMember(epoch: 7)
        try play.answerCommitted(5)
        try play.pass(.milliseconds(5_100))
        try play.answerMember(.fencedMemberEpoch)
        #expect(play.rebalances.suffix(1) == [.lost([Self.t0])])
        let again = try play.answerMember(epoch: 9, assigned: [])
        #expect(again.memberID == joined.memberID)
        #expect(again.memberEpoch == 0)
        #expect(again.subscribedTopicNames == ["t"])
    }

    @Test func `commits again with the epoch it has come to`() throws {
        var play = try play()
        try play.answerMember(epoch: 1, assigned: [0])
        play.core.commit([Self.t0: CommittedOffset(6)], wish: 3, within: .seconds(9), now: play.now)
        try play.run()
        try play.answerMember(epoch: 2)
        try play.answerCommitted(5)
        try play.answerCommit(.staleMemberEpoch)
        try play.answerMember(epoch: 3)
        try play.pass(.milliseconds(200))
        #expect(try play.answerCommit() == ["t-0=6@3"])
        #expect(play.commits[3] == .some(nil))
    }

    @Test func `says goodbye, or only until later if it is static`() throws {
        for (instance, epoch) in [(nil, -1), ("i", -2)] as [(String?, Int32)] {
            var play = try play { $0.instanceID = instance }
            try play.answerMember(epoch: 1, assigned: [])
            play.core.leave(now: play.now)
            try play.run()
            let goodbye = try play.answerMember(epoch: epoch)
            #expect(goodbye.memberEpoch == epoch)
            #expect(goodbye.instanceID == instance)
            #expect(play.notes.contains("left"))
        }
    }

    @Test func `leaves matching of its pattern to the coordinator`() throws {
        var play = Play.group(topics: ["t": [1, 1]]) { $0.groupProtocol = .consumer }
        try play.core.subscribe(.pattern("t.*"), now: play.now)
        try play.run()
        try play.answerCoordinator()
        let join = try play.answerMember(epoch: 1, assigned: [1])
        #expect(join.subscribedTopicRegex == "t.*")
        #expect(play.core.assignment == [Self.t1])
    }

    @Test func `waits for the name of a topic that it does not know`() throws {
        var play = try play()
        try play.answerMember(epoch: 1, assigned: [0], topic: "new")
        #expect(play.core.assignment == [])
        let before = play.metadataCount
        try play.pass(.milliseconds(4_500))
        #expect(play.metadataCount - before <= 6, "asked again and again")
        // The assignment changes before the name is known.
        try play.pass(.milliseconds(600))
        try play.answerMember(epoch: 2, assigned: [1])
        #expect(play.core.assignment == [Self.t1])
    }

    @Test func `tells a new subscription at once`() throws {
        var play = try play()
        try play.answerMember(epoch: 1, assigned: [])
        try play.core.subscribe(.topics(["t", "u"]), now: play.now)
        try play.run()
        #expect(try play.answerMember(epoch: 2).subscribedTopicNames == ["t", "u"])
    }

    @Test func `tells whoever polls that its instance is taken`() throws {
        var play = try play { $0.instanceID = "i" }
        try play.answerMember(.unreleasedInstanceId)
        #expect(throws: ClientError.refused(.unreleasedInstanceId, message: nil)) {
            try play.core.take()
        }
    }
}
