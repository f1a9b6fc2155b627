internal import Model
internal import WireMessages

/// What one broker remembers of this consumer's fetches, so that a request names only what has changed
/// (KIP-227, protocol.md §7).
///
///     none ──full fetch, epoch 0──► open, epoch 1 ──incremental──► epoch 2 … wraps to 1
///      ▲                                │
///      └──────── failed, refused ───────┘   (the next fetch is full and closes the old session)
struct FetchSession: Sendable {
    /// A partition of a fetch.
    struct Entry: Hashable, Sendable {
        let partition: TopicPartition
        let topicID: TopicID
        let currentEpoch: LeaderEpoch
        let offset: Offset
        /// `.none` where the broker does not compare it.
        let lastEpoch: LeaderEpoch
        let bytesMax: Int
    }

    /// What a request says.
    struct Request: Hashable, Sendable {
        let sessionID: Int32
        let epoch: Int32
        let named: [Entry]
        /// No longer wanted, ascending.
        let forgotten: [Entry]
    }

    private var id: Int32 = 0
    /// 0: the next fetch is full and asks for a session.
    private var epoch: Int32 = 0
    private var known: [TopicPartition: Entry] = [:]

    init() {}

    /// Whether the request under way, or to come, is a full one.
    var isFull: Bool { epoch == 0 }

    /// The request for these partitions.
    mutating func next(_ wanted: [Entry]) -> Request {
        // A topic made anew under its name is another topic to the session.
        let isChanged = wanted.contains { entry in
            known[entry.partition].map { $0.topicID != entry.topicID } ?? false
        }
        if isChanged { epoch = 0 }
        guard epoch != 0 else {
            known = Dictionary(uniqueKeysWithValues: wanted.map { ($0.partition, $0) })
            return Request(sessionID: id, epoch: 0, named: wanted, forgotten: [])
        }
        let named = wanted.filter { known[$0.partition] != $0 }
        var rest = known
        for entry in wanted { rest[entry.partition] = nil }
        for partition in rest.keys { known[partition] = nil }
        for entry in named { known[entry.partition] = entry }
        let forgotten = rest.values.sorted { $0.partition < $1.partition }
        return Request(sessionID: id, epoch: epoch, named: named, forgotten: forgotten)
    }

    /// An answer came; `id` is what it carries, 0 if the broker keeps no session for us.
    mutating func answered(_ answered: Int32) {
        guard answered != 0 else {
            self = FetchSession()
            return
        }
        id = answered
        epoch = epoch == .max ? 1 : epoch + 1
    }

    /// No answer came: what the broker knows is not known.
    mutating func failed() {
        epoch = 0
        known = [:]
    }

    /// The broker does not know the session any more.
    mutating func refused() { self = FetchSession() }
}
