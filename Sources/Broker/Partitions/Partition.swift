internal import Bytes
internal import LogStorage
internal import Model
internal import Ports
internal import Replication
internal import Telemetry

/// One replica hosted here: its log, its role, and what waits for it. Lives on one loop, with its log.
///
/// It performs what the minds `LeaderReplica` and `FollowerReplica` decide: appends, reads, truncations,
/// and wakes what waits. Syncs are gathered by the shard's `GroupCommit`.
final class Partition {
    /// The replica's part in the present leadership.
    enum RoleKind: Equatable {
        case leader
        case follower(of: BrokerID)
        /// The partition has no leader, or the log is offline.
        case idle
    }

    let key: PartitionKey
    let name: TopicPartition
    private(set) var log: PartitionLog
    private(set) var directory: LogDirectoryHandle
    /// The copy of the log on its way into another directory.
    var future: FutureReplica?
    /// The log is about to be exchanged: nothing is appended.
    var isFrozen = false
    unowned let shard: Shard
    var settings: TopicSettings
    /// The state last applied from the metadata.
    private(set) var assigned: AssignedState

    /// Present in the leader's role only.
    var leader: LeaderReplica?
    /// Present in a follower's role only.
    var follower: FollowerReplica?
    /// Kept while the replica has no role.
    private var idleHighWatermark: Offset

    var produceWaiters: [ProduceWaiter] = []
    var deletionWaiters: [DeletionWaiter] = []
    var fetchWatches = WatchList()
    /// Present where the partition is led and stores what a coordinator knows.
    weak var coordinator: GroupCoordinator?
    /// In the group commit's list already.
    var isDirty = false
    /// A sync after `flush.ms` is on its way.
    private var isFlushArmed = false
    /// Damage that was found in this log and is not repaired.
    var holes: [Hole] = []
    /// Under way while a leader with a hole looks for somebody to lead in its place.
    var handover: LeadershipHandover?
    /// The directory failed: reads and writes answer KAFKA_STORAGE_ERROR.
    private(set) var isOffline = false

    init(
        key: PartitionKey, name: TopicPartition, log: PartitionLog, directory: LogDirectoryHandle,
        settings: TopicSettings, highWatermark: Offset, shard: Shard
    ) {
        self.key = key
        self.name = name
        self.log = log
        self.directory = directory
        self.settings = settings
        assigned = .unknown
        self.shard = shard
        idleHighWatermark = min(max(highWatermark, log.logStartOffset), log.logEndOffset)
    }

    /// Another log, with the same records, takes the place of this one.
    func replaceLog(_ log: PartitionLog, in directory: LogDirectoryHandle) {
        self.log = log
        self.directory = directory
    }

    /// Nothing may be appended for a moment: until a checkpoint is written after a truncation, or the log has
    /// moved.
    var isHeld: Bool { isFrozen || log.isRecoveryPointLowered }

    var role: RoleKind {
        if leader != nil { return .leader }
        if let follower { return .follower(of: follower.leader) }
        return .idle
    }

    var highWatermark: Offset {
        leader?.highWatermark ?? follower?.highWatermark ?? idleHighWatermark
    }

    /// What a consumer may read up to.
    func readableEnd(for reader: FetchReader) -> Offset {
        switch reader {
        case .follower: log.logEndOffset
        case .consumer(let readCommitted, _):
            readCommitted ? log.lastStableOffset(highWatermark: highWatermark) : highWatermark
        }
    }

    /// Whom to ask instead, for an answer of NOT_LEADER_OR_FOLLOWER (KIP-951).
    var currentLeader: FetchAnswer.Leader {
        FetchAnswer.Leader(id: assigned.leader, epoch: assigned.leaderEpoch)
    }

    // MARK: Roles

