internal import Model

/// The `uniform` assignor at work.
///
/// Three steps. *Keep*: each member keeps what it had and may still have, up to its share, unless it is far from it
/// and another is near (KIP-1101: members and replicas may have changed their racks). *Fill*: what is left goes to
/// members whose rack holds a replica, as far as an even share allows; what is left then stays where it was, as far
/// as that allows, or goes to the member with the least among those who subscribe. *Level*: while a member has two
/// partitions more than another that could take one of them, one moves. Without different subscriptions the first two
/// steps end in balance.
struct UniformAssignment {
    private let members: [AssignableMember]
    private let topics: [AssignableTopic]
    /// Partitions of each member, by index of the member.
    private var owned: [PartitionSet]
    private var counts: [Int]
    /// Indices of the members that subscribe to each topic.
    private var takers: [TopicID: [Int]] = [:]
    /// Racks of the members that subscribe to each topic.
    private var racks: [TopicID: Set<String>] = [:]
    private let isAlike: Bool

    init(_ members: [AssignableMember], _ topics: [AssignableTopic]) {
        self.members = members
        self.topics = topics
        owned = Array(repeating: PartitionSet(), count: members.count)
        counts = Array(repeating: 0, count: members.count)
        for topic in topics {
            let those = members.indices.filter { members[$0].topics.contains(topic.id) }
            takers[topic.id] = those
            racks[topic.id] = Set(those.compactMap { members[$0].rack })
        }
        isAlike = members.allSatisfy { $0.topics == members[0].topics }
    }

    /// What each member is to have.
    consuming func result() -> [String: PartitionSet] {
        guard !members.isEmpty else { return [:] }
        fill(keep())
        if !isAlike { level() }
        var result: [String: PartitionSet] = [:]
        for (index, member) in members.enumerated() { result[member.id] = owned[index] }
        return result
    }

    /// Members keep what they may; returns what nobody has.
    private mutating func keep() -> [(topic: AssignableTopic, partition: Int32)] {
        var kept: [PartitionKey: Int] = [:]
        let quotas = quotas()
        for (index, member) in members.enumerated() {
            var sets: [(id: TopicID, partitions: [Int32])] = []
            for topic in topics where member.topics.contains(topic.id) {
                var stays: [Int32] = []
                for partition in member.current.byTopic[topic.id] ?? []
                where partition < topic.partitionCount && counts[index] < quotas[index]
                    && isWellPlaced(topic, partition, member)
                {
                    let key = PartitionKey(topic.id, partition)
                    guard kept[key] == nil else { continue }
                    kept[key] = index
                    counts[index] += 1
                    stays.append(partition)
                }
                sets.append((topic.id, stays))
            }
            owned[index] = PartitionSet(sets)
        }
        var left: [(topic: AssignableTopic, partition: Int32)] = []
        for topic in topics {
            for partition in 0..<topic.partitionCount
            where kept[PartitionKey(topic.id, partition)] == nil {
                left.append((topic, partition))
            }
        }
        return left
    }

    /// Whether a partition is as near to a member as to any other that subscribes.
    private func isWellPlaced(
        _ topic: AssignableTopic, _ partition: Int32, _ member: AssignableMember
    ) -> Bool {
        guard let rack = member.rack, topic.racks.indices.contains(Int(partition)) else {
            return true
        }
        let near = topic.racks[Int(partition)]
        return near.contains(rack) || near.isDisjoint(with: racks[topic.id] ?? [])
    }

    /// Who had each of the partitions that are left.
    private func former(
        of left: [(topic: AssignableTopic, partition: Int32)]
    ) -> [PartitionKey: Int] {
        let wanted = Set(left.map { PartitionKey($0.topic.id, $0.partition) })
        var former: [PartitionKey: Int] = [:]
        for (index, member) in members.enumerated() {
            for key in member.current.keys
            where wanted.contains(key) && member.topics.contains(key.topicID) {
                former[key] = index
            }
        }
        return former
    }

    /// How much each member may keep. Where all subscribe alike that is its fair share; one more is for those who
    /// have most already, so that least moves.
    private func quotas() -> [Int] {
        guard isAlike else { return Array(repeating: .max, count: members.count) }
        let total = topics.filter { members[0].topics.contains($0.id) }
            .reduce(0) { $0 + Int($1.partitionCount) }
        let share = total / members.count
        let extra = total % members.count
        var quotas = Array(repeating: share, count: members.count)
        let most = members.indices.sorted {
            (-members[$0].current.count, $0) < (-members[$1].current.count, $1)
        }
        for index in most.prefix(extra) { quotas[index] += 1 }
        return quotas
    }

    private mutating func fill(_ left: [(topic: AssignableTopic, partition: Int32)]) {
        var additions = Array(
            repeating: [TopicID: [Int32]](), count: members.count)
        // Topics that few may take come first: what many may take evens the rest out.
        let order = left.indices.sorted {
            let (a, b) = (
                takers[left[$0].topic.id]?.count ?? 0, takers[left[$1].topic.id]?.count ?? 0
            )
            return (a, $0) < (b, $1)
        }
        func give(_ place: Int, to index: Int) {
            counts[index] += 1
            additions[index][left[place].topic.id, default: []].append(left[place].partition)
        }
        var share = EvenShare(of: counts.reduce(left.count, +), having: counts)
        let far = order.filter { place in
            let (topic, partition) = left[place]
            let near = (takers[topic.id] ?? []).filter { topic.isIn(members[$0].rack, partition) }
            guard let index = least(of: near), share.takes(having: counts[index]) else {
                return true
            }
            give(place, to: index)
            return false
        }
        let former = far.isEmpty ? [:] : former(of: left)
        for place in far {
            let (topic, partition) = left[place]
            if let index = former[PartitionKey(topic.id, partition)],
                share.takes(having: counts[index])
            {
                give(place, to: index)
                continue
            }
            guard let index = least(of: takers[left[place].topic.id] ?? []) else { continue }
            give(place, to: index)
        }
        for index in members.indices where !additions[index].isEmpty {
            let sets = additions[index].map { (id: $0.key, partitions: $0.value) }
            owned[index] = owned[index].union(PartitionSet(sets))
        }
    }

    private func least(of takers: [Int]) -> Int? {
        takers.min { counts[$0] < counts[$1] }
    }

    /// Moves partitions from who has more to who has two less. Each move makes the counts' squares smaller, so it
    /// ends.
    private mutating func level() {
        var hasMoved = true
        while hasMoved {
            hasMoved = false
            let richest = members.indices.sorted { (-counts[$0], $0) < (-counts[$1], $1) }
            search: for giver in richest {
                for (topic, partitions) in owned[giver].inOrder {
                    guard
                        let taker = (takers[topic] ?? []).min(by: {
                            (counts[$0], $0) < (counts[$1], $1)
                        }), counts[giver] - counts[taker] >= 2, let moved = partitions.last
                    else { continue }
                    owned[giver].replace(topic, by: Array(partitions.dropLast()))
                    owned[taker].insert(PartitionKey(topic, moved))
                    counts[giver] -= 1
                    counts[taker] += 1
                    hasMoved = true
                    break search
                }
            }
        }
    }
}
