import Bytes
import Model
import TestSupport
import Testing

@testable import Client

@Suite("An assignor of classic groups")
struct AssignorTests {
    func member(
        _ id: String, _ topics: [String] = ["t"], owns: [TopicPartition] = [],
        generation: Int32 = 1, instance: String? = nil, rack: String? = nil
    ) -> GroupMember {
        GroupMember(
            id: id, instanceID: instance, topics: topics.sorted(), owned: owns.sorted(),
            generation: generation, rack: rack)
    }

    func t(_ numbers: Int32..., topic: String = "t") -> [TopicPartition] {
        numbers.map { TopicPartition(topic, $0) }
    }

    @Test func `of ranges gives neighbours, the first members one more`() {
        let shares = Assignor.range.assign(
            [member("b"), member("a", ["t", "u"])], counts: ["t": 5, "u": 2])
        #expect(shares["a"] == t(0, 1, 2) + t(0, 1, topic: "u"))
        #expect(shares["b"] == t(3, 4))
    }

    @Test func `of ranges keeps static members in their place`() {
        let shares = Assignor.range.assign(
            [member("a", instance: "2"), member("z", instance: "1"), member("0")],
            counts: ["t": 3])
        #expect(shares == ["z": t(0), "a": t(1), "0": t(2)])
    }

    @Test func `in a circle passes over who does not read a topic`() {
        let shares = Assignor.roundRobin.assign(
            [member("a", ["t", "u"]), member("b")], counts: ["t": 3, "u": 2])
        #expect(shares["a"] == t(0, 2) + t(0, 1, topic: "u"))
        #expect(shares["b"] == t(1))
    }

    @Test func `that is sticky moves only what it must`() {
        let shares = Assignor.sticky.assign(
            [member("a", owns: t(0, 2, 4)), member("b", owns: t(1, 3, 5)), member("c")],
            counts: ["t": 6])
        #expect(shares.mapValues(\.count) == ["a": 2, "b": 2, "c": 2])
        #expect(Set(shares["a"] ?? []).isSubset(of: t(0, 2, 4)))
        #expect(Set(shares["b"] ?? []).isSubset(of: t(1, 3, 5)))
    }

    @Test func `that is cooperative gives nobody what another still reads`() {
        let members = [member("a", owns: t(0, 1, 2, 3)), member("b")]
        let first = Assignor.cooperativeSticky.assign(members, counts: ["t": 4])
        #expect(first["a"]?.count == 2)
        #expect(first["b"] == [])
        let second = Assignor.cooperativeSticky.assign(
            [member("a", owns: first["a"] ?? [], generation: 2), member("b", generation: 2)],
            counts: ["t": 4])
        #expect(second["a"] == first["a"])
        #expect(second["b"]?.count == 2)
    }

    @Test func `believes the newer of two owners, and neither of two equals`() {
        let newer = Assignor.sticky.assign(
            [
                member("a", owns: t(0), generation: 1), member("b", owns: t(0), generation: 2),
            ], counts: ["t": 2])
        #expect(newer == ["a": t(1), "b": t(0)])
        let owners = StickyAssignment.owners(of: [member("a", owns: t(0)), member("b", owns: t(0))])
        #expect(owners.isEmpty)
    }

    @Test(arguments: [Assignor.range, .sticky, .cooperativeSticky])
    func `prefers replicas of the member's rack, as far as shares stay even`(_ assignor: Assignor) {
        let members = [member("a", rack: "y"), member("b", rack: "x")]
        let racks: [Set<String>] = [["x"], ["x"], ["y", "x"], ["y"]]
        let shares = assignor.assign(members, counts: ["t": 4], racks: ["t": racks])
        #expect(shares == ["a": t(2, 3), "b": t(0, 1)])
        let far = assignor.assign(
            members, counts: ["t": 4], racks: ["t": Array(repeating: ["x"], count: 4)])
        #expect(far.mapValues(\.count) == ["a": 2, "b": 2])
    }

    @Test func `of ranges gives the same numbers of topics that are read together, near or not`() {
        let members = [member("a", ["t", "u"], rack: "x"), member("b", ["t", "u"], rack: "y")]
        let shares = Assignor.range.assign(
            members, counts: ["t": 2, "u": 2], racks: ["t": [["y"], ["x"]], "u": [["x"], ["y"]]])
        #expect(shares == ["a": t(0) + t(0, topic: "u"), "b": t(1) + t(1, topic: "u")])
        let alike = Assignor.range.assign(
            members, counts: ["t": 2, "u": 2], racks: ["t": [["y"], ["x"]], "u": [["y"], ["x"]]])
        #expect(alike == ["a": t(1) + t(1, topic: "u"), "b": t(0) + t(0, topic: "u")])
    }

    @Test func `knows no partitions of a topic that is not there`() {
        for assignor in Assignor.allCases {
            #expect(assignor.assign([member("a", ["gone"])], counts: [:]) == ["a": []])
        }
    }

