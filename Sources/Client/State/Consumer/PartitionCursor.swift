internal import Bytes
internal import Model

/// Where a consumer stands in one partition.
///
///     awaitingPlace ──committed offset──► fetching      (a member of a group begins here)
///           │ none
///           ▼
///     awaitingOffset ──ListOffsets answered──► fetching ──offset out of range──► awaitingOffset
///           │                                     │ ▲
///           └──────────── no such ───────► failed │ └─ seek, truncation
///                                            ▲────┘ refused for good
struct PartitionCursor: Sendable {
    enum State: Hashable, Sendable {
        /// The group will tell the committed offset.
        case awaitingPlace
        /// The position is to be found by asking; `isAsked` while the question is out.
        case awaitingOffset(OffsetReset, isAsked: Bool)
        case fetching
        case failed(ClientError)
    }

    let partition: TopicPartition
    var state: State
    /// The next offset to ask for: ahead of `position` by what is buffered.
    var fetchOffset: Offset
    /// The epoch of the record before `fetchOffset`: by it a leader sees that our past is not its past
    /// (KIP-320, KIP-595).
    var fetchEpoch = LeaderEpoch.none
    /// The next offset to hand out; `.none` while it is not known.
    var position: Offset
    var isPaused = false
    /// About to be given up: neither fetched nor handed out any more.
    var isHeld = false
    /// Whoever listens to the group has yet to hear that it is assigned.
    var isUnannounced = false
    /// Whether records have been handed out since it was placed.
    var wasHandedOut = false
    /// The epoch of the record before `position`.
    var positionEpoch = LeaderEpoch.none
    /// The place up to which the application is done: where it stood when it last asked for more.
    var consumed = Offset.none
    var consumedEpoch = LeaderEpoch.none
    /// Raised by each seek: what was asked for before does not count any more.
    var generation = 0
    /// Nothing is asked for before then, unless the leader has changed since.
    var notBefore = Instant.zero
    var triedEpoch = LeaderEpoch.none
    var failures = 0
    /// Bytes fetched and not yet handed out.
    var bufferedBytes = 0
    var highWatermark = Offset.none
    var logStartOffset = Offset.none
    /// A near replica to fetch from, and until when (KIP-392).
    var preferredReplica: (node: BrokerID, until: Instant)?

    init(_ partition: TopicPartition, at start: OffsetReset) {
        self.partition = partition
        state = .awaitingOffset(start, isAsked: false)
        fetchOffset = .none
        position = .none
    }

    init(_ partition: TopicPartition, at offset: Offset) {
        self.partition = partition
        state = .fetching
        fetchOffset = offset
        position = offset
    }

    /// A partition of the group, for which `place` or a seek comes.
    init(awaitingPlaceIn partition: TopicPartition) {
        self.partition = partition
        state = .awaitingPlace
        fetchOffset = .none
        position = .none
    }

    /// Goes on at `offset`, whose predecessor's epoch is not known.
    mutating func seek(to offset: Offset) {
        generation += 1
        wasHandedOut = false
        state = .fetching
        fetchOffset = offset
        fetchEpoch = .none
        position = offset
        positionEpoch = .none
        bufferedBytes = 0
        notBefore = .zero
    }

    mutating func reset(to reset: OffsetReset) {
        generation += 1
        wasHandedOut = false
        state = .awaitingOffset(reset, isAsked: false)
        fetchEpoch = .none
        position = .none
        positionEpoch = .none
        bufferedBytes = 0
    }

    /// Whether something may be asked for it now.
    func isReady(leaderEpoch: LeaderEpoch, now: Instant) -> Bool {
        now >= notBefore || leaderEpoch > triedEpoch
    }
}
