package import Broker
internal import Bytes
package import Metadata
package import Model

/// Watches a cluster and what its clients saw, and names the first `Rule` that was broken.
package final class Checker {
    /// One life of a node's process.
    package struct Life: Hashable, Sendable {
        package let node: BrokerID
        package let number: Int

        package init(node: BrokerID, number: Int) {
            self.node = node
            self.number = number
        }
    }

    private let book = Violations()
    private let disks = NodeDisks()
    private let quorum: QuorumRules
    private let votes: VoteRules
    private let electionFiles: ElectionFileRules
    private let metadata: MetadataRules
    private let partitions: PartitionRules
    private let leases: LeaseRules
    /// Called when a rule is broken.
    package var whenBroken: () -> Void = {}

    package init(_ timeline: Timeline) {
        quorum = QuorumRules(disks, book)
        votes = VoteRules(disks, book)
        electionFiles = ElectionFileRules(disks, book)
        metadata = MetadataRules(book)
        partitions = PartitionRules(disks, book)
        leases = LeaseRules(book)
        metadata.changed = { [partitions] key, name, state in
            timeline.add("\(name) has now \(Self.words(for: state))")
            partitions.stateCommitted(key, name, state)
        }
        metadata.deleted = { [partitions] in partitions.topicDeleted($0) }
        quorum.whenCommitted = { [metadata] in metadata.committed($0) }
        self.timeline = timeline
        book.whenBroken = { [weak self] violation in
            timeline.add("VIOLATION \(violation)")
            self?.whenBroken()
        }
    }

    /// A partition's state as a timeline tells it.
    private static func words(for state: PartitionImage) -> String {
        let brokers = { (list: [BrokerID]) in list.map { "\($0.rawValue)" }.joined(separator: ",") }
        return "leader \(state.leader?.rawValue ?? -1) in epoch \(state.leaderEpoch.rawValue), "
            + "ISR \(brokers(state.isr)), ELR \(brokers(state.eligibleLeaderReplicas)) of "
            + "\(brokers(state.replicas)), partition epoch \(state.partitionEpoch.rawValue)"
    }

    private let timeline: Timeline

    /// Rules that were broken, in the order in which that was seen.
    package var violations: [Violation] { book.list }

    /// Terms that had a leader.
    package var leaderCount: Int { quorum.leaders.count }

    /// What is still missing from a cluster in which all is well, as its metadata says; nil if nothing is.
    package var want: String? { metadata.want }

    /// Whether the metadata names partitions that have no leader, all of which `broker` led last.
    package func lacksLeader(since broker: BrokerID) -> Bool { metadata.lacksLeader(since: broker) }

    package func report(_ rule: Rule, _ cause: String) { book.report(rule, cause) }

    // MARK: Nodes and their disks

    /// A node whose disk is looked at.
    package func watch(
        _ node: BrokerID, _ disk: SimulatedDisk, _ directoryID: DirectoryID,
        _ directories: [String] = [SimulatedNode.dataDirectory]
    ) {
        disks.directories = directories
        disks.add(node, disk, directoryID)
    }

    /// A node's disk has lost what was durable on it: it is not held to its promises until the controller
    /// has struck it off.
    package func excuse(_ node: BrokerID) { partitions.excuse(node) }

    /// A node's disk was exchanged, for one that may be empty, and the one it had is `former`. The node is not held to
    /// its promises until the controller has struck it off.
    package func diskExchanged(
        _ node: BrokerID, _ former: SimulatedDisk, for disk: SimulatedDisk,
        _ directoryID: DirectoryID
    ) {
        disks.exchange(node, former, for: disk, directoryID)
        partitions.excuse(node)
    }

    /// A node's disk lies about syncs: what was written there is taken for durable. It must not lose power.
    package func distrust(_ node: BrokerID) { disks.distrust(node) }

    /// Where a bit may be forgotten of a node's replica, because all others have what it holds there.
    package func repairable(_ place: TopicPartition, on node: BrokerID) -> [SealedBatch] {
        metadata.key(of: place).map { partitions.repairable($0, on: node) } ?? []
    }

    /// A node's disk has forgotten a bit of a partition, which is to be got back from others.
    package func noteDamage(of place: TopicPartition, on node: BrokerID) {
        if let key = metadata.key(of: place) { partitions.noteDamage(key, on: node) }
    }

    /// What of these is damaged and was not got back; nil if nothing is.
    package func damage(of places: [TopicPartition]) -> String? {
        partitions.damage(of: places.compactMap { metadata.key(of: $0) })
    }

    /// How many voters the quorum has.
    package func voters(_ count: Int) { votes.voterCount = count }

    // MARK: The nodes' states, after each turn of their loops

    package func observe(
        _ facts: QuorumFacts, of life: Life, voters: () -> [ReplicaKey]
    ) {
        votes.observe(facts, of: life.node)
        electionFiles.look(at: life.node)
        guard quorum.observe(facts, of: life, at: timeline.now, voters: voters) else { return }
        timeline.add("node \(life.node.rawValue) leads term \(facts.term.rawValue)")
    }

    package func observe(_ image: MetadataImage, of node: BrokerID) {
        metadata.observe(image, of: node)
    }

    package func observe(_ facts: ReplicaFacts, of life: Life) {
        partitions.observe(facts, of: life) { epoch in
            metadata.state(of: facts.key, at: epoch)?.isr
        }
    }

    /// What a loop of a node goes by, and its metadata, which is only asked for if it is news.
    ///
    /// - Returns: whether the node is fenced and may not know: what it leads wants a look (`checkLease`).
    package func observe(
        _ standing: StandingFacts, of node: BrokerID, image: () -> MetadataImage?
    ) -> Bool {
        leases.observe(standing, of: node, image: image)
    }

    /// A replica on a loop that goes by its lease, of a node that is fenced.
    package func checkLease(_ facts: ReplicaFacts, of node: BrokerID) {
        leases.check(facts, of: node)
    }

    /// Who was last seen to lead a partition, and in which epoch; nil if nobody was.
    func leadership(of place: TopicPartition) -> EpochProbe.Leadership? {
        guard let key = metadata.key(of: place), let seen = partitions.newestReign(of: key) else {
            return nil
        }
        return EpochProbe.Leadership(place: place, node: seen.node, epoch: seen.epoch)
    }

    /// Calls `body` when a log of a node was cut: a good moment for its power to fail.
    func whenLogIsCut(_ body: @escaping (BrokerID) -> Void) { partitions.whenCut = body }

    // MARK: The quorum's words

    /// Calls `body` when a voter's vote for another is heard: a good moment to crash the voter.
    func whenVoteIsGranted(_ body: @escaping (BrokerID) -> Void) { votes.whenGranted = body }

    /// A vote that was heard.
    package func heard(_ node: BrokerID, votesFor candidate: BrokerID, in term: Int32) {
        votes.heard(node, votesFor: candidate, in: term)
    }

    // MARK: The clients' side

    /// `acks=all` acknowledged a record.
    package func acknowledged(_ offset: Offset, of place: TopicPartition) {
        guard let end = missedEnd(offset, of: place) else { return }
        report(
            .acknowledgedIsCommitted,
            "\(place)@\(offset.rawValue) is acknowledged, committed is \(end.rawValue)")
    }

    /// A reader was given a record.
    package func wasRead(_ offset: Offset, of place: TopicPartition) {
        guard let end = missedEnd(offset, of: place) else { return }
        report(
            .readsAreCommitted,
            "\(place)@\(offset.rawValue) was read, committed is \(end.rawValue)")
    }

    /// Where what is committed ends, if that is not beyond `offset`.
    private func missedEnd(_ offset: Offset, of place: TopicPartition) -> Offset? {
        guard let key = metadata.key(of: place), !partitions.isVolatile(key) else { return nil }
        let end = partitions.committedEnd(of: key)
        return end <= offset ? end : nil
    }
}

extension Checker: NetworkTap {
    func requestArrived(_ frame: SharedBytes, at port: UInt16, connection: UInt64) {
        guard port == SimulatedNode.controllerPort else { return }
        votes.requestHeard(frame, connection: connection)
    }

    func answerArrived(
        _ frame: SharedBytes, from host: String, port: UInt16, connection: UInt64
    ) {
        guard port == SimulatedNode.controllerPort, let node = SimulatedNode.id(of: host) else {
            return
        }
        votes.responseHeard(frame, from: node, connection: connection)
    }
}
