internal import Bytes
internal import Configuration
internal import LogStorage
internal import Metadata
internal import Model
internal import Ports
internal import Replication
internal import Telemetry

/// Everything one loop owns: its partitions, their fetchers, and the fetch sessions of its connections.
///
/// A partition belongs to one shard for as long as the process runs, chosen by its key, so that nothing
/// about it is ever locked.
final class Shard {
    let index: Int
    let loop: any Loop
    let node: Node
    let nodeID: BrokerID
    let metrics: ShardMetrics
    let groupCommit: GroupCommit
    private let gauges: PartitionGauges
    private var cleaner: LogCleaner?
    private var scrubber: LogScrubber?
    /// The metadata as last published to this loop.
    var image: MetadataImage
    var partitions: [PartitionKey: Partition] = [:]
    var sessions: FetchSessionCache
    var fetchers: [FetcherKey: ReplicaFetcher] = [:]
    /// All shards of the node by index, this one included. Set before the loops serve.
    var peers: [LoopBound<Shard>] = []
    /// The node's part in the cluster, on the metadata loop. Set before the loops serve.
    var cluster: LoopBound<ClusterLink>?
    /// Settings of topics, by name, until they change.
    var settingsByTopic: [String: TopicSettings] = [:]
    /// The broker's settings with what was changed at run time.
    var brokerSettings: BrokerSettings {
        didSet { fetchMaxBytes = brokerSettings.int(Self.fetchMaxBytesName) }
    }
    /// `fetch.max.bytes`, which every fetch asks for.
    private(set) var fetchMaxBytes: Int
    private static let fetchMaxBytesName = "fetch.max.bytes"
    let storage: BrokerStorage
    /// The metadata begins anew, at the start or with a snapshot: replicas that it no longer names must go.
    var mustReconcile = true
    /// Replicas whose place is still taken by a deleted topic of the same name.
    var unopened: [PartitionKey] = []
    /// What the metadata shows first was there before this process: its replicas may have logs.
    var isFirstImage = true
    /// Replicas that may lie in a directory that is offline; no directory that is online takes them.
    var unplaceable: Set<PartitionKey> = []
    /// The logs are closed: the node stops.
    var isClosed = false
    /// Coordinators of the partitions of `__consumer_offsets` that are led here.
    var groupCoordinators: [PartitionKey: GroupCoordinator] = [:]
    let groupMetrics: GroupMetrics
    /// Answers that wait for topics to be known here.
    var topicWaits: [TopicWait] = []
    /// The active controller, as last heard.
    var controllerID: BrokerID?
    /// The level of `kraft.version`, as last heard: the quorum's own, not in the image.
    var kraftVersion: Int16 = 0
    /// What the active controller speaks; nil until this broker has heard it.
    var controllerVersions: PeerVersions?
    /// The registration this broker runs under; `.none` until it is registered.
    var brokerEpoch = BrokerEpoch.none

    init(index: Int, loop: any Loop, node: Node, storage: BrokerStorage) {
        self.index = index
        self.loop = loop
        self.node = node
        self.storage = storage
        brokerSettings = node.configuration.settings
        fetchMaxBytes = node.configuration.settings.int(Self.fetchMaxBytesName)
        nodeID = node.configuration.nodeID
        metrics = ShardMetrics(registry: node.metrics, shard: index)
        gauges = PartitionGauges(registry: node.metrics)
        groupMetrics = GroupMetrics(registry: node.metrics)
        groupCommit = GroupCommit(loop: loop, metrics: metrics)
        image = MetadataImage()
        sessions = FetchSessionCache(
            slots: max(1, node.fetchSessionSlots / node.world.dataLoops.count))
    }

    /// Begins to compact logs, and to re-read them, now and then.
    func startCleaning() {
        let cleaner = LogCleaner(shard: self)
        self.cleaner = cleaner
        cleaner.start()
        let scrubber = LogScrubber(shard: self)
        self.scrubber = scrubber
        scrubber.start()
    }

    /// A reader has met damage.
    func damageRead(in key: PartitionKey, _ range: Range<Offset>) {
        scrubber?.look(at: key, range)
    }

    /// Begins what goes on by itself.
    func start() {
        loop.arm(at: loop.now + PartitionGauges.interval) { [weak self] in
            guard let self else { return }
            self.gauges.count(self)
            self.groupMetrics.count(
                self.coordinatorsInOrder, work: self.node.coordinatorWork.count)
            self.start()
        }
    }

    // MARK: Producing

