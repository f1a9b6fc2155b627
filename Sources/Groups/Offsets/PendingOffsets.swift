internal import Model

/// Offsets that producers have committed in transactions that go on (KIP-98, 447). They count when these are
/// committed.
struct PendingOffsets: Sendable {
    struct Entry {
        let group: String
        let place: TopicPartition
        let offset: CommittedOffset
    }

    private var byProducer: [ProducerID: [String: [TopicPartition: CommittedOffset]]] = [:]
    /// Whose transactions are about a place of a group.
    private var producers: [String: [TopicPartition: Set<ProducerID>]] = [:]

    var groupIDs: [String] { Array(producers.keys) }

    func has(_ group: String) -> Bool { producers[group] != nil }

    func has(_ group: String, _ place: TopicPartition) -> Bool {
        producers[group]?[place] != nil
    }

    /// Places that transactions are about, in no order.
    func places(of group: String) -> [TopicPartition] {
        producers[group].map { Array($0.keys) } ?? []
    }

    mutating func add(
        _ offset: CommittedOffset, of group: String, _ place: TopicPartition,
        by producer: ProducerID
    ) {
        byProducer[producer, default: [:]][group, default: [:]][place] = offset
        producers[group, default: [:]][place, default: []].insert(producer)
    }

    /// A place is gone, whatever any transaction says of it.
    mutating func forget(_ group: String, _ place: TopicPartition) {
        guard let those = producers[group]?.removeValue(forKey: place) else { return }
        if producers[group]?.isEmpty == true { producers[group] = nil }
        for producer in those {
            byProducer[producer]?[group]?[place] = nil
            if byProducer[producer]?[group]?.isEmpty == true { byProducer[producer]?[group] = nil }
            if byProducer[producer]?.isEmpty == true { byProducer[producer] = nil }
        }
    }

    /// A producer's transaction is over: takes out what it said, in the order of groups and places.
    mutating func take(_ producer: ProducerID) -> [Entry] {
        guard let groups = byProducer.removeValue(forKey: producer) else { return [] }
        var taken: [Entry] = []
        for (group, places) in groups.sorted(by: { $0.key < $1.key }) {
            for (place, offset) in places.sorted(by: { $0.key < $1.key }) {
                taken.append(Entry(group: group, place: place, offset: offset))
                producers[group]?[place]?.remove(producer)
                if producers[group]?[place]?.isEmpty == true { producers[group]?[place] = nil }
            }
            if producers[group]?.isEmpty == true { producers[group] = nil }
        }
        return taken
    }
}