    /// Takes up what the metadata says, or the controller's answer to an ISR change. Does nothing for a state that is
    /// not newer, but that the answer did not tell the replica list, and who left counts until the metadata says so.
    func apply(_ state: AssignedState, isAnswer: Bool = false) {
        let isTold =
            state.replicas == assigned.replicas && (isAnswer || leader?.leaving.isEmpty != false)
        guard
            state.partitionEpoch > assigned.partitionEpoch
                || (state.partitionEpoch == assigned.partitionEpoch && !isTold)
        else { return }
        guard !isOffline else {
            assigned = state
            return
        }
        let before = assigned
        assigned = state
        fetchWatches.noteChange()
        if state.leader == shard.nodeID {
            lead(state, isAnswer: isAnswer)
        } else if state.leader == .none {
            stepDown()
        } else {
            follow(state)
        }
        if before.leaderEpoch != state.leaderEpoch || before.leader != state.leader {
            shard.node.log.debug(
                "leaderChanged",
                [
                    "partition": name, "leader": state.leader.rawValue,
                    "epoch": state.leaderEpoch.rawValue, "logEnd": log.logEndOffset.rawValue,
                    "highWatermark": highWatermark.rawValue,
                ])
        }
    }

    /// A log with records of a newer leadership than the metadata knows of was led under metadata that has
    /// been lost: it takes no part before the metadata has caught up.
    private func isNewer(_ log: PartitionLog, than state: AssignedState) -> Bool {
        guard let latest = log.latestEpoch, latest > state.leaderEpoch else { return false }
        shard.node.log.error(
            "metadataOlderThanLog",
            [
                "partition": name, "leaderEpoch": state.leaderEpoch.rawValue,
                "logEpoch": latest.rawValue,
            ])
        return true
    }

    private func lead(_ state: AssignedState, isAnswer: Bool) {
        if leader?.leaderEpoch == state.leaderEpoch {
            let moved =
                leader?.stateChanged(state, isAnswer: isAnswer, now: shard.loop.now) ?? false
            if moved { highWatermarkMoved() }
            // A change from elsewhere has overtaken what was asked: ask anew.
            if let change = leader?.recoveryFinished() { shard.propose(change, for: self) }
            return
        }
        let known = highWatermark
        guard !isNewer(log, than: state) else {
            stepDown()
            return
        }
        // Whoever asks where the former epoch ended is answered right from the first moment (KIP-101).
        do throws(LogError) {
            try log.beginEpoch(state.leaderEpoch)
        } catch {
            stepDown()
            storageFailed(error)
            return
        }
        // A leader that stays truncates nothing: what producers wait for is committed under the new epoch.
        if leader == nil { stepDown() }
        leader = LeaderReplica(
            id: shard.nodeID, state: state, logEnd: log.logEndOffset, durableEnd: countedEnd,
            highWatermark: known, minInSync: settings.minInSync, now: shard.loop.now)
        shard.leadershipBegan(self, state.leaderEpoch)
        fetchWatches.fireAll()
        syncIfNeeded()
        if leader?.begin() == true { highWatermarkMoved() }
        if state.isRecovering, let change = leader?.recoveryFinished() {
            shard.propose(change, for: self)
        }
    }

    private func follow(_ state: AssignedState) {
        if follower?.leaderEpoch == state.leaderEpoch {
            follower?.stateChanged(state)
            return
        }
        let known = highWatermark
        stepDown()
        follower = FollowerReplica(
            state: state, logEnd: log.logEndOffset, acknowledgedEnd: countedEnd,
            highWatermark: known)
        syncIfNeeded()
        shard.followingBegan(self)
    }

    /// Leaves the present role; those who wait learn that this is no longer the leader.
    private func stepDown() {
        idleHighWatermark = highWatermark
        if leader != nil {
            leader = nil
            handover?.end()
            shard.leadershipEnded(self)
            failWaiters(.notLeaderOrFollower)
            fetchWatches.fireAll()
        }
        if follower != nil {
            follower = nil
            shard.followingEnded(self)
            fetchWatches.fireAll()
        }
    }

    /// The end of the log as far as it counts for acknowledgements.
    private var countedEnd: Offset {
        settings.flushBeforeAck ? max(log.durableOffset, log.logStartOffset) : log.logEndOffset
    }

    /// The topic's settings changed.
    func apply(_ settings: TopicSettings) {
        self.settings = settings
        log.configuration = settings.log
        future?.log.configuration = settings.log
        if leader?.minInSyncChanged(to: settings.minInSync) == true { highWatermarkMoved() }
        // Whether an acknowledgement waits for the disk may be another answer now.
        if role != .idle { syncIfNeeded() }
    }

