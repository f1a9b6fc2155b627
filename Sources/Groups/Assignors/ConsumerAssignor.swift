internal import Model

/// A member as an assignor sees it.
struct AssignableMember: Equatable, Sendable {
    let id: String
    let instanceID: String?
    let rack: String?
    /// Ids of the topics it subscribes to.
    let topics: Set<TopicID>
    /// What it was to have until now.
    let current: PartitionSet
}

/// A topic as an assignor sees it.
struct AssignableTopic: Equatable, Sendable {
    let id: TopicID
    let name: String
    let partitionCount: Int32
    /// The racks that hold a replica, by partition; empty where racks are not told.
    let racks: [Set<String>]

    func isIn(_ rack: String?, _ partition: Int32) -> Bool {
        guard let rack, racks.indices.contains(Int(partition)) else { return false }
        return racks[Int(partition)].contains(rack)
    }
}

/// Shares the partitions of topics out among members: a pure function, the same on every broker.
enum ConsumerAssignor: String, Sendable {
    /// As even as can be, moving as little as can be.
    case uniform
    /// Neighbouring partitions of each topic, the same ones of topics that are consumed together.
    case range

    /// What each member is to have. Members are sorted by id, topics by name.
    func assign(
        _ members: [AssignableMember], _ topics: [AssignableTopic]
    ) -> [String: PartitionSet] {
        switch self {
        case .uniform: UniformAssignment(members, topics).result()
        case .range: Self.range(members, topics)
        }
    }

    private static func range(
        _ members: [AssignableMember], _ topics: [AssignableTopic]
    ) -> [String: PartitionSet] {
        var result: [String: PartitionSet] = [:]
        for member in members { result[member.id] = PartitionSet() }
        // Static members keep their place in the row, whatever ids they are given.
        let row = members.sorted {
            ($0.instanceID ?? $0.id, $0.id) < ($1.instanceID ?? $1.id, $1.id)
        }
        var audiences: [Audience: [AssignableTopic]] = [:]
        for topic in topics {
            let takers = row.indices.filter { row[$0].topics.contains(topic.id) }
            guard !takers.isEmpty else { continue }
            audiences[Audience(takers: takers, count: topic.partitionCount), default: []]
                .append(topic)
        }
        for (audience, topics) in audiences {
            let shares = RangeShare.split(
                audience.count, among: audience.takers.count
            ) { taker, partition in
                let rack = row[audience.takers[taker]].rack
                return topics.allSatisfy { $0.isIn(rack, partition) }
            }
            for (taker, share) in zip(audience.takers, shares) {
                for topic in topics { result[row[taker].id]?.replace(topic.id, by: share) }
            }
        }
        return result
    }

    /// Who takes of topics, and how many partitions these have: what is alike in both is split alike, near or not.
    private struct Audience: Hashable {
        /// Places in the row of members.
        let takers: [Int]
        let count: Int32
    }
}
