internal import Model

extension Assignor {
    /// Shares the partitions of `counts` (topic to number of partitions) out among members. Every member is
    /// in the answer; each partition of a subscribed topic has at most one owner, and exactly one unless it
    /// must first be given up by another (cooperative).
    ///
    /// - Parameter racks: where the replicas of each partition of a topic are, as far as that is told. Range and the
    ///   sticky ones prefer what is near (KIP-881).
    func assign(
        _ members: [GroupMember], counts: [String: Int32], racks: [String: [Set<String>]] = [:]
    ) -> [String: [TopicPartition]] {
        let members = members.sorted(by: GroupMember.precedes)
        var result: [String: [TopicPartition]]
        switch self {
        case .range: result = Self.ranges(members, counts, racks)
        case .roundRobin: result = Self.circle(members, counts)
        case .sticky: result = StickyAssignment(members, counts, racks).result
        case .cooperativeSticky:
            result = StickyAssignment(members, counts, racks).result
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

    /// Who reads topics, and how many partitions these have.
    private struct Audience: Hashable {
        /// Places in the list of members.
        let readers: [Int]
        let count: Int32
    }

    /// Of each topic every member gets neighbouring partitions, the first ones one more. Topics of one size that the
    /// same members read are split alike, near or not: what belongs together meets at one member.
    private static func ranges(
        _ members: [GroupMember], _ counts: [String: Int32], _ racks: [String: [Set<String>]]
    ) -> [String: [TopicPartition]] {
        var topics: [Audience: [String]] = [:]
        for topic in Set(members.flatMap(\.topics)).sorted() {
            let readers = members.indices.filter { members[$0].topics.contains(topic) }
            topics[Audience(readers: readers, count: counts[topic] ?? 0), default: []].append(topic)
        }
        var result: [String: [TopicPartition]] = [:]
        for (audience, topics) in topics {
            let shares = RangeShare.split(
                audience.count, among: audience.readers.count
            ) { reader, partition in
                let member = members[audience.readers[reader]]
                return topics.allSatisfy { member.isNear(TopicPartition($0, partition), racks) }
            }
            for (reader, share) in zip(audience.readers, shares) {
                result[members[reader].id, default: []] += topics.flatMap { topic in
                    share.map { TopicPartition(topic, $0) }
                }
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

extension GroupMember {
    /// Whether a partition has a replica where the member runs.
    func isNear(_ partition: TopicPartition, _ racks: [String: [Set<String>]]) -> Bool {
        guard let rack, let places = racks[partition.topic],
            places.indices.contains(Int(partition.partition))
        else { return false }
        return places[Int(partition.partition)].contains(rack)
    }
}
