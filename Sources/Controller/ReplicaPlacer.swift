internal import Metadata
internal import Model

/// Spreads replicas over racks first and brokers second (raft.md §9, Placement).
///
/// Racks are walked in the order of their names from a random start that moves by one per partition; in a
/// rack unfenced brokers take turns from a random start, fenced ones come only when those run out. The first
/// replica is never a fenced broker, and a broker holds one replica of a partition. Each time all racks and
/// brokers have led once, the followers' turns shift, so that a broker's leaderships fall to different ones.
struct ReplicaPlacer {
    private struct Rack {
        var unfenced: [BrokerID] = []
        var fenced: [BrokerID] = []
        /// Whose turn it is to lead.
        var leading = 0
        /// Whose turn it is to follow; in a lone rack counted among those behind the leader.
        var following = 0
    }

    private var racks: [Rack] = []
    private var start = 0
    private let usable: Int
    private let unfencedCount: Int

    /// - Parameter brokers: all registered ones; those shutting down or with all directories cordoned are not
    ///   used.
    init(_ brokers: [BrokerRegistration], chance: inout PRNG) {
        let used = brokers.filter { !$0.isInControlledShutdown && !Self.isCordoned($0) }
        usable = used.count
        unfencedCount = used.filter { !$0.isFenced }.count
        // Brokers without a rack share one.
        let names = used.map { $0.rack ?? "" }.sorted()
        for (index, name) in names.enumerated() where index == 0 || names[index - 1] != name {
            var rack = Rack()
            let members = used.filter { ($0.rack ?? "") == name }
            rack.unfenced = members.filter { !$0.isFenced }.map(\.id)
            rack.fenced = members.filter(\.isFenced).map(\.id)
            if !rack.unfenced.isEmpty { rack.leading = chance.below(rack.unfenced.count) }
            racks.append(rack)
        }
        if !racks.isEmpty { start = chance.below(racks.count) }
    }

    private static func isCordoned(_ broker: BrokerRegistration) -> Bool {
        guard let cordoned = broker.cordonedDirectories, !broker.directories.isEmpty else {
            return false
        }
        return broker.directories.allSatisfy(cordoned.contains)
    }

    /// Why no partition can have so many replicas; nil if it can.
    func fault(replicationFactor: Int) -> String? {
        if usable < replicationFactor {
            return
                "The target replication factor of \(replicationFactor) cannot be reached because "
                + "only \(usable) broker(s) are registered or not cordoned."
        }
        if unfencedCount == 0 { return "All brokers are currently fenced." }
        return nil
    }

    /// The replicas of the next partition, the preferred leader first.
    mutating func place(replicationFactor: Int) -> [BrokerID] {
        precondition(fault(replicationFactor: replicationFactor) == nil, "there are enough brokers")
        precondition(replicationFactor > 0, "a partition has a replica")
        var lead = start
        while racks[lead].unfenced.isEmpty { lead = (lead + 1) % racks.count }
        start = (start + 1) % racks.count
        let leader = nextLeader(in: lead)
        var replicas = [leader]
        var rack = lead
        while replicas.count < replicationFactor {
            rack = (rack + 1) % racks.count
            if let follower = nextFollower(in: rack, notAmong: replicas) {
                replicas.append(follower)
            }
        }
        return replicas
    }

    private mutating func nextLeader(in index: Int) -> BrokerID {
        let count = racks[index].unfenced.count
        let leader = racks[index].unfenced[racks[index].leading % count]
        racks[index].leading += 1
        if racks.count == 1, racks[index].leading % count == 0 { racks[index].following += 1 }
        return leader
    }

    private mutating func nextFollower(in index: Int, notAmong taken: [BrokerID]) -> BrokerID? {
        let rack = racks[index]
        let count = rack.unfenced.count
        for step in 0..<count {
            let broker: BrokerID
            if racks.count == 1 {
                // The others stand in a ring behind the leader, whose turn is over already.
                guard count > 1 else { break }
                let place = (rack.following + step) % (count - 1)
                broker = rack.unfenced[(rack.leading + place) % count]
            } else {
                broker = rack.unfenced[(rack.following + step) % count]
            }
            guard !taken.contains(broker) else { continue }
            if racks.count > 1 { racks[index].following += 1 }
            return broker
        }
        return rack.fenced.first { !taken.contains($0) }
    }
}
