internal import Bytes
internal import Model

/// Where a consumer stands in one partition.
///
///     awaitingOffset ──ListOffsets answered──► fetching ──offset out of range──► awaitingOffset
///           │                                     │ ▲
///           └──────────── no such ───────► failed │ └─ seek, truncation
///                                            ▲────┘ refused for good
struct PartitionCursor: Sendable {
    enum State: Hashable, Sendable {
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

    /// Goes on at `offset`, whose predecessor's epoch is not known.
    mutating func seek(to offset: Offset) {
        generation += 1
        state = .fetching
        fetchOffset = offset
        fetchEpoch = .none
        position = offset
        bufferedBytes = 0
        notBefore = .zero
    }

    mutating func reset(to reset: OffsetReset) {
        generation += 1
        state = .awaitingOffset(reset, isAsked: false)
        fetchEpoch = .none
        position = .none
        bufferedBytes = 0
    }

    /// Whether something may be asked for it now.
    func isReady(leaderEpoch: LeaderEpoch, now: Instant) -> Bool {
        now >= notBefore || leaderEpoch > triedEpoch
    }
}
