import Model
import Testing

@testable import Groups

@Suite("Offsets committed with a transaction (KIP-447)")
struct TransactionalOffsetTests {
    private static let producer = OffsetProducer(id: ProducerID(7), epoch: 0)

    @discardableResult
    private func commit(
        _ play: Play, _ offset: Int64 = 9, _ claim: MemberClaim = MemberClaim(""),
        group: String = "g", topic: String = "t", by producer: OffsetProducer = producer
    ) -> GroupReply? {
        var request = OffsetCommit(group, claim)
        var entry = OffsetEntry(topic: topic, topicID: .zero, partition: 0)
        entry.offset = Offset(offset)
        request.entries = [entry]
        let asked = request
        let ticket = play.ask { $0.commit(asked, by: producer, $1, now: $2, time: $3) }
        return play.replies[ticket]
    }

    private func offset(_ play: Play, _ topic: String = "t") -> Int64? {
        play.shard.offset(of: "g", topic, nil, 0)?.offset.rawValue
    }

    private func isUnstable(_ play: Play, _ topic: String = "t") -> Bool {
        play.shard.isUnstable("g", topic, 0)
    }

    @Test(arguments: [true, false])
    func `count when it is committed, and never when it is aborted`(_ isCommit: Bool) {
        let play = Play()
        _ = play.commit("g", MemberClaim(""), 5)
        #expect(commit(play) == .offsets([.none]))
        for side in [play, play.successor()] {
            #expect(offset(side) == 5)
            #expect(isUnstable(side))
            #expect(side.end(ProducerID(7), isCommit: isCommit) == ["g"])
            #expect(offset(side) == (isCommit ? 9 : 5))
            #expect(!isUnstable(side))
            #expect(offset(side.successor()) == (isCommit ? 9 : 5))
        }
    }

    @Test func `wait for the end of their own producer's transaction`() {
        let play = Play()
        commit(play, 9)
        commit(play, 11, by: OffsetProducer(id: ProducerID(8), epoch: 3))
        #expect(play.end(ProducerID(8), isCommit: true) == ["g"])
        #expect(offset(play) == 11)
        #expect(isUnstable(play))
        #expect(play.end(ProducerID(9), isCommit: true) == [])
        play.end(ProducerID(7), isCommit: true)
        // The later of the two stands, whichever transaction ends first.
        #expect(offset(play) == 11)
        #expect(!isUnstable(play))
        #expect(offset(play.successor()) == 11)
    }

    @Test func `give way to what was committed since without a transaction`() {
        let play = Play()
        commit(play, 9)
        _ = play.commit("g", MemberClaim(""), 20)
        play.end(ProducerID(7), isCommit: true)
        #expect(offset(play) == 20)
        #expect(offset(play.successor()) == 20)
    }

    @Test func `are the last of their transaction for a partition`() {
        let play = Play()
        commit(play, 9)
        commit(play, 10)
        commit(play, 3, topic: "u")
        play.end(ProducerID(7), isCommit: true)
        #expect([offset(play), offset(play, "u")] == [10, 3])
    }

    @Test func `come from members of the present generation, if they say from whom`() {
        let play = Play()
        let ids = play.stable()
        #expect(commit(play, 9) == .offsets([.none]))
        #expect(commit(play, 9, MemberClaim(ids[0], generation: 1)) == .offsets([.none]))
        #expect(
            commit(play, 9, MemberClaim(ids[0], generation: 0)) == .error(.illegalGeneration))
        #expect(
            commit(play, 9, MemberClaim("nobody", generation: 1)) == .error(.unknownMemberId))
        #expect(
            commit(play, 9, MemberClaim(ids[0], instanceID: "i", generation: 1))
                == .error(.unknownMemberId))
        #expect(
            commit(play, 9, MemberClaim("m", generation: 3), group: "new")
                == .error(.illegalGeneration))
        #expect(commit(play, 9, group: "") == .error(.invalidGroupId))
        #expect(
            commit(play, by: OffsetProducer(id: .none, epoch: -1))
                == .error(.invalidProducerIdMapping))
    }

    @Test func `are taken while the group shares its partitions out`() {
        let play = Play()
        let ticket = play.join(takesMemberID: false)
        play.pass(.seconds(10))
        let id = play.joined(ticket)?.memberID ?? ""
        #expect(commit(play, 9, MemberClaim(id, generation: 1)) == .offsets([.none]))
    }

    @Test func `come from consumers at their present epoch`() throws {
        let play = Play(image: try Play.image([("t", 1)]))
        var one = Consumer(id: "1")
        play.beat(&one)
        #expect(commit(play, 9, MemberClaim("1", generation: 1)) == .offsets([.none]))
        #expect(commit(play, 9, MemberClaim("1", generation: 0)) == .error(.illegalGeneration))
        #expect(commit(play, 9, MemberClaim("2", generation: 1)) == .error(.unknownMemberId))
    }

    @Test func `are not kept when the log does not take them`() {
        let play = Play()
        play.failure = .invalidProducerEpoch
        #expect(commit(play) == .error(.invalidProducerEpoch))
        #expect(!isUnstable(play))
    }

    // MARK: Their end

    @Test func `keep their group and what they are about from growing old`() {
        var settings = GroupSettings.prompt
        settings.offsetRetention = .seconds(100)
        settings.expiryInterval = .seconds(10)
        let play = Play(settings)
        _ = play.commit("g", MemberClaim(""), 5)
        _ = play.commit("g", MemberClaim(""), 6, topic: "u")
        commit(play)
        play.pass(.seconds(150))
        #expect([offset(play), offset(play, "u")] == [5, nil])
        play.end(ProducerID(7), isCommit: false)
        play.pass(.seconds(20))
        #expect(offset(play) == nil)
        #expect(!play.shard.exists("g"))
    }

    @Test func `go with their group, with their partition, and with their topic`() {
        let play = Play()
        commit(play)
        #expect(play.shard.exists("g"))
        #expect(play.shard.listing.map(\.id) == ["g"])
        let deletion = play.ask { $0.delete("g", $1, now: $2, time: $3) }
        #expect(play.replies[deletion] == .error(.none))
        #expect(!play.shard.exists("g"))
        commit(play)
        let one = play.ask {
            $0.deleteOffsets(
                of: "g", [TopicPartition("t", 0)], $1, now: $2, time: $3)
        }
        #expect(play.replies[one] == .offsets([.none]))
        #expect(!isUnstable(play))
        commit(play)
        play.perform(play.shard.topicsDeleted(["t"], now: play.now, time: play.time))
        for side in [play, play.successor()] {
            side.end(ProducerID(7), isCommit: true)
            #expect(offset(side) == nil)
            #expect(!side.shard.exists("g"))
        }
    }
}