    /// Appends the parts of a Produce request that live here.
    func produce(_ batch: ProduceBatch) {
        var outcomes: [(Int, ProduceOutcome)] = []
        var waiters: [ProduceWaiter] = []
        var waiting: [Partition] = []
        for part in batch.parts {
            guard let partition = partitions[part.key] else {
                outcomes.append((part.index, missing(part.key)))
                continue
            }
            switch partition.append(
                part, acknowledgement: batch.acknowledgement, version: batch.version)
            {
            case .refused(let outcome):
                metrics.produceFailed(topic: partition.name.topic)
                outcomes.append((part.index, outcome))
            case .appended(let outcome, let required):
                guard batch.acknowledgement == .all, partition.highWatermark < required else {
                    outcomes.append((part.index, outcome))
                    continue
                }
                let waiter = ProduceWaiter(
                    requiredOffset: required, index: part.index, operation: batch.operation,
                    outcome: outcome)
                partition.wait(waiter)
                waiters.append(waiter)
                waiting.append(partition)
            }
        }
        if !waiters.isEmpty { expire(waiters, of: waiting, at: batch.deadline) }
        if !outcomes.isEmpty {
            let done = outcomes
            batch.operation.run { $0.finished(done) }
        }
    }

    private func expire(
        _ waiters: [ProduceWaiter], of partitions: [Partition], at deadline: Instant
    ) {
        let timer = loop.arm(at: deadline) { [metrics] in
            for waiter in waiters where !waiter.isDone {
                metrics.produceExpired()
                waiter.finish(failure: .requestTimedOut)
            }
            for partition in partitions { partition.dropExpiredWaiters() }
        }
        // The last one to finish takes the deadline with it.
        var open = waiters.count
        for waiter in waiters {
            waiter.finished = { [loop] in
                open -= 1
                if open == 0 { loop.disarm(timer) }
            }
        }
    }

    private func missing(_ key: PartitionKey) -> ProduceOutcome {
        let answer = absence(of: key)
        var outcome = ProduceOutcome.failure(answer.error)
        outcome.currentLeader = answer.currentLeader
        return outcome
    }

    /// Why a partition that is not hosted here cannot be served: another broker has it, it is not there, or
    /// its directory is offline.
    func absence(of key: PartitionKey) -> FetchAnswer {
        guard let topic = image.topic(key.topicID), let state = topic.partition(key.partition)
        else {
            return .failure(.unknownTopicOrPartition)
        }
        if state.replicas.contains(nodeID) { return .failure(.kafkaStorageError) }
        return .failure(
            .notLeaderOrFollower, leader: .init(id: state.leader ?? .none, epoch: state.leaderEpoch)
        )
    }

    // MARK: Fetching

    /// Reads the parts of a fetch that live here.
    func read(
        _ parts: [FetchPart], for reader: FetchReader, limit: Int, isArrival: Bool
    ) -> [(Int, FetchAnswer)] {
        metrics.fetchPartitionsRead.add(Int64(parts.count))
        var room = limit
        var isEmpty = true
        var results: [(Int, FetchAnswer)] = []
        results.reserveCapacity(parts.count)
        for part in parts {
            guard let partition = partitions[part.key] else {
                results.append((part.index, absence(of: part.key)))
                continue
            }
            let answer = partition.read(
                part.target, for: reader, limit: max(room, 0), takesOversized: isEmpty,
                isArrival: isArrival)
            if !answer.records.isEmpty { isEmpty = false }
            room -= answer.recordBytes
            results.append((part.index, answer))
        }
        return results
    }

    /// Parks a fetch: `watch` fires on the first change past what was `seen`, at once if there was one already.
    func watch(
        _ parts: [FetchPart], seen: [FetchSight], for reader: FetchReader, _ watch: FetchWatch
    ) {
        for (part, seen) in zip(parts, seen) {
            guard let partition = partitions[part.key],
                partition.serves(reader),
                partition.readableEnd(for: reader) == seen.readableEnd,
                !part.target.lacks(partition.highWatermark)
            else {
                watch.fire()
                return
            }
            if part.target.knownHighWatermark != Offset(.max) { watch.heedsHighWatermark = true }
            if !partition.isSettled(for: reader, seen) { watch.noteChange() }
            partition.fetchWatches.add(watch)
        }
    }

    // MARK: Followers and leaders

    func isEligibleForISR(_ broker: BrokerID, _ epoch: BrokerEpoch) -> Bool {
        image.isEligible(broker, epoch: epoch)
    }

    /// A partition became a follower: its fetcher takes it on.
    func followingBegan(_ partition: Partition) {
        guard case .follower(let leader) = partition.role else { return }
        fetcher(for: leader, partition.directory).add(partition)
    }

    func followingEnded(_ partition: Partition) {
        for fetcher in fetchersInOrder { fetcher.remove(partition.key) }
    }

    /// More of a follower's log may be promised to the leader.
    func followerAdvanced(_ partition: Partition) {
        guard case .follower(let leader) = partition.role else { return }
        fetchers[FetcherKey(leader: leader, directory: partition.directory.id)]?.ready(partition)
    }