    @Test(arguments: Assignor.allCases, 0..<40 as Range<UInt64>)
    func `shares out everything once, whatever members read`(
        _ assignor: Assignor, _ seed: UInt64
    ) {
        var random = PRNG(seed: seed)
        let counts = Dictionary(
            uniqueKeysWithValues: (0..<4).map { ("t\($0)", Int32(random.below(12))) })
        var members = (0..<1 + random.below(7)).map { number in
            let topics = counts.keys.sorted().filter { _ in random.below(3) > 0 }
            return member(
                "m\(number)", topics, generation: 0,
                rack: random.below(2) == 0 ? nil : "r\(random.below(3))")
        }
        let racks = counts.mapValues { count in
            (0..<count).map { _ -> Set<String> in ["r\(random.below(3))"] }
        }
        // Cooperative rounds go on until nothing moves.
        for round in 1...4 {
            let shares = assignor.assign(members, counts: counts, racks: racks)
            var seen: Set<TopicPartition> = []
            for member in members {
                for partition in shares[member.id] ?? [] {
                    #expect(seen.insert(partition).inserted, "\(partition) has two owners")
                    #expect(member.topics.contains(partition.topic))
                }
            }
            let all = Set(Assignor.partitions(members, counts))
            if !assignor.isCooperative || round == 4 { #expect(seen == all) }
            members = members.map { member in
                self.member(
                    member.id, member.topics, owns: shares[member.id] ?? [],
                    generation: Int32(round), rack: member.rack)
            }
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `that is sticky is even when all read the same, and keeps still then`(_ seed: UInt64) {
        var random = PRNG(seed: seed)
        let counts: [String: Int32] = ["t": Int32(random.below(30)), "u": Int32(random.below(9))]
        let all = Assignor.partitions([member("x", ["t", "u"])], counts)
        var members = (0..<1 + random.below(6)).map { member("m\($0)", ["t", "u"]) }
        for partition in all where random.below(2) == 0 {
            let index = random.below(members.count)
            let owned = members[index].owned + [partition]
            members[index] = member("m\(index)", ["t", "u"], owns: owned)
        }
        let shares = Assignor.sticky.assign(members, counts: counts)
        let loads = members.map { shares[$0.id]?.count ?? 0 }
        #expect((loads.max() ?? 0) - (loads.min() ?? 0) <= 1)
        let settled = members.map {
            member($0.id, $0.topics, owns: shares[$0.id] ?? [], generation: 2)
        }
        #expect(Assignor.sticky.assign(settled, counts: counts) == shares)
    }

    // MARK: Bytes

    @Test func `reads the bytes that Java's consumer sends`() throws {
        // Version 1 of a subscription to `foo`, with foo-0 owned and no user data.
        let bytes: [UInt8] =
            [0, 1, 0, 0, 0, 1, 0, 3] + Array("foo".utf8) + [0xFF, 0xFF, 0xFF, 0xFF]
            + [0, 0, 0, 1, 0, 3] + Array("foo".utf8) + [0, 0, 0, 1, 0, 0, 0, 0]
        let read = try ConsumerProtocol.member(
            id: "m", instanceID: nil, metadata: SharedBytes(bytes), assignor: .cooperativeSticky)
        #expect(read.topics == ["foo"])
        #expect(read.owned == [TopicPartition("foo", 0)])
        #expect(read.generation == -1)
    }

    @Test func `writes an assignment as Java's consumer does`() {
        let bytes = ConsumerProtocol.assignment(t(0, 1, topic: "foo"))
        #expect(
            bytes.array
                == [0, 3, 0, 0, 0, 1, 0, 3] + Array("foo".utf8)
                + [0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF])
    }

    @Test(arguments: Assignor.allCases)
    func `reads what it wrote`(_ assignor: Assignor) throws {
        let owned = t(3, 5) + t(1, topic: "u")
        let bytes = ConsumerProtocol.subscription(
            topics: ["t", "u"], owned: owned, generation: 6, rack: "r", for: assignor)
        let read = try ConsumerProtocol.member(
            id: "m", instanceID: "i", metadata: bytes, assignor: assignor)
        #expect(read.topics == ["t", "u"])
        switch assignor {
        case .range, .roundRobin: #expect(read.owned == [])
        case .sticky, .cooperativeSticky: #expect(read.owned == owned)
        }
        #expect(read.generation == 6)
        #expect(read.rack == "r")
    }

    @Test func `survives any bytes of a stranger`() {
        var random = PRNG(seed: 11)
        for _ in 0..<3_000 {
            let bytes = (0..<random.below(60)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            for assignor in [Assignor.sticky, .cooperativeSticky] {
                do {
                    _ = try ConsumerProtocol.member(
                        id: "m", instanceID: nil, metadata: SharedBytes(bytes), assignor: assignor)
                    _ = try ConsumerProtocol.partitions(SharedBytes(bytes))
                } catch {
                    // Most are refused; none may trap.
                    continue
                }
            }
        }
    }
}
