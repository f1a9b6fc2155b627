import Bytes
import Model
import Testing

@testable import Groups

@Suite("A classic group")
struct ClassicGroupTests {
    @Test func `sends a new member away with an id, and waits for others when it comes back`() {
        let play = Play()
        let first = play.joined(play.join())
        #expect(first?.error == .memberIdRequired)
        let id = first?.memberID ?? ""
        #expect(id.hasPrefix("c-") && id.count == 38)
        let ticket = play.join("g", id)
        play.pass(.milliseconds(2_900))
        #expect(play.joined(ticket) == nil)
        // The delay runs again for each newcomer, up to the rebalance time-out.
        play.pass(.milliseconds(3_200))
        let reply = play.joined(ticket)
        #expect(reply?.generation == 1)
        #expect(reply?.leader == id)
        #expect(reply?.members.map(\.id) == [id])
        #expect(reply?.protocolName == "range")
    }

    @Test func `forgets an id that nobody comes back with`() {
        let play = Play()
        _ = play.join()
        play.pass(.seconds(11))
        #expect(!play.shard.exists("g"))
    }

    @Test func `hands assignments out once the leader's are stored`() {
        let play = Play()
        let tickets = (0..<2).map { _ in play.join(takesMemberID: false) }
        play.pass(.seconds(10))
        let ids = tickets.compactMap { play.joined($0)?.memberID }
        #expect(play.joined(tickets[0])?.members.map(\.id) == ids)
        #expect(play.joined(tickets[1])?.members == [])
        play.holdsCommits = true
        let follower = play.sync("g", ids[1], 1)
        let leader = play.sync("g", ids[0], 1, [ids[0]: "a", ids[1]: "b"])
        #expect(play.synced(leader) == nil)
        play.commitLog()
        #expect(play.synced(leader)?.assignment == SharedBytes(utf8: "a"))
        #expect(play.synced(follower)?.assignment == SharedBytes(utf8: "b"))
        #expect(play.shard.describeClassic("g")?.state == "Stable")
        #expect(play.rebalances.map(\.cause) == [.memberJoined])
    }

    @Test func `tells members to join again when another comes, and why it did`() {
        let play = Play()
        let ids = play.stable()
        let ticket = play.join(takesMemberID: false)
        #expect(play.heartbeat("g", ids[0], 1) == .rebalanceInProgress)
        let again = play.join("g", ids[0])
        #expect(play.joined(again)?.generation == 2)
        let newcomer = play.joined(ticket)?.memberID ?? ""
        #expect(play.joined(again)?.members.map(\.id) == [ids[0], newcomer])
        _ = play.sync("g", ids[0], 2)
        let last = play.shard.history(of: "g").last
        #expect(last?.cause == .memberJoined)
        #expect(last?.member == newcomer)
        #expect(last?.waitedFor == ids[0])
        #expect(last?.members == 2)
    }

    @Test func `refuses strangers and members of an old generation`() {
        let play = Play()
        let ids = play.stable()
        #expect(play.heartbeat("g", ids[0], 1) == ErrorCode.none)
        #expect(play.heartbeat("g", "nobody", 1) == .unknownMemberId)
        #expect(play.heartbeat("g", ids[0], 0) == .illegalGeneration)
        #expect(play.heartbeat("other", ids[0], 1) == .unknownMemberId)
        #expect(play.synced(play.sync("g", ids[0], 0))?.error == .illegalGeneration)
        #expect(play.joined(play.join("g", "nobody"))?.error == .unknownMemberId)
        #expect(play.joined(play.join("other", "nobody"))?.error == .unknownMemberId)
        #expect(play.joined(play.join(""))?.error == .invalidGroupId)
        #expect(play.shard.describeClassic("g")?.state == "Stable")
    }

