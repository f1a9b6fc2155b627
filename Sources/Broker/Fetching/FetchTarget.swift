internal import Bytes
internal import Model
internal import Ports

/// How a fetch request names a topic: by name below v13, by id from then on (KIP-516).
enum TopicReference: Hashable, Sendable {
    case name(String)
    case id(TopicID)
}

/// A partition as a fetch request names it.
struct FetchKey: Hashable, Sendable {
    let topic: TopicReference
    let partition: Int32
}

/// One partition that a client or follower asks for.
struct FetchTarget: Sendable {
    let key: FetchKey
    var fetchOffset: Offset
    var maxBytes: Int
    /// `.none`: no check wanted.
    var currentLeaderEpoch: LeaderEpoch
    /// `.none` from clients that do not tell.
    var lastFetchedEpoch: LeaderEpoch
    /// Where a follower's log begins; `.none` from consumers.
    var logStartOffset = Offset.none
    /// What a follower knows to be committed, if it wants to hear at once of more (KIP-1166); `.max` if not.
    var knownHighWatermark = Offset(.max)

    /// Whether the asker would learn from `highWatermark`: its own lies inside its own log.
    func lacks(_ highWatermark: Offset) -> Bool {
        min(highWatermark, fetchOffset) > knownHighWatermark
    }
}

/// Where a consumer is, for reading from a near replica (KIP-392).
struct ClientPlace: Equatable, Sendable {
    /// Empty if it does not tell.
    let rack: String
    /// The name of the listener that it came to.
    let listener: String
    /// It calls itself replica -2: a tool that looks at what each replica has.
    var isTool = false
}

/// Who fetches, and what it may see.
enum FetchReader: Equatable, Sendable {
    /// Up to the high watermark or, read_committed, the last stable offset. One without a place is served by
    /// leaders only.
    case consumer(readCommitted: Bool, at: ClientPlace?)
    /// Up to the log's end; its fetch offset acknowledges everything below.
    case follower(BrokerID, BrokerEpoch)

    var isFollower: Bool {
        if case .follower = self { true } else { false }
    }
}

/// What one partition answers.
struct FetchAnswer: Sendable {
    struct Aborted: Sendable, Equatable {
        let producerID: ProducerID
        let firstOffset: Offset
    }

    struct Leader: Sendable, Equatable {
        let id: BrokerID
        let epoch: LeaderEpoch
    }

    var error: ErrorCode = .none
    var highWatermark: Offset = .none
    var lastStableOffset: Offset = .none
    var logStartOffset: Offset = .none
    var divergingEpoch: OffsetAndEpoch?
    /// Told with NOT_LEADER_OR_FOLLOWER and FENCED_LEADER_EPOCH (KIP-951).
    var currentLeader: Leader?
    /// Where the consumer shall go on reading; there are no records then.
    var preferredReplica: BrokerID?
    /// Tells a follower of a high watermark that it wants to know at once.
    var tellsHighWatermark = false
    /// Nil where the answer has no list, as for read_uncommitted.
    var abortedTransactions: [Aborted]?
    /// Whole batches, in order.
    var records: [OutgoingPiece] = []
    /// The limit of the whole answer left no room for all of them.
    private(set) var isCut = false
    /// Up to where the reader may see, at the time of reading: a change past it is worth waking for.
    var readableEnd: Offset = .none

    var recordBytes: Int { records.reduce(0) { $0 + $1.count } }

    /// Whether the client should hear this at once, however little data there is.
    var isUrgent: Bool {
        error != .none || divergingEpoch != nil || preferredReplica != nil || tellsHighWatermark
    }

    static func failure(_ error: ErrorCode, leader: Leader? = nil) -> FetchAnswer {
        var answer = FetchAnswer()
        answer.error = error
        answer.currentLeader = leader
        return answer
    }

    /// Cuts the records to `limit` bytes. A cut batch at the end is legal; readers ignore it.
    mutating func limitRecords(to limit: Int) {
        isCut = true
        var room = limit
        var kept: [OutgoingPiece] = []
        for piece in records where room > 0 {
            if piece.count <= room {
                kept.append(piece)
                room -= piece.count
                continue
            }
            switch piece {
            case .bytes(let bytes): kept.append(.bytes(bytes[0..<room]))
            case .file(let file, let offset, _, let check):
                kept.append(.file(file, offset: offset, count: room, check: check))
            }
            room = 0
        }
        records = kept
    }
}
