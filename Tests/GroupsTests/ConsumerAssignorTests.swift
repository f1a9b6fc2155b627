import Model
import Testing

@testable import Groups

@Suite("An assignor of consumer groups")
struct ConsumerAssignorTests {
    private func topic(_ place: UInt64, _ count: Int32, racks: [Set<String>] = [])
        -> AssignableTopic
    {
        AssignableTopic(
            id: TopicID(UUID(high: 1, low: place)), name: "t\(place)", partitionCount: count,
            racks: racks)
    }

    private func member(
        _ id: String, _ topics: [AssignableTopic], current: PartitionSet = PartitionSet(),
        rack: String? = nil
    ) -> AssignableMember {
        AssignableMember(
            id: id, instanceID: nil, rack: rack, topics: Set(topics.map(\.id)), current: current)
    }

    @Test func `uniform shares evenly and moves as little as can be`() {
        let topics = [topic(1, 5), topic(2, 4)]
        let first = ConsumerAssignor.uniform.assign(
            [member("a", topics), member("b", topics)], topics)
        #expect(first.values.map(\.count).sorted() == [4, 5])
        let three = ["a", "b", "c"].map { member($0, topics, current: first[$0] ?? PartitionSet()) }
        let second = ConsumerAssignor.uniform.assign(three, topics)
        #expect(second.values.map(\.count) == [3, 3, 3])
        for id in ["a", "b"] {
            #expect(second[id]?.subtracting(first[id] ?? PartitionSet()).isEmpty == true)
        }
    }

    @Test func `uniform gives each what it subscribes to, as evenly as that allows`() {
        let (one, two) = (topic(1, 6), topic(2, 2))
        let result = ConsumerAssignor.uniform.assign(
            [member("a", [one, two]), member("b", [one]), member("c", [two])], [one, two])
        #expect(result["c"]?.byTopic[one.id] == nil)
        #expect(result["b"]?.byTopic[two.id] == nil)
        #expect(result.values.map(\.count).sorted() == [2, 3, 3])
    }

    @Test func `uniform prefers replicas of the member's rack`() {
        let racks: [Set<String>] = [["x"], ["y"], ["x"], ["y"]]
        let one = topic(1, 4, racks: racks)
        let result = ConsumerAssignor.uniform.assign(
            [member("a", [one], rack: "y"), member("b", [one], rack: "x")], [one])
        #expect(result["a"]?.byTopic[one.id] == [1, 3])
        #expect(result["b"]?.byTopic[one.id] == [0, 2])
        let together = topic(1, 4, racks: [["x"], ["x"], ["y"], ["y"]])
        let other = ConsumerAssignor.uniform.assign(
            [member("a", [together], rack: "y"), member("b", [together], rack: "x")], [together])
        #expect(other["a"]?.byTopic[one.id] == [2, 3])
        #expect(other["b"]?.byTopic[one.id] == [0, 1])
    }

    @Test func `uniform follows racks that change, and moves no more than that`() {
        let before = topic(1, 6, racks: [["x"], ["y"], ["x"], ["y"], ["x"], ["y"]])
        func members(_ current: [String: PartitionSet]) -> [AssignableMember] {
            [("a", "x"), ("b", "y")].map {
                member($0, [before], current: current[$0] ?? PartitionSet(), rack: $1)
            }
        }
        let first = ConsumerAssignor.uniform.assign(members([:]), [before])
        #expect(first["a"]?.byTopic[before.id] == [0, 2, 4])
        // 0 and 1 have changed places; 5 is where nobody is, and stays with who has it.
        let after = topic(1, 6, racks: [["y"], ["x"], ["x"], ["y"], ["x"], ["z"]])
        let second = ConsumerAssignor.uniform.assign(members(first), [after])
        #expect(second["a"]?.byTopic[after.id] == [1, 2, 4])
        #expect(second["b"]?.byTopic[after.id] == [0, 3, 5])
        #expect(ConsumerAssignor.uniform.assign(members(second), [after]) == second)
    }

