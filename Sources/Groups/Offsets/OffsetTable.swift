internal import InternalRecords
internal import Model

/// The committed offsets of all groups of a shard, and those of transactions that go on.
struct OffsetTable: Sendable {
    typealias Partitions = [Int32: CommittedOffset]
    typealias Topics = [String: Partitions]

    private var groups: [String: Topics] = [:]
    private var pending = PendingOffsets()
    /// Offsets of all groups that are committed.
    private(set) var count = 0
    /// Records of offsets so far, which tells the later of two.
    private var replayed: UInt64 = 0

    /// The groups that have offsets, committed or in a transaction, in the order of their names.
    var groupIDs: [String] { Set(groups.keys).union(pending.groupIDs).sorted() }

    /// Whether a group has offsets, committed or in a transaction.
    func has(_ group: String) -> Bool { groups[group] != nil || pending.has(group) }

    func offset(of group: String, _ topic: String, _ partition: Int32) -> CommittedOffset? {
        groups[group]?[topic]?[partition]
    }

    /// All of a group that are committed, in the order of topics and partitions.
    func entries(of group: String) -> [(key: OffsetCommitKey, value: CommittedOffset)] {
        (groups[group] ?? [:]).sorted { $0.key < $1.key }.flatMap { topic, partitions in
            partitions.sorted { $0.key < $1.key }.map { number, value in
                (OffsetCommitKey(group: group, topic: topic, partition: number), value)
            }
        }
    }

    // MARK: Transactions

    /// Whether a transaction that goes on may change where a group stands.
    func isPending(_ group: String, _ topic: String, _ partition: Int32) -> Bool {
        pending.has(group, TopicPartition(topic, partition))
    }

    /// Whether a transaction that goes on has offsets of a group.
    func isPending(_ group: String) -> Bool { pending.has(group) }

    /// The tombstones of what a group has, committed or in a transaction: of some topics, or of all (nil).
    func tombstones(of group: String, topics: Set<String>? = nil) -> [GroupRecord] {
        var places = Set(pending.places(of: group))
        for (topic, partitions) in groups[group] ?? [:] {
            for partition in partitions.keys { places.insert(TopicPartition(topic, partition)) }
        }
        return places.filter { topics?.contains($0.topic) != false }.sorted().map {
            .offset(OffsetCommitKey(group: group, topic: $0.topic, partition: $0.partition), nil)
        }
    }

    /// A transaction is over. Returns the groups that it had offsets of, in the order of their names.
    mutating func ended(_ producer: ProducerID, isCommit: Bool) -> [String] {
        let taken = pending.take(producer)
        if isCommit {
            for entry in taken {
                let place = entry.place
                // What was committed since, without a transaction, is newer.
                let known = offset(of: entry.group, place.topic, place.partition)
                if let known, known.order > entry.offset.order { continue }
                set(entry.offset, of: entry.group, place)
            }
        }
        return Set(taken.map(\.group)).sorted()
    }

    // MARK: Replay

    /// - Parameter transaction: whose it is, if the record is of a transaction.
    mutating func replay(
        _ key: OffsetCommitKey, _ value: OffsetCommitValue?, in transaction: ProducerID? = nil
    ) {
        let place = TopicPartition(key.topic, key.partition)
        guard let value else {
            remove(key)
            pending.forget(key.group, place)
            return
        }
        replayed += 1
        let offset = CommittedOffset(value, order: replayed)
        if let transaction {
            pending.add(offset, of: key.group, place, by: transaction)
        } else {
            set(offset, of: key.group, place)
        }
    }

    private mutating func set(
        _ offset: CommittedOffset, of group: String, _ place: TopicPartition
    ) {
        let before = groups[group, default: [:]][place.topic, default: [:]]
            .updateValue(offset, forKey: place.partition)
        if before == nil { count += 1 }
    }

    private mutating func remove(_ key: OffsetCommitKey) {
        guard groups[key.group]?[key.topic]?.removeValue(forKey: key.partition) != nil else {
            return
        }
        count -= 1
        if groups[key.group]?[key.topic]?.isEmpty == true { groups[key.group]?[key.topic] = nil }
        if groups[key.group]?.isEmpty == true { groups[key.group] = nil }
    }
}