    @Test func `removes a member that is silent for its session`() {
        let play = Play()
        let ids = play.stable(2)
        play.pass(.seconds(6))
        #expect(play.heartbeat("g", ids[0], 1) == ErrorCode.none)
        play.pass(.seconds(5))
        #expect(play.heartbeat("g", ids[0], 1) == .rebalanceInProgress)
        let again = play.join("g", ids[0])
        #expect(play.joined(again)?.generation == 2)
        #expect(play.joined(again)?.members.map(\.id) == [ids[0]])
        _ = play.sync("g", ids[0], 2)
        #expect(play.rebalances.last?.cause == .sessionExpired)
        #expect(play.rebalances.last?.member == ids[1])
    }

    @Test func `keeps who waited for an assignment that a dead leader never brought`() {
        let play = Play()
        let tickets = (0..<2).map { _ in play.join(takesMemberID: false) }
        play.pass(.seconds(6))
        let ids = tickets.compactMap { play.joined($0)?.memberID }
        let follower = play.sync("g", ids[1], 1)
        play.pass(.seconds(10))
        #expect(play.synced(follower)?.error == .rebalanceInProgress)
        #expect(play.shard.classic["g"]?.members.keys.sorted() == [ids[1]])
        let again = play.joined(play.join("g", ids[1]))
        #expect(again?.generation == 2)
        #expect(again?.leader == ids[1])
    }

    @Test func `does not wait for ever for who does not join again`() {
        let play = Play()
        let ids = play.stable(2)
        _ = play.join(takesMemberID: false)
        let again = play.join("g", ids[0])
        for _ in 0..<7 {
            play.pass(.seconds(9))
            _ = play.heartbeat("g", ids[1], 1)
        }
        #expect(play.joined(again)?.generation == 2)
        #expect(play.joined(again)?.members.map(\.id).contains(ids[1]) == false)
        _ = play.sync("g", ids[0], 2)
        #expect(play.rebalances.last?.waitedFor == ids[1])
        #expect(play.rebalances.last?.hasTimedOut == true)
    }

    @Test func `removes who does not fetch its assignment`() {
        let play = Play()
        let tickets = (0..<2).map { _ in play.join(takesMemberID: false) }
        play.pass(.seconds(10))
        let ids = tickets.compactMap { play.joined($0)?.memberID }
        _ = play.sync("g", ids[0], 1, [:])
        for _ in 0..<8 {
            play.pass(.seconds(8))
            for id in ids { _ = play.heartbeat("g", id, 1) }
        }
        #expect(play.shard.classic["g"]?.members.keys.sorted() == [ids[0]])
    }

    @Test func `gives a static member its place back without a rebalance`() {
        let play = Play()
        let ticket = play.join("g", instance: "one")
        play.pass(.seconds(10))
        let id = play.joined(ticket)?.memberID ?? ""
        #expect(id.hasPrefix("one-"))
        let synced = play.ask { shard, ticket, now, time in
            var request = SyncRequest("g")
            request.member = MemberClaim(id, instanceID: "one", generation: 1)
            request.assignments = [(id, SharedBytes(utf8: "mine"))]
            return shard.sync(request, ticket, now: now, time: time)
        }
        #expect(play.synced(synced)?.error == ErrorCode.none)
        let back = play.joined(play.join("g", instance: "one") { $0.skipsAssignment = true })
        #expect(back?.generation == 1)
        #expect(back?.skipsAssignment == true)
        #expect(back?.memberID != id)
        #expect(play.heartbeat("g", id, 1, instance: "one") == .fencedInstanceId)
        let again = play.sync("g", back?.memberID ?? "", 1)
        #expect(play.synced(again)?.assignment == SharedBytes(utf8: "mine"))
        #expect(play.successor().shard.classic["g"]?.staticMembers["one"] == back?.memberID)
    }

    @Test func `is unharmed by an assignor that nobody shares`() {
        let play = Play()
        let ids = play.stable()
        let other = play.join(protocols: ["mine alone"])
        #expect(play.joined(other)?.error == .inconsistentGroupProtocol)
        #expect(play.heartbeat("g", ids[0], 1) == ErrorCode.none)
    }

