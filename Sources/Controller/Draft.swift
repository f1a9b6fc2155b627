internal import InternalRecords
internal import Metadata
internal import Model

/// A decision in the making: the records so far, and the image as it will be after them.
///
/// Steps of one decision see the effect of earlier steps, while the controller's own image stays as it is
/// until the records are accepted.
struct Draft {
    private(set) var image: MetadataImage
    private(set) var records: [MetadataRecord] = []
    private let defaults: TopicDefaults

    init(from image: MetadataImage, defaults: TopicDefaults) {
        self.image = image
        self.defaults = defaults
    }

    mutating func append(_ record: MetadataRecord) {
        do throws(ReplayError) {
            try image.apply(record)
        } catch {
            preconditionFailure("a decision that cannot be replayed is wrong: \(error)")
        }
        records.append(record)
    }

    /// Takes back everything after the first `count` records, of which `image` was the result.
    mutating func rewind(to image: MetadataImage, _ count: Int) {
        self.image = image
        records.removeSubrange(count...)
    }

    /// What holds for changes of the topic's partitions.
    func rules(for topic: String) -> PartitionRules {
        let own = image.config("min.insync.replicas", of: ConfigResource(.topic, topic))
        return PartitionRules(
            metadataVersion: image.metadataVersion,
            hasEligibleLeaderReplicas: image.hasEligibleLeaderReplicas,
            minInSync: own.flatMap { Int($0) } ?? defaults.minInSync)
    }

    /// Whether the topic prefers a leader that may lack records to none.
    func allowsUncleanElection(in topic: String) -> Bool {
        let own = image.config(
            "unclean.leader.election.enable", of: ConfigResource(.topic, topic))
        return own.map { $0 == "true" } ?? defaults.allowsUncleanElection
    }

    /// Whether `acks=all` of the topic means disk.
    func acknowledgesFromDisk(_ topic: String) -> Bool {
        let own = image.config("flush.before.ack", of: ConfigResource(.topic, topic))
        return own.map { $0 == "true" } ?? defaults.flushesBeforeAck
    }

    /// Whether a broker is up: registered, unfenced, not shutting down.
    func isActive(_ broker: BrokerID) -> Bool { image.broker(broker)?.isActive ?? false }

    /// Whether a broker is up and so is the directory of its replica.
    func isAcceptable(_ broker: BrokerID, for partition: PartitionImage) -> Bool {
        guard let registration = image.broker(broker), registration.isActive else { return false }
        guard let directory = partition.directory(on: broker) else { return false }
        return registration.hasOnline(directory)
    }

    /// A change to be filled in, with the topic's rules.
    ///
    /// - Parameter leaving: a broker that may not lead whatever its registration says.
    func change(
        of partition: PartitionImage, _ key: PartitionKey, in topic: String,
        without leaving: BrokerID? = nil
    ) -> PartitionChange {
        let acceptable = partition.replicas.filter {
            $0 != leaving && isAcceptable($0, for: partition)
        }
        var change = PartitionChange(
            of: partition, key: key, rules: rules(for: topic), acceptable: acceptable,
            newHomes: newHomes(in: partition))
        if allowsUncleanElection(in: topic) { change.election = .unclean }
        return change
    }

    /// Where replicas would lie that their brokers' registrations leave homeless: none, as a rule.
    private func newHomes(in partition: PartitionImage) -> [BrokerID: DirectoryID] {
        guard image.metadataVersion.hasDirectories else { return [:] }
        var homes: [BrokerID: DirectoryID] = [:]
        for broker in partition.replicas {
            guard let registration = image.broker(broker) else { continue }
            guard registration.lacksDirectory(of: partition) else { continue }
            homes[broker] = defaultDirectory(on: broker)
        }
        return homes
    }

    mutating func append(_ change: consuming PartitionChange) {
        if let record = change.record() { append(.partitionChange(record)) }
    }

    /// Where a new replica on `broker` will lie: in its only directory, else where the broker then says.
    func defaultDirectory(on broker: BrokerID) -> DirectoryID {
        guard let online = image.broker(broker)?.directories, online.count == 1 else {
            return .unassigned
        }
        return online[0]
    }
}