    // MARK: Progress

    /// Something below the log's end is not synced and must be before it counts.
    func syncIfNeeded() {
        guard log.durableOffset < log.logEndOffset else {
            acknowledged(upTo: log.logEndOffset)
            return
        }
        if settings.flushBeforeAck {
            shard.groupCommit.add(self)
        } else {
            acknowledged(upTo: log.logEndOffset)
            syncByPolicy()
        }
    }

    /// `flush.messages` and `flush.ms`, for a topic whose acknowledgements do not wait for the disk.
    private func syncByPolicy() {
        guard log.logEndOffset - log.durableOffset < settings.flushMessages else {
            shard.groupCommit.add(self)
            return
        }
        guard let interval = settings.flushInterval, !isFlushArmed else { return }
        isFlushArmed = true
        shard.loop.arm(at: shard.loop.now + interval) { [weak self] in
            guard let self else { return }
            self.isFlushArmed = false
            if !self.isOffline { self.shard.groupCommit.add(self) }
        }
    }

    /// The group commit made everything below `end` durable, or the topic does not ask for it.
    func acknowledged(upTo end: Offset) {
        if leader != nil {
            // A truncation cannot lie between: a leader never truncates.
            if leader?.acknowledgedBySelf(upTo: min(end, log.logEndOffset)) == true {
                highWatermarkMoved()
            }
        } else if follower != nil {
            follower?.acknowledged(upTo: min(end, log.logEndOffset))
            shard.followerAdvanced(self)
        }
    }

    /// The high watermark moved: answers producers and wakes readers.
    func highWatermarkMoved() {
        let committed = highWatermark
        log.highWatermarkAdvanced(to: committed)
        if leader != nil { finishWaiters(upTo: committed) }
        coordinator?.highWatermarkMoved()
        fetchWatches.fireForHighWatermark()
    }

    /// Keeps the waiters in the order of what they wait for: a batch sent again waits for an earlier end.
    func wait(_ waiter: ProduceWaiter) {
        var place = produceWaiters.count
        while place > 0, produceWaiters[place - 1].requiredOffset > waiter.requiredOffset {
            place -= 1
        }
        produceWaiters.insert(waiter, at: place)
    }

    /// Lets go of waiters whose time was over: the high watermark may stand still for long.
    func dropExpiredWaiters() {
        produceWaiters.removeFirst(produceWaiters.prefix { $0.isDone }.count)
    }

    private func finishWaiters(upTo committed: Offset) {
        var count = 0
        let failure = leader?.hasEnoughInSync == true ? nil : ErrorCode.notEnoughReplicasAfterAppend
        while count < produceWaiters.count,
            produceWaiters[count].isDone || produceWaiters[count].requiredOffset <= committed
        {
            produceWaiters[count].finish(failure: failure)
            count += 1
        }
        produceWaiters.removeFirst(count)
    }

    private func failWaiters(_ error: ErrorCode) {
        let waiters = produceWaiters
        produceWaiters = []
        for waiter in waiters { waiter.finish(failure: error) }
        failDeletions(error)
    }

    /// A full disk is waited for; after any other failure the log's directory cannot be trusted any more, and
    /// the replica is offline until a restart.
    func storageFailed(_ error: LogError) {
        shard.storageFailed(error, in: self)
    }

    /// What was written may not be on the disk, whatever the reason: not even a full disk is waited for.
    func syncFailed(_ error: FileError, in directory: LogDirectoryHandle) {
        shard.failed(directory, .file(error), name)
    }

    /// Called by the shard for every replica of a failed directory.
    func goOffline() {
        guard !isOffline else { return }
        stepDown()
        isOffline = true
        endMove()
        failWaiters(.kafkaStorageError)
        fetchWatches.fireAll()
    }

    /// The topic is gone, or the replica was moved away.
    func retire() {
        stepDown()
        endMove()
        isOffline = true
        failWaiters(.unknownTopicOrPartition)
        fetchWatches.fireAll()
    }
}