    @Test func `chooses what most members like best among what all speak`() {
        let play = Play()
        let lists = [["a", "b", "c"], ["b", "c"], ["c", "b"], ["b", "c", "a"]]
        let tickets = lists.map { play.join(protocols: $0, takesMemberID: false) }
        play.pass(.seconds(10))
        #expect(play.joined(tickets[0])?.protocolName == "b")
    }

    @Test func `takes no more members than it may`() {
        var settings = GroupSettings()
        settings.sizeMax = 2
        let play = Play(settings)
        _ = play.stable(2)
        let third = play.joined(play.join(takesMemberID: false))
        #expect(third?.error == .groupMaxSizeReached)
    }

    @Test func `is not made where there are too many groups of either kind already`() throws {
        let play = Play()
        play.shard.groupsMax = 2
        play.shard.image = try Play.image([("t", 1)])
        let known = play.join("a", takesMemberID: false)
        var consumer = Consumer(id: "1")
        play.beat(&consumer)
        #expect(consumer.error == .none)
        #expect(
            play.joined(play.join("b", takesMemberID: false))?.error == .groupMaxSizeReached)
        var stranger = Consumer(id: "2")
        play.beat(&stranger, in: "c")
        #expect(stranger.error == .groupMaxSizeReached)
        // Who is there already is not disturbed.
        play.pass(.seconds(3))
        #expect(play.joined(known)?.error == ErrorCode.none)
        play.beat(&consumer)
        #expect(consumer.error == .none)
    }

    @Test func `refuses sessions outside the broker's bounds`() {
        let play = Play()
        for session in [Duration.seconds(5), .seconds(1801), .seconds(-1)] {
            let reply = play.joined(play.join { $0.session = session })
            #expect(reply?.error == .invalidSessionTimeout)
        }
    }

    @Test func `joins anew when its assignment cannot be stored`() {
        let play = Play()
        let ticket = play.join(takesMemberID: false)
        play.pass(.seconds(10))
        let id = play.joined(ticket)?.memberID ?? ""
        play.failure = .coordinatorNotAvailable
        let sync = play.sync("g", id, 1, [id: "a"])
        #expect(play.synced(sync)?.error == .coordinatorNotAvailable)
        #expect(play.heartbeat("g", id, 1) == .rebalanceInProgress)
        play.failure = nil
        #expect(play.joined(play.join("g", id))?.generation == 2)
    }

    @Test func `lets members leave, by id or by instance`() {
        let play = Play()
        let ids = play.stable(2)
        let leaving = [
            LeaveRequest(memberID: ids[0], instanceID: nil, reason: "done"),
            LeaveRequest(memberID: "nobody", instanceID: nil, reason: nil),
            LeaveRequest(memberID: "", instanceID: "unknown", reason: nil),
        ]
        let ticket = play.ask { $0.leave("g", leaving, $1, now: $2, time: $3) }
        #expect(play.replies[ticket] == .left([.none, .unknownMemberId, .unknownMemberId]))
        let again = play.join("g", ids[1])
        #expect(play.joined(again)?.leader == ids[1])
        _ = play.sync("g", ids[1], 2)
        #expect(play.rebalances.last?.cause == .memberLeft(reason: "done"))
    }

    @Test func `goes on at the next coordinator`() {
        let play = Play()
        let ids = play.stable(2)
        let next = play.successor()
        #expect(next.heartbeat("g", ids[1], 1) == ErrorCode.none)
        let synced = next.synced(next.sync("g", ids[1], 1))
        #expect(synced?.assignment == SharedBytes(utf8: "to \(ids[1])"))
        next.pass(.seconds(9))
        _ = next.heartbeat("g", ids[0], 1)
        next.pass(.seconds(5))
        #expect(next.shard.classic["g"]?.members.keys.sorted() == [ids[0]])
    }
}
