package import Model

/// A set of partitions by topic: what a consumer has, or is to have.
package struct PartitionSet: Equatable, Sendable {
    /// Ascending, and none of them empty.
    package private(set) var byTopic: [TopicID: [Int32]] = [:]

    package init() {}

    package init(_ topics: [(id: TopicID, partitions: [Int32])]) {
        for topic in topics where !topic.partitions.isEmpty {
            let all = Set(byTopic[topic.id] ?? []).union(topic.partitions)
            byTopic[topic.id] = all.sorted()
        }
    }

    package var isEmpty: Bool { byTopic.isEmpty }
    package var count: Int { byTopic.values.reduce(0) { $0 + $1.count } }

    /// Topics in the order of their ids, which is what is written and told.
    package var inOrder: [(id: TopicID, partitions: [Int32])] {
        byTopic.sorted { ($0.key.uuid.high, $0.key.uuid.low) < ($1.key.uuid.high, $1.key.uuid.low) }
            .map { ($0.key, $0.value) }
    }

    /// All partitions, in the same order.
    package var keys: [PartitionKey] {
        inOrder.flatMap { topic in topic.partitions.map { PartitionKey(topic.id, $0) } }
    }

    package func contains(_ key: PartitionKey) -> Bool {
        guard let partitions = byTopic[key.topicID] else { return false }
        var low = 0
        var high = partitions.count
        while low < high {
            let middle = (low + high) / 2
            if partitions[middle] < key.partition { low = middle + 1 } else { high = middle }
        }
        return low < partitions.count && partitions[low] == key.partition
    }

    package mutating func replace(_ topic: TopicID, by partitions: [Int32]) {
        byTopic[topic] = partitions.isEmpty ? nil : partitions.sorted()
    }

    package mutating func insert(_ key: PartitionKey) {
        guard !contains(key) else { return }
        var partitions = byTopic.removeValue(forKey: key.topicID) ?? []
        let place = partitions.firstIndex { $0 > key.partition } ?? partitions.count
        partitions.insert(key.partition, at: place)
        byTopic[key.topicID] = partitions
    }

    func intersection(_ other: PartitionSet) -> PartitionSet { filter { other.contains($0) } }
    func subtracting(_ other: PartitionSet) -> PartitionSet { filter { !other.contains($0) } }

    func union(_ other: PartitionSet) -> PartitionSet {
        var result = self
        for (topic, partitions) in other.byTopic {
            let all = Set(result.byTopic[topic] ?? []).union(partitions)
            result.byTopic[topic] = all.sorted()
        }
        return result
    }

    func filter(_ isKept: (PartitionKey) -> Bool) -> PartitionSet {
        var result = PartitionSet()
        for (topic, partitions) in byTopic {
            let kept = partitions.filter { isKept(PartitionKey(topic, $0)) }
            if !kept.isEmpty { result.byTopic[topic] = kept }
        }
        return result
    }
}
