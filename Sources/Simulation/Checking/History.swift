package import Model

/// What the clients of one topic did and saw.
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

    private struct Slot: Hashable {
        let place: TopicPartition
        let offset: Offset
    }

    /// What is acknowledged or read may be lost with a disk's cache: the topic asks for no sync.
    package let isVolatile: Bool
    /// How many keys a producer's records of a partition have, if the topic is compacted: only the newest of each must
    /// stay. Every fifth record has a key of its own beside them, so that some stay for ever.
    package let keyCount: Int?
    private let report: (Rule, String) -> Void
    private var kinds: [Int: ProducerKind] = [:]
    private var sent: Set<Value> = []
    /// What must be kept, in the order of acknowledgement.
    private var promised: [(slot: Slot, value: Value)] = []
    private var promises: [Slot: Value] = [:]
    private var lastPromised: [TopicPartition: Offset] = [:]
    private var reads: [Slot: String] = [:]
    private var lastRead: [TopicPartition: Offset] = [:]
    private(set) var acknowledgedTotal = 0
    package private(set) var failedCount = 0
    /// When the last acknowledgement came.
    package private(set) var lastAcknowledgement = Instant.zero
    /// The longest time between two acknowledgements.
    package private(set) var longestGap = Duration.zero

    package init(
        isVolatile: Bool = false, keyCount: Int? = nil, report: @escaping (Rule, String) -> Void
    ) {
        self.isVolatile = isVolatile
        self.keyCount = keyCount
        self.report = report
    }

    package var sentCount: Int { sent.count }
    package var acknowledgedCount: Int { acknowledgedTotal }
    package var readCount: Int { reads.count }

    // MARK: Producers

    package func noteProducer(_ number: Int, _ kind: ProducerKind) { kinds[number] = kind }

    package func noteSent(_ value: Value) { sent.insert(value) }

    package func noteAcknowledged(
        _ value: Value, at offset: Offset, of place: TopicPartition, now: Instant
    ) {
        acknowledgedTotal += 1
        if lastAcknowledgement != .zero {
            longestGap = max(longestGap, now - lastAcknowledgement)
        }
        lastAcknowledgement = now
        guard offset != .none, kinds[value.producer]?.isKept == true, !isVolatile else { return }
        let slot = Slot(place: place, offset: offset)
        if let other = promises[slot], other != value {
            report(
                .offsetsAreUnique,
                "\(place)@\(offset.rawValue) was acknowledged for \(other) and for \(value)")
        }
        promises[slot] = value
        promised.append((slot, value))
        lastPromised[place] = max(lastPromised[place] ?? offset, offset)
    }

    package func noteFailed() { failedCount += 1 }

    /// The gap between acknowledgements is measured from here on.
    package func forgetGap() {
        longestGap = .zero
        lastAcknowledgement = .zero
    }

    // MARK: Readers

    /// A reader was given a record.
    package func noteRead(_ text: String, at offset: Offset, of place: TopicPartition) {
        checkSent(text, offset, place)
        guard !isVolatile else { return }
        let slot = Slot(place: place, offset: offset)
        if let before = reads[slot], before != text {
            report(
                .readsAreConsistent,
                "\(place)@\(offset.rawValue) was \(before) and is \(text)")
        }
        reads[slot] = text
        if let last = lastRead[place], offset <= last {
            report(
                .offsetsRise,
                "\(place): a reader was given \(offset.rawValue) after \(last.rawValue)"
            )
        }
        lastRead[place] = offset
    }

    private func checkSent(_ text: String, _ offset: Offset, _ place: TopicPartition) {
        if let value = Value(text), value.partition == place.partition, sent.contains(value) {
            return
        }
        report(.onlyWhatWasSent, "\(place)@\(offset.rawValue): \(text) was never sent there")
    }

    /// What a reader must have reached to have seen everything that was promised.
    package func end(of place: TopicPartition) -> Offset { lastPromised[place]?.next ?? .zero }

    // MARK: Judging

    /// Compares with what was read of every partition from its beginning on, after all was over.
    package func judge(_ read: [TopicPartition: [(offset: Offset, text: String)]]) {
        var found: [Slot: String] = [:]
        for place in read.keys.sorted() {
            let records = read[place] ?? []
            checkOrder(records, of: place)
            for (offset, text) in records { found[Slot(place: place, offset: offset)] = text }
        }
        guard !isVolatile else { return }
        let newest = newest(of: found)
        for (slot, value) in promised where found[slot] != value.description {
            if isSuperseded(value.description, slot, found, newest) { continue }
            report(
                .acknowledgedIsKept,
                "\(slot.place)@\(slot.offset.rawValue): acknowledged \(value), found "
                    + (found[slot] ?? "nothing"))
        }
        let ordered = reads.sorted {
            ($0.key.place, $0.key.offset) < ($1.key.place, $1.key.offset)
        }
        for (slot, text) in ordered where found[slot] != text {
            if isSuperseded(text, slot, found, newest) { continue }
            report(
                .readsAreConsistent,
                "\(slot.place)@\(slot.offset.rawValue): a reader was given \(text), found "
                    + (found[slot] ?? "nothing"))
        }
    }

    private struct Key: Hashable {
        let place: TopicPartition
        let producer: Int
        let number: Int
    }

    private func key(of text: String, _ place: TopicPartition) -> Key? {
        guard let value = Value(text), let number = keyNumber(of: value.index) else { return nil }
        return Key(place: place, producer: value.producer, number: number)
    }

    /// The key of a producer's `index`-th record of a partition; nil if the records have none.
    func keyNumber(of index: Int) -> Int? {
        keyCount.map { index % 5 == 4 ? $0 + index : index % $0 }
    }

    /// Where the newest record of each key is, of a topic that is compacted.
    private func newest(of found: [Slot: String]) -> [Key: Offset] {
        var newest: [Key: Offset] = [:]
        for (slot, text) in found {
            guard let key = key(of: text, slot.place) else { continue }
            newest[key] = max(newest[key] ?? slot.offset, slot.offset)
        }
        return newest
    }

    /// Whether compaction may have taken a record away.
    private func isSuperseded(
        _ text: String, _ slot: Slot, _ found: [Slot: String], _ newest: [Key: Offset]
    ) -> Bool {
        guard found[slot] == nil, let key = key(of: text, slot.place) else { return false }
        return newest[key].map { $0 > slot.offset } ?? false
    }

    private func checkOrder(
        _ records: [(offset: Offset, text: String)], of place: TopicPartition
    ) {
        var lastIndex: [Int: Int] = [:]
        var lastOffset = Offset.none
        for (offset, text) in records {
            if offset <= lastOffset {
                report(
                    .offsetsRise, "\(place): offset \(offset.rawValue) after \(lastOffset.rawValue)"
                )
            }
            lastOffset = offset
            checkSent(text, offset, place)
            guard let value = Value(text), kinds[value.producer]?.isOnceAndInOrder == true,
                !isVolatile
            else { continue }
            if let last = lastIndex[value.producer], value.index <= last {
                let word = value.index == last ? "twice" : "after \(last)"
                report(.onceAndInOrder, "\(place)@\(offset.rawValue): \(value) is there \(word)")
            }
            lastIndex[value.producer] = value.index
        }
    }
}
