internal import Model

extension Assignor {
    /// Shares the partitions of `counts` (topic to number of partitions) out among members. Every member is
    /// in the answer; each partition of a subscribed topic has at most one owner, and exactly one unless it
    /// must first be given up by another (cooperative).
    func assign(
        _ members: [GroupMember], counts: [String: Int32]
    ) -> [String: [TopicPartition]] {
        let members = members.sorted(by: GroupMember.precedes)
        var result: [String: [TopicPartition]]
        switch self {
        case .range: result = Self.ranges(members, counts)
        case .roundRobin: result = Self.circle(members, counts)
        case .sticky: result = StickyAssignment(members, counts).result
        case .cooperativeSticky:
            result = StickyAssignment(members, counts).result
            Self.holdBack(&result, members)
        }
        for member in members { result[member.id, default: []].sort() }
        return result
    }

    /// Every partition of subscribed topics, ascending.
    static func partitions(
        _ members: [GroupMember], _ counts: [String: Int32]
    ) -> [TopicPartition] {
        let topics = Set(members.flatMap(\.topics)).sorted()
        return topics.flatMap { topic in
            (0..<(counts[topic] ?? 0)).map { TopicPartition(topic, $0) }
        }
    }

    /// Of each topic every member gets neighbouring partitions, the first ones one more.
    private static func ranges(
        _ members: [GroupMember], _ counts: [String: Int32]
    ) -> [String: [TopicPartition]] {
        var result: [String: [TopicPartition]] = [:]
        for topic in Set(members.flatMap(\.topics)).sorted() {
            let interested = members.filter { $0.topics.contains(topic) }
            let count = Int(counts[topic] ?? 0)
            let (each, extra) = count.quotientAndRemainder(dividingBy: interested.count)
            var next = 0
            for (index, member) in interested.enumerated() {
                let mine = each + (index < extra ? 1 : 0)
                result[member.id, default: []] += (next..<next + mine).map {
                    TopicPartition(topic, Int32($0))
                }
                next += mine
            }
        }
        return result
    }

    /// One partition after the other goes to the next member in the circle that reads its topic.
    private static func circle(
        _ members: [GroupMember], _ counts: [String: Int32]
    ) -> [String: [TopicPartition]] {
        var result: [String: [TopicPartition]] = [:]
        var next = 0
        for partition in partitions(members, counts) {
            while !members[next].topics.contains(partition.topic) {
                next = (next + 1) % members.count
            }
            result[members[next].id, default: []].append(partition)
            next = (next + 1) % members.count
        }
        return result
    }

    /// A partition that another member still reads is given to nobody in this round: its owner learns that
    /// it has to give it up, and the next round gives it away (KIP-429).
    private static func holdBack(
        _ result: inout [String: [TopicPartition]], _ members: [GroupMember]
    ) {
        let owners = StickyAssignment.owners(of: members)
        for member in members {
            result[member.id]?.removeAll { partition in
                owners[partition].map { $0 != member.id } ?? false
            }
        }
    }
}