    @Test func `uniform does not move what is far and would only be far elsewhere`() {
        // All replicas are in one rack, whose member has its share: the rest stays as it is.
        let one = topic(1, 6, racks: Array(repeating: ["x"], count: 6))
        let racked = ["x", "y", "z"]
        var current: [String: PartitionSet] = [:]
        for (number, rack) in racked.enumerated() {
            current[rack] = PartitionSet([(one.id, [Int32(2 * number), Int32(2 * number + 1)])])
        }
        let members = racked.map {
            member($0, [one], current: current[$0] ?? PartitionSet(), rack: $0)
        }
        #expect(ConsumerAssignor.uniform.assign(members, [one]) == current)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `uniform comes to rest, whatever the racks`(seed: UInt64) {
        var chance = PRNG(seed: seed)
        let names = ["x", "y", "z"]
        let topics = (1...3).map { place in
            let count = 1 + chance.below(12)
            return topic(
                UInt64(place), Int32(count),
                racks: (0..<count).map { _ in Set((0..<2).map { _ in names[chance.below(3)] }) })
        }
        func assign(_ current: [String: PartitionSet]) -> [String: PartitionSet] {
            let members = (0..<4).map { number in
                member(
                    "m\(number)", topics, current: current["m\(number)"] ?? PartitionSet(),
                    rack: number < 3 ? names[number] : nil)
            }
            return ConsumerAssignor.uniform.assign(members, topics)
        }
        let first = assign([:])
        #expect(first.values.map(\.count).max()! - first.values.map(\.count).min()! <= 1)
        let second = assign(first)
        #expect(assign(second) == second)
    }

    @Test func `range prefers them too, and keeps topics together that are consumed together`() {
        let one = topic(1, 4, racks: [["x"], ["y"], ["x"], ["y"]])
        let alike = topic(2, 4, racks: one.racks)
        let racked = [member("a", [one, alike], rack: "y"), member("b", [one, alike], rack: "x")]
        let near = ConsumerAssignor.range.assign(racked, [one, alike])
        for each in [one, alike] {
            #expect(near["a"]?.byTopic[each.id] == [1, 3])
            #expect(near["b"]?.byTopic[each.id] == [0, 2])
        }
        // The replicas of equal numbers are in different racks: the numbers stay together.
        let unlike = topic(2, 4, racks: [["y"], ["x"], ["y"], ["x"]])
        let far = ConsumerAssignor.range.assign(racked, [one, unlike])
        for each in [one, unlike] { #expect(far["a"]?.byTopic[each.id] == [0, 1]) }
    }

    @Test func `range gives neighbours, and the same numbers of each topic`() {
        let topics = [topic(1, 5), topic(2, 5)]
        let result = ConsumerAssignor.range.assign(
            [member("a", topics), member("b", topics)], topics)
        for one in topics {
            #expect(result["a"]?.byTopic[one.id] == [0, 1, 2])
            #expect(result["b"]?.byTopic[one.id] == [3, 4])
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `assigns each partition that anybody takes exactly once`(seed: UInt64) {
        var chance = PRNG(seed: seed)
        let topics = (1...4).map { topic(UInt64($0), Int32(1 + chance.below(20))) }
        var before: [String: PartitionSet] = [:]
        for _ in 0..<10 {
            let members = (0..<1 + chance.below(6)).map { number in
                let some = topics.filter { _ in chance.below(3) > 0 }
                return member("m\(number)", some, current: before["m\(number)"] ?? PartitionSet())
            }
            let taken = topics.filter { one in members.contains { $0.topics.contains(one.id) } }
            for assignor in [ConsumerAssignor.uniform, .range] {
                let result = assignor.assign(members, topics)
                let keys = result.values.flatMap(\.keys)
                #expect(Set(keys).count == keys.count)
                #expect(keys.count == taken.reduce(0) { $0 + Int($1.partitionCount) })
                for one in members {
                    let own = result[one.id]?.byTopic.keys.allSatisfy(one.topics.contains)
                    #expect(own == true)
                }
                if assignor == .uniform { before = result }
            }
        }
    }
}
