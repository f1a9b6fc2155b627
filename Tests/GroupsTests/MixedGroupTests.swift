import Bytes
import Coordination
import InternalRecords
import Metadata
import Model
import Testing

@testable import Groups

/// A consumer of the classic protocol in whatever group it meets: it does what it is told, giving up everything
/// before it joins again.
private struct ClassicConsumer {
    var id = ""
    var generation: Int32 = -1
    var instance: String?
    var error = ErrorCode.none
    /// Topic and partitions, as its assignment says.
    var owned: [String: [Int32]] = [:]
    var count: Int { owned.values.reduce(0) { $0 + $1.count } }
}

extension Play {
    fileprivate func join(_ one: inout ClassicConsumer) {
        let instance = one.instance
        var ticket = join("g", one.id, instance: instance)
        if joined(ticket)?.error == .memberIdRequired {
            one.id = joined(ticket)?.memberID ?? ""
            ticket = join("g", one.id, instance: instance)
        }
        guard let reply = joined(ticket) else {
            Issue.record("a consumer group does not let a member wait")
            return
        }
        one.error = reply.error
        guard reply.error == .none else { return }
        one.id = reply.memberID
        one.generation = reply.generation
        sync(&one)
    }

    fileprivate func sync(_ one: inout ClassicConsumer) {
        guard let reply = synced(sync("g", one.id, one.generation)) else { return }
        one.error = reply.error
        guard reply.error == .none, !reply.assignment.isEmpty else { return }
        var reader = ByteReader(reply.assignment)
        do {
            let version = try reader.int16()
            let read = try ConsumerProtocolAssignment(from: &reader, version: version)
            one.owned = [:]
            for topic in read.assignedPartitions { one.owned[topic.topic] = topic.partitions }
        } catch {
            Issue.record(error)
        }
    }

    /// A heartbeat; a member that is told to joins again.
    fileprivate func beat(_ one: inout ClassicConsumer) {
        guard let error = heartbeat("g", one.id, one.generation, instance: one.instance) else {
            return
        }
        one.error = error
        guard error == .rebalanceInProgress else { return }
        one.owned = [:]
        join(&one)
    }
}

@Suite("A group of both protocols")
struct MixedGroupTests {
    private func play() throws -> Play {
        let play = Play()
        play.shard.image = try Play.image([("t", 6)])
        return play
    }

    /// A classic group with that many members, each with its share of topic `t`, as a leader gave it.
    private func classicGroup(_ play: Play, _ count: Int) -> [ClassicConsumer] {
        let tickets = (0..<count).map { _ in play.join("g", takesMemberID: false) }
        play.pass(.seconds(10))
        var members = tickets.compactMap { play.joined($0) }.map {
            ClassicConsumer(id: $0.memberID, generation: $0.generation)
        }
        var request = SyncRequest("g")
        request.member = MemberClaim(members[0].id, generation: 1)
        for (place, member) in members.enumerated() {
            let share = (0..<Int32(6)).filter { Int($0) % count == place }
            request.assignments.append((member.id, Self.assignment(["t": share])))
        }
        let asked = request
        play.ask { $0.sync(asked, $1, now: $2, time: $3) }
        for index in members.indices { play.sync(&members[index]) }
        return members
    }

    private static func assignment(_ topics: [String: [Int32]], userData: String = "")
        -> SharedBytes
    {
        var value = ConsumerProtocolAssignment()
        value.assignedPartitions = topics.sorted { $0.key < $1.key }.map {
            .init(topic: $0.key, partitions: $0.value)
        }
        if !userData.isEmpty { value.userData = SharedBytes(utf8: userData) }
        var writer = ByteWriter(capacity: 64)
        writer.int16(0)
        do { try value.encode(to: &writer, version: 0) } catch { Issue.record(error) }
        return writer.finish()
    }

    @Test func `is made when a consumer joins a classic group, whose members keep what they have`()
        throws
    {
        let play = try play()
        var old = classicGroup(play, 2)
        #expect(old.map(\.count) == [3, 3])
        var new = Consumer(id: "new")
        play.beat(&new)
        #expect(new.error == .none)
        #expect(new.owned.isEmpty)
        let shown = play.shard.describeConsumer("g")
        #expect(shown?.members.map(\.isClassic).filter { $0 }.count == 2)
        #expect(shown?.members.map(\.assigned.count).sorted() == [0, 3, 3])
        #expect(play.shard.describeClassic("g") == nil)
        #expect(play.shard.listing.map(\.type) == ["consumer"])
        for _ in 0..<3 {
            for index in old.indices { play.beat(&old[index]) }
            play.beat(&new)
        }
        #expect(old.map(\.count) == [2, 2])
        #expect(old.map(\.error) == [.none, .none])
        #expect(new.owned.count == 2)
        #expect(play.shard.describeConsumer("g")?.state == "Stable")
        #expect(play.rebalances.last?.cause == .protocolChanged)
    }

