internal import Model

/// An even assignment that moves as little as possible.
///
/// Members keep what they owned, as far as they still read the topic. Partitions without an owner go to
/// members near them, as far as an even share allows, and the others to the member with the least. Then,
/// as long as one member has at least two more than another that could take one of them, one moves. Each
/// move makes the sum of the squares of the loads smaller, so moving ends.
struct StickyAssignment {
    private let members: [GroupMember]
    /// By the member's place.
    private var owned: [[TopicPartition]]
    private let readers: [String: [Int]]

    init(
        _ members: [GroupMember], _ counts: [String: Int32], _ racks: [String: [Set<String>]] = [:]
    ) {
        self.members = members
        owned = Array(repeating: [], count: members.count)
        var readers: [String: [Int]] = [:]
        for (index, member) in members.enumerated() {
            for topic in member.topics { readers[topic, default: []].append(index) }
        }
        self.readers = readers
        let owners = Self.owners(of: members)
        let places = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1.id, $0) })
        var unowned: [TopicPartition] = []
        for partition in Assignor.partitions(members, counts) {
            if let owner = owners[partition], let place = places[owner],
                members[place].topics.contains(partition.topic)
            {
                owned[place].append(partition)
            } else {
                unowned.append(partition)
            }
        }
        spread(unowned, racks)
        balance()
    }

    /// By member.
    var result: [String: [TopicPartition]] {
        Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1.id, owned[$0]) })
    }

    /// Who owns what: of several who say so the one of the newest generation; nobody if there are two of
    /// those, for then neither can be believed.
    static func owners(of members: [GroupMember]) -> [TopicPartition: String] {
        var claims: [TopicPartition: (generation: Int32, member: String?)] = [:]
        for member in members {
            for partition in member.owned {
                guard let claim = claims[partition], claim.generation >= member.generation else {
                    claims[partition] = (member.generation, member.id)
                    continue
                }
                if claim.generation == member.generation, claim.member != member.id {
                    claims[partition] = (claim.generation, nil)
                }
            }
        }
        return claims.compactMapValues(\.member)
    }

    /// Gives partitions to those who have least; those that few can read first.
    private mutating func spread(
        _ partitions: [TopicPartition], _ racks: [String: [Set<String>]]
    ) {
        guard !partitions.isEmpty else { return }
        let ordered = partitions.sorted { a, b in
            let (first, second) = (readers[a.topic]?.count ?? 0, readers[b.topic]?.count ?? 0)
            return first != second ? first < second : a < b
        }
        let loads = owned.map(\.count)
        var share = EvenShare(of: loads.reduce(partitions.count, +), having: loads)
        let far = ordered.filter { partition in
            let near = (readers[partition.topic] ?? []).filter {
                members[$0].isNear(partition, racks)
            }
            guard let least = near.min(by: { owned[$0].count < owned[$1].count }),
                share.takes(having: owned[least].count)
            else { return true }
            owned[least].append(partition)
            return false
        }
        for partition in far {
            let able = readers[partition.topic] ?? []
            guard let least = able.min(by: { owned[$0].count < owned[$1].count }) else { continue }
            owned[least].append(partition)
        }
    }

    private mutating func balance() {
        while let (partition, from, to) = improvement() {
            owned[from].remove(at: partition)
            owned[to].append(moved)
        }
    }
    /// What `improvement` found.
    private var moved = TopicPartition("", 0)

    /// The move that helps most: from the fullest member that has something for an emptier one.
    private mutating func improvement() -> (partition: Int, from: Int, to: Int)? {
        let fullest = members.indices.sorted { owned[$0].count > owned[$1].count }
        for from in fullest {
            var best: (partition: Int, from: Int, to: Int)?
            var tried: Set<String> = []
            for (index, partition) in owned[from].enumerated().reversed() {
                guard tried.insert(partition.topic).inserted else { continue }
                let able = readers[partition.topic] ?? []
                guard let least = able.min(by: { owned[$0].count < owned[$1].count }) else {
                    continue
                }
                guard owned[least].count + 1 < owned[from].count else { continue }
                if let known = best, owned[known.to].count <= owned[least].count { continue }
                best = (index, from, least)
            }
            if let best {
                moved = owned[from][best.partition]
                return best
            }
        }
        return nil
    }
}
