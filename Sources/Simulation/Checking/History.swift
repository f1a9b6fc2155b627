package import Model

/// What the clients did and saw.
package final class History {
    /// A record as the workload names it: which producer sent it as its how many-th to a partition.
    package struct Value: Hashable, Sendable, CustomStringConvertible {
        package let producer: Int
        package let partition: Int32
        package let index: Int

        package var description: String { "\(producer)/\(partition)/\(index)" }

        package init(producer: Int, partition: Int32, index: Int) {
            self.producer = producer
            self.partition = partition
            self.index = index
        }

        /// Reads what `description` wrote.
        package init?(_ text: String) {
            let parts = text.split(separator: "/").compactMap { Int($0) }
            guard parts.count == 3, let partition = Int32(exactly: parts[1]) else { return nil }
            self.init(producer: parts[0], partition: partition, index: parts[2])
        }
    }

    private var sent: Set<Value> = []
    /// Acknowledged records, in the order of their acknowledgement.
    private var acknowledged: [(place: TopicPartition, offset: Offset, value: Value)] = []
    private var lastAcknowledged: [TopicPartition: Offset] = [:]
    package private(set) var failedCount = 0
    /// When the last acknowledgement came.
    package private(set) var lastAcknowledgement = Instant.zero
    /// The longest time between two acknowledgements.
    package private(set) var longestGap = Duration.zero

    package init() {}

    package var sentCount: Int { sent.count }
    package var acknowledgedCount: Int { acknowledged.count }

    func noteSent(_ value: Value) { sent.insert(value) }

    func noteAcknowledged(
        _ value: Value, at offset: Offset, of place: TopicPartition, now: Instant
    ) {
        acknowledged.append((place, offset, value))
        lastAcknowledged[place] = max(lastAcknowledged[place] ?? offset, offset)
        if lastAcknowledgement != .zero {
            longestGap = max(longestGap, now - lastAcknowledgement)
        }
        lastAcknowledgement = now
    }

    func noteFailed() { failedCount += 1 }

    /// The gap between acknowledgements is measured from here on.
    package func forgetGap() {
        longestGap = .zero
        lastAcknowledgement = .zero
    }

    /// What a reader must have reached to have seen everything that was acknowledged.
    func end(of place: TopicPartition) -> Offset { lastAcknowledged[place]?.next ?? .zero }

    // MARK: Judging

    /// Compares with what was read of every partition from its beginning on; answers what is wrong.
    package func faults(in read: [TopicPartition: [(offset: Offset, text: String)]]) -> [String] {
        var faults: [String] = []
        for place in read.keys.sorted() {
            faults += orderFaults(in: read[place] ?? [], of: place)
        }
        let byPlace = read.mapValues { records in
            Dictionary(records.map { ($0.offset, $0.text) }) { first, _ in first }
        }
        for (place, offset, value) in acknowledged {
            let found = byPlace[place]?[offset]
            guard found != value.description else { continue }
            faults.append(
                "\(place)@\(offset.rawValue): acknowledged \(value), found \(found ?? "nothing")")
        }
        return faults
    }

    private func orderFaults(
        in records: [(offset: Offset, text: String)], of place: TopicPartition
    ) -> [String] {
        var faults: [String] = []
        var lastIndex: [Int: Int] = [:]
        var lastOffset = Offset.none
        for (offset, text) in records {
            if offset <= lastOffset {
                faults.append("\(place): offset \(offset.rawValue) after \(lastOffset.rawValue)")
            }
            lastOffset = offset
            guard let value = Value(text), value.partition == place.partition, sent.contains(value)
            else {
                faults.append("\(place)@\(offset.rawValue): \(text) was never sent there")
                continue
            }
            if let last = lastIndex[value.producer], value.index <= last {
                let word = value.index == last ? "twice" : "after \(last)"
                faults.append("\(place)@\(offset.rawValue): \(value) is there \(word)")
            }
            lastIndex[value.producer] = value.index
        }
        return faults
    }
}