    @Test func `becomes a classic group when the last consumer leaves, and its members meet`()
        throws
    {
        let play = try play()
        var old = classicGroup(play, 2)
        var new = Consumer(id: "new")
        for _ in 0..<3 {
            play.beat(&new)
            for index in old.indices { play.beat(&old[index]) }
        }
        play.beat(&new) { $0.epoch = -1 }
        #expect(new.error == .none)
        #expect(play.shard.describeConsumer("g") == nil)
        #expect(play.shard.describeClassic("g")?.state == "PreparingRebalance")
        let codes = old.map { play.heartbeat("g", $0.id, $0.generation) }
        #expect(codes == [.rebalanceInProgress, .rebalanceInProgress])
        let tickets = old.map { play.join("g", $0.id) }
        #expect(play.joined(tickets[0])?.generation == old[0].generation + 1)
        #expect(tickets.compactMap { play.joined($0)?.members.count }.max() == 2)
        #expect(play.shard.listing.map(\.type) == ["classic"])
        // The offsets stay whatever the protocol.
        _ = play.successor()
    }

    @Test func `takes classic members that come later, by the steps of KIP-394`() throws {
        let play = try play()
        var new = Consumer(id: "new")
        play.beat(&new)
        var late = ClassicConsumer()
        play.join(&late)
        #expect(late.error == .none)
        #expect(late.id.hasPrefix("c-"))
        #expect(late.count == 0)
        play.beat(&new)
        play.beat(&new)
        play.beat(&late)
        #expect(late.count == 3)
        #expect(new.owned.count == 3)
        #expect(
            play.commit("g", MemberClaim(late.id, generation: late.generation)) == .offsets([.none])
        )
        #expect(
            play.commit("g", MemberClaim(late.id, generation: late.generation - 1))
                == .error(.illegalGeneration))
        let other = play.join("g") { $0.protocolType = "connect" }
        #expect(play.joined(other)?.error == .inconsistentGroupProtocol)
        let left = play.ask {
            $0.leave(
                "g",
                [
                    LeaveRequest(memberID: late.id, instanceID: nil, reason: nil),
                    LeaveRequest(memberID: "new", instanceID: nil, reason: nil),
                ], $1, now: $2, time: $3)
        }
        #expect(play.replies[left] == .left([.none, .unknownMemberId]))
        play.beat(&new)
        #expect(new.owned.count == 6)
    }

    @Test func `removes a classic member that does not come back when it is told to`() throws {
        let play = try play()
        var old = classicGroup(play, 1)
        var new = Consumer(id: "new")
        play.beat(&new)
        for _ in 0..<14 {
            // It lives, but never joins again.
            _ = play.heartbeat("g", old[0].id, old[0].generation)
            play.beat(&new)
            play.pass(.seconds(5))
        }
        play.beat(&new)
        #expect(new.owned.count == 6)
        play.beat(&old[0])
        #expect(old[0].error == .unknownMemberId)
    }

    @Test func `keeps the place of a classic static member that begins anew`() throws {
        let play = try play()
        var new = Consumer(id: "new")
        play.beat(&new)
        var fixed = ClassicConsumer(instance: "i")
        play.join(&fixed)
        play.beat(&new)
        play.beat(&new)
        play.beat(&fixed)
        #expect(fixed.count == 3)
        let epoch = play.shard.describeConsumer("g")?.epoch
        var again = ClassicConsumer(instance: "i")
        play.join(&again)
        #expect(again.id != fixed.id)
        #expect(again.owned == fixed.owned)
        #expect(play.shard.describeConsumer("g")?.epoch == epoch)
        play.beat(&fixed)
        #expect(fixed.error == .fencedInstanceId)
    }

    @Test func `is not made where the policy forbids it, or of what a leader alone understands`()
        throws
    {
        let play = try play()
        _ = classicGroup(play, 1)
        play.shard.settings.consumer.migration = .downgrade
        var new = Consumer(id: "new")
        play.beat(&new)
        #expect(new.error == .groupIdNotFound)
        #expect(play.shard.describeClassic("g")?.state == "Stable")
        let own = try self.play()
        let id = own.stable()[0]
        var request = SyncRequest("g")
        request.member = MemberClaim(id, generation: 2)
        request.assignments = [(id, Self.assignment(["t": [0]], userData: "mine"))]
        let ticket = own.join("g", id)
        #expect(own.joined(ticket)?.generation == 2)
        let asked = request
        own.ask { $0.sync(asked, $1, now: $2, time: $3) }
        own.beat(&new)
        #expect(new.error == .groupIdNotFound)
        #expect(own.shard.describeClassic("g")?.state == "Stable")
    }

    @Test func `survives a failover in the middle of its change`() throws {
        let play = try play()
        var old = classicGroup(play, 2)
        var new = Consumer(id: "new")
        play.beat(&new)
        let next = play.successor()
        for _ in 0..<3 {
            for index in old.indices { next.beat(&old[index]) }
            next.beat(&new)
        }
        #expect(new.owned.count == 2)
        next.beat(&new) { $0.epoch = -1 }
        // The next coordinator finds a record that says that the members must meet.
        let last = next.successor()
        #expect(last.shard.describeClassic("g")?.state == "PreparingRebalance")
        #expect(last.shard.describeConsumer("g") == nil)
    }

    @Test func `changes its protocol without a trace when nobody is in it`() throws {
        let play = try play()
        _ = play.commit()
        var new = Consumer(id: "new")
        play.beat(&new)
        play.beat(&new) { $0.epoch = -1 }
        #expect(play.shard.listing.map(\.type) == ["consumer"])
        let members = classicGroup(play, 1)
        #expect(members[0].count == 6)
        #expect(play.shard.listing.map(\.type) == ["classic"])
        #expect(play.shard.offset(of: "g", "t", nil, 0)?.offset == Offset(5))
    }
}
