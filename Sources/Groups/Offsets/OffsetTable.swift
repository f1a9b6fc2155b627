internal import InternalRecords
internal import Model

/// The committed offsets of all groups of a shard.
struct OffsetTable: Sendable {
    typealias Partitions = [Int32: CommittedOffset]
    typealias Topics = [String: Partitions]

    private var groups: [String: Topics] = [:]
    /// Offsets of all groups.
    private(set) var count = 0

    /// The groups that have offsets, in the order of their names.
    var groupIDs: [String] { groups.keys.sorted() }

    func topics(of group: String) -> Topics { groups[group] ?? [:] }

    func offset(of group: String, _ topic: String, _ partition: Int32) -> CommittedOffset? {
        groups[group]?[topic]?[partition]
    }

    /// All of a group, in the order of topics and partitions.
    func entries(of group: String) -> [(key: OffsetCommitKey, value: CommittedOffset)] {
        topics(of: group).sorted { $0.key < $1.key }.flatMap { topic, partitions in
            partitions.sorted { $0.key < $1.key }.map { number, value in
                (OffsetCommitKey(group: group, topic: topic, partition: number), value)
            }
        }
    }

    mutating func replay(_ key: OffsetCommitKey, _ value: OffsetCommitValue?) {
        if let value {
            let before = groups[key.group, default: [:]][key.topic, default: [:]]
                .updateValue(CommittedOffset(value), forKey: key.partition)
            if before == nil { count += 1 }
            return
        }
        guard groups[key.group]?[key.topic]?.removeValue(forKey: key.partition) != nil else {
            return
        }
        count -= 1
        if groups[key.group]?[key.topic]?.isEmpty == true { groups[key.group]?[key.topic] = nil }
        if groups[key.group]?.isEmpty == true { groups[key.group] = nil }
    }
}
