import Model
import Testing

@testable import Groups

@Suite("Committed offsets")
struct OffsetTests {
    private func offset(_ play: Play, _ group: String = "g") -> Int64? {
        play.shard.offset(of: group, "t", nil, 0)?.offset.rawValue
    }

    @Test func `are told once they are committed, and found by the next coordinator`() {
        let play = Play()
        #expect(play.commit() == .offsets([.none]))
        #expect(offset(play) == 5)
        #expect(offset(play.successor()) == 5)
        #expect(play.successor().shard.offset(of: "g", "t", nil, 0)?.metadata == "m")
        #expect(offset(play, "other") == nil)
    }

    @Test func `are not kept when the log does not take them`() {
        let play = Play()
        play.failure = .coordinatorNotAvailable
        #expect(play.commit() == .error(.coordinatorNotAvailable))
        #expect(offset(play) == nil)
    }

    @Test func `come from members of the present generation only`() {
        let play = Play()
        let ids = play.stable()
        #expect(play.commit("g", MemberClaim(ids[0], generation: 1)) == .offsets([.none]))
        #expect(play.commit("g", MemberClaim(ids[0], generation: 0)) == .error(.illegalGeneration))
        #expect(play.commit("g", MemberClaim("nobody", generation: 1)) == .error(.unknownMemberId))
        #expect(play.commit("g") == .error(.unknownMemberId))
        #expect(play.commit("new", MemberClaim("m", generation: 3)) == .error(.groupIdNotFound))
        #expect(play.commit("") == .error(.invalidGroupId))
    }

    @Test func `are refused while the group shares its partitions out`() {
        let play = Play()
        let ticket = play.join(takesMemberID: false)
        play.pass(.seconds(10))
        let id = play.joined(ticket)?.memberID ?? ""
        #expect(play.commit("g", MemberClaim(id, generation: 1)) == .error(.rebalanceInProgress))
    }

    @Test func `carry no more text than offset.metadata.max.bytes`() {
        let play = Play()
        let long = String(repeating: "x", count: 4097)
        #expect(play.commit(metadata: long) == .offsets([.offsetMetadataTooLarge]))
        #expect(offset(play) == nil)
        #expect(play.commit(metadata: String(long.dropLast())) == .offsets([.none]))
    }

    @Test func `end with their group`() {
        let play = Play()
        let ids = play.stable()
        _ = play.commit("g", MemberClaim(ids[0], generation: 1))
        let refused = play.ask { $0.delete("g", $1, now: $2, time: $3) }
        #expect(play.replies[refused] == .error(.nonEmptyGroup))
        play.pass(.seconds(20))
        let done = play.ask { $0.delete("g", $1, now: $2, time: $3) }
        #expect(play.replies[done] == .error(.none))
        #expect(!play.shard.exists("g"))
        #expect(!play.successor().shard.exists("g"))
        let again = play.ask { $0.delete("g", $1, now: $2, time: $3) }
        #expect(play.replies[again] == .error(.groupIdNotFound))
    }

    @Test func `are deleted by hand where no member subscribes`() {
        let play = Play()
        let ids = play.stable()
        let claim = MemberClaim(ids[0], generation: 1)
        _ = play.commit("g", claim)
        _ = play.commit("g", claim, 9, topic: "left")
        let asked = [TopicPartition("t", 0), TopicPartition("left", 0)]
        let ticket = play.ask { $0.deleteOffsets(of: "g", asked, $1, now: $2, time: $3) }
        #expect(play.replies[ticket] == .offsets([.groupSubscribedToTopic, .none]))
        #expect(offset(play) == 5)
        #expect(play.shard.offset(of: "g", "left", nil, 0) == nil)
    }

    @Test func `expire when their group has been empty for the retention, not before`() {
        var settings = GroupSettings()
        settings.offsetRetention = .hours(1)
        settings.expiryInterval = .minutes(1)
        let play = Play(settings)
        let ids = play.stable()
        let claim = MemberClaim(ids[0], generation: 1)
        _ = play.commit("g", claim)
        _ = play.commit("g", claim, 9, topic: "left")
        for _ in 0..<(2 * 450) {
            play.pass(.seconds(8))
            _ = play.heartbeat("g", ids[0], 1)
        }
        #expect(offset(play) == 5)
        #expect(play.shard.offset(of: "g", "left", nil, 0) == nil)
        play.pass(.minutes(50))
        #expect(offset(play) == 5)
        play.pass(.minutes(20))
        #expect(!play.shard.exists("g"))
        #expect(!play.successor().shard.exists("g"))
    }

    @Test func `go with their topic`() {
        let play = Play()
        _ = play.commit()
        _ = play.commit("g", topic: "u")
        play.perform(play.shard.topicsDeleted(["t"], now: play.now, time: play.time))
        #expect(offset(play) == nil)
        #expect(play.shard.offset(of: "g", "u", nil, 0) != nil)
    }
}
