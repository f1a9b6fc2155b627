internal import InternalRecords
internal import Metadata
internal import Model
internal import Records
internal import Wire

/// The rules of the metadata as nodes have applied it. What is applied is committed, so the first node that
/// shows an offset shows it for all.
final class MetadataRules {
    /// Images that are kept for comparison.
    static let imagesMax = 400

    private let violations: Violations
    private var images: [Offset: MetadataImage] = [:]
    private var order: [Offset] = []
    private var newest = Offset.none
    private var wantKnownAt: Offset?
    private var knownWant: String?
    /// The newest that any node has shown.
    private var latest = MetadataImage()
    private var states: [PartitionKey: [PartitionEpoch: PartitionImage]] = [:]
    private var keys: [TopicPartition: PartitionKey] = [:]
    private var applied: [BrokerID: Offset] = [:]
    /// What the committed records make, one by one, replayed here.
    private var truth = MetadataImage()
    /// Called for each state of a partition that was not known before, with its name.
    var changed: (PartitionKey, TopicPartition, PartitionImage) -> Void = { _, _, _ in }

    /// Called for each topic whose deletion was committed.
    var deleted: (TopicID) -> Void = { _ in }

    init(_ violations: Violations) { self.violations = violations }

    /// The quorum has committed more. A node shows what it has applied once in a turn; here each state of a
    /// partition is seen, those too that all nodes pass over.
    func committed(_ batches: [RecordBatchView]) {
        do {
            for batch in batches where !batch.isControl {
                var cursor = try batch.records()
                while let record = try cursor.next() {
                    guard let value = record.value else { continue }
                    replayed(try truth.apply(try MetadataRecord(framed: value)))
                }
            }
        } catch {
            violations.report(.metadataAgrees, "what is committed cannot be replayed: \(error)")
        }
    }

    private func replayed(_ change: MetadataChange) {
        if case .topicDeleted(let topic) = change { deleted(topic.id) }
        let keys: [PartitionKey] =
            switch change {
            case .partition(let key): [key]
            case .partitions(let keys): keys
            default: []
            }
        for key in keys {
            guard let topic = truth.topic(key.topicID), let state = topic.partition(key.partition)
            else { continue }
            let name = TopicPartition(topic.name, key.partition)
            if note(state, of: key, name, from: "the committed log") { changed(key, name, state) }
        }
    }

    func observe(_ image: MetadataImage, of node: BrokerID) {
        let offset = image.position.lastOffset
        guard applied[node] != offset, offset >= .zero else { return }
        applied[node] = offset
        var content = image
        content.advance(to: .start)
        if let known = images[offset] {
            if known != content {
                violations.report(
                    .metadataAgrees,
                    "node \(node.rawValue) has other metadata at \(offset.rawValue) than another")
            }
            return
        }
        keep(content, at: offset)
        // A node shows what it has applied once in a turn, so another may show states that it passed over.
        let isNewest = offset > newest
        newest = max(newest, offset)
        let fenced = image.allBrokers.filter(\.isFenced).map(\.id)
        if isNewest { latest = image }
        image.forEachPartition { topic, key, partition in
            let name = TopicPartition(topic.name, key.partition)
            checkFenced(fenced, name, partition, at: offset)
            guard note(partition, of: key, name, from: "node \(node.rawValue)"), isNewest else {
                return
            }
            changed(key, name, partition)
        }
    }

    /// Whether the state was not known.
    private func note(
        _ partition: PartitionImage, of key: PartitionKey, _ name: TopicPartition,
        from source: String
    ) -> Bool {
        let known = states[key]?[partition.partitionEpoch]
        guard known != partition else { return false }
        if known != nil {
            violations.report(
                .metadataAgrees,
                "\(source) has another state of \(name) at partition epoch "
                    + "\(partition.partitionEpoch.rawValue) than another")
        }
        keys[name] = key
        states[key, default: [:]][partition.partitionEpoch] = partition
        if let violation = partition.violation {
            violations.report(.partitionStatesAreValid, "\(name): \(violation)")
        }
        return true
    }

    private func checkFenced(
        _ fenced: [BrokerID], _ name: TopicPartition, _ partition: PartitionImage, at offset: Offset
    ) {
        guard let member = partition.isr.first(where: fenced.contains) else { return }
        // Without eligible replicas the last member stays when it is fenced, and leads nothing.
        guard partition.leader != nil || partition.isr.count > 1 else { return }
        violations.report(
            .fencedAreNotInSync,
            "\(name): broker \(member.rawValue) is fenced and in the ISR at \(offset.rawValue)")
    }

    private func keep(_ image: MetadataImage, at offset: Offset) {
        images[offset] = image
        order.append(offset)
        if order.count > Self.imagesMax { images[order.removeFirst()] = nil }
    }

    /// What is still missing from a cluster in which all is well: a broker that is fenced, a partition without
    /// a leader or with a replica that is not in sync. Nil if nothing is.
    var want: String? {
        if wantKnownAt != newest {
            wantKnownAt = newest
            knownWant = findWant()
        }
        return knownWant
    }

    /// Whether some partition has no leader, and each such one had `broker` as its last.
    func lacksLeader(since broker: BrokerID) -> Bool {
        var lacks = false
        var isAll = true
        latest.forEachPartition { _, _, partition in
            guard partition.leader == nil else { return }
            lacks = true
            isAll = isAll && (partition.isr + partition.lastKnownELR).allSatisfy { $0 == broker }
        }
        return lacks && isAll
    }

    private func findWant() -> String? {
        for broker in latest.allBrokers where broker.isFenced {
            return "broker \(broker.id.rawValue) is fenced"
        }
        var found: String?
        latest.forEachPartition { topic, key, partition in
            guard found == nil else { return }
            let isWhole = partition.leader != nil && partition.isr.count == partition.replicas.count
            guard !isWhole else { return }
            found =
                "\(topic.name)-\(key.partition) has leader \(partition.leader?.rawValue ?? -1) and ISR "
                + "\(partition.isr.map(\.rawValue)) of \(partition.replicas.map(\.rawValue))"
        }
        return found
    }

    /// A state that the controller has committed.
    func state(of key: PartitionKey, at epoch: PartitionEpoch) -> PartitionImage? {
        states[key]?[epoch]
    }

    func key(of name: TopicPartition) -> PartitionKey? { keys[name] }
}