    /// A follower's log was cut: its fetch position is another.
    func fetchAgain(_ partition: Partition) {
        guard case .follower(let leader) = partition.role else { return }
        fetchers[FetcherKey(leader: leader, directory: partition.directory.id)]?.again(partition)
    }

    private func fetcher(for leader: BrokerID, _ directory: LogDirectoryHandle) -> ReplicaFetcher {
        let key = FetcherKey(leader: leader, directory: directory.id)
        if let fetcher = fetchers[key] { return fetcher }
        let fetcher = ReplicaFetcher(leader: leader, shard: self)
        fetchers[key] = fetcher
        return fetcher
    }

    /// Asks the controller for an ISR change; the answer comes back to the partition.
    func propose(_ change: ISRChange, for partition: Partition) {
        metrics.isrChangeProposed(
            isShrink: change.members.count < partition.assigned.inSyncReplicas.count)
        let name = partition.name
        let isr = change.members.map { "\($0.id.rawValue)" }.joined(separator: ",")
        node.log.info(
            "isrChangeProposed",
            [
                "partition": name, "isr": isr, "partitionEpoch": change.partitionEpoch.rawValue,
            ])
        let proposal = ISRProposal(key: partition.key, change: change, shard: index)
        cluster?.run { $0.isrChanges.propose(proposal) }
    }

    /// The controller's answer to a proposal.
    func proposalAnswered(_ proposal: ISRProposal, _ verdict: ISRVerdict) {
        guard let partition = partitions[proposal.key] else { return }
        switch verdict {
        case .state(let state):
            // A finished reassignment may have begun another leadership: the metadata tells of it.
            guard state.leader == nodeID, partition.leader?.leaderEpoch == state.leaderEpoch else {
                return
            }
            // The answer tells all but the replica list, which an ISR change leaves as it is.
            partition.apply(
                state.with(replicas: partition.assigned.replicas), isAnswer: true)
            // The state that was known already: nothing was to be changed.
            if state.partitionEpoch == proposal.change.partitionEpoch {
                partition.leader?.changeFailed(proposal.change)
            }
        case .notMade:
            partition.leader?.changeFailed(proposal.change)
            partition.handover?.end()
        case .overtaken, .again:
            break
        }
    }

    /// Called on a timer: followers that lag too long leave their ISRs.
    func shrinkLaggingISRs(maxLag: Duration) {
        let now = loop.now
        for partition in partitionsInOrder {
            if let change = partition.leader?.shrinkIfLagging(maxLag: maxLag, now: now)
                ?? partition.leader?.recoveryFinished()
            {
                propose(change, for: partition)
            }
        }
    }

    /// All partitions by name: for whatever must not depend on hash order.
    var partitionsInOrder: [Partition] { partitions.values.sorted { $0.name < $1.name } }

    /// All fetchers by leader and directory, for the same reason.
    var fetchersInOrder: [ReplicaFetcher] {
        fetchers.sorted { $0.key < $1.key }.map(\.value)
    }

    // MARK: Storage

    /// A write found no room, or a directory failed.
    func storageFailed(_ error: LogError, in partition: Partition) {
        guard error.isNoSpace else {
            failed(partition.directory, error, partition.name)
            return
        }
        guard partition.directory.noteFull() else { return }
        node.log.error(
            "diskFull",
            ["directory": partition.directory.path, "partition": partition.name, "cause": error])
    }

    /// A directory failed: its replicas here and on the other loops go offline, and the controller hears
    /// of it with the next heartbeat.
    func failed(_ directory: LogDirectoryHandle, _ error: LogError, _ name: TopicPartition) {
        guard directory.fail() else { return }
        let id = directory.id
        node.log.error(
            "logDirectoryFailed",
            ["directory": directory.path, "partition": name, "cause": error])
        for peer in peers { peer.post { $0.goOffline(id) } }
        cluster?.run { $0.directoryFailed(id) }
    }

    /// Takes the replicas of a failed directory offline.
    func goOffline(_ directory: DirectoryID) {
        for partition in partitionsInOrder {
            if partition.directory.id == directory {
                partition.goOffline()
            } else if partition.future?.directory.id == directory {
                partition.endMove()
            }
        }
    }
}

/// One fetcher for each leader and own directory: a slow disk holds back only its own partitions.
struct FetcherKey: Hashable, Comparable {
    let leader: BrokerID
    let directory: DirectoryID

    static func < (a: Self, b: Self) -> Bool {
        let (left, right) = (a.directory.uuid, b.directory.uuid)
        return (a.leader, left.high, left.low) < (b.leader, right.high, right.low)
    }
}

/// A leader's wish, on its way to the controller.
struct ISRProposal: Sendable, Equatable {
    let key: PartitionKey
    let change: ISRChange
    let shard: Int
}
