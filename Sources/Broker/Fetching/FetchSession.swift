internal import Model

/// One fetch session (KIP-227): what its client follows, so that requests and answers carry only changes.
struct FetchSession {
    /// What the client was told last of a partition.
    struct Told: Equatable {
        var highWatermark: Offset = .none
        var logStartOffset: Offset = .none
    }

    let id: Int32
    let isFollower: Bool
    /// Whether topics are named by id; a session does not mix both.
    let usesTopicIDs: Bool
    private(set) var epoch: Int32 = 1
    var lastUsed: Instant
    private(set) var targets: [FetchTarget] = []
    private(set) var told: [Told] = []
    private var positions: [FetchKey: Int] = [:]
    /// What the last fetch has left, if it ended with nothing to tell.
    var standing: StandingWatches?
    /// Where the next answer begins, so that all partitions get their turn when answers are full.
    private var cursor = 0

    init(id: Int32, isFollower: Bool, usesTopicIDs: Bool, now: Instant) {
        self.id = id
        self.isFollower = isFollower
        self.usesTopicIDs = usesTopicIDs
        lastUsed = now
    }

    /// The epoch after this one: 2,147,483,647 is followed by 1.
    mutating func advanceEpoch() { epoch = epoch == .max ? 1 : epoch + 1 }

    /// Adds a partition, or changes what is asked of it.
    mutating func update(_ target: FetchTarget) {
        if let position = positions[target.key] {
            targets[position] = target
            return
        }
        positions[target.key] = targets.count
        targets.append(target)
        told.append(Told())
    }

    mutating func forget(_ key: FetchKey) {
        guard let position = positions.removeValue(forKey: key) else { return }
        let last = targets.count - 1
        if position != last {
            targets.swapAt(position, last)
            told.swapAt(position, last)
            positions[targets[position].key] = position
        }
        targets.removeLast()
        told.removeLast()
    }

    /// Positions of all partitions, the one whose turn it is first.
    func order() -> [Int] {
        let count = targets.count
        guard count > 0 else { return [] }
        let start = cursor % count
        return Array(start..<count) + Array(0..<start)
    }

    /// The partition at `position` was the last to be given data.
    mutating func servedLast(_ position: Int) { cursor = position + 1 }

    /// Whether `answer` says anything new about the partition at `position`; remembers it as told.
    mutating func tell(_ answer: FetchAnswer, at position: Int) -> Bool {
        let news = Told(
            highWatermark: answer.highWatermark, logStartOffset: answer.logStartOffset)
        let isNews =
            news != told[position] || answer.error != .none || !answer.records.isEmpty
            || answer.divergingEpoch != nil || answer.preferredReplica != nil
            || answer.tellsHighWatermark
        // After an error the client must hear of the partition again even if nothing changed.
        told[position] = answer.error == .none ? news : Told()
        if targets[position].knownHighWatermark != Offset(.max), answer.error == .none {
            targets[position].knownHighWatermark = answer.highWatermark
        }
        return isNews
    }
}

/// The sessions of one loop, within a number of slots.
///
/// When all slots are taken, a session idle for `evictionAge` gives way, or a consumer's to a follower's;
/// else the newcomer gets none and keeps sending full requests.
struct FetchSessionCache {
    static let evictionAge = Duration.seconds(120)

    private let slots: Int
    private(set) var evictions = 0
    private var sessions: [Int32: FetchSession] = [:]

    init(slots: Int) { self.slots = slots }

    var count: Int { sessions.count }
    var partitionCount: Int { sessions.values.reduce(0) { $0 + $1.targets.count } }

    subscript(id: Int32) -> FetchSession? {
        get { sessions[id] }
        _modify { yield &sessions[id] }
    }

    mutating func remove(_ id: Int32) {
        sessions[id]?.standing?.cancel()
        sessions[id] = nil
    }

    /// Opens a session under an unused id drawn from `chance`; nil if no slot can be had.
    mutating func open(
        isFollower: Bool, usesTopicIDs: Bool, now: Instant, chance: () -> UInt64
    ) -> Int32? {
        if sessions.count >= slots, !evict(for: isFollower, now: now) { return nil }
        var id: Int32
        repeat {
            id = Int32(truncatingIfNeeded: chance() & 0x7fff_ffff)
        } while id == 0 || sessions[id] != nil
        sessions[id] = FetchSession(
            id: id, isFollower: isFollower, usesTopicIDs: usesTopicIDs, now: now)
        return id
    }

    private mutating func evict(for isFollower: Bool, now: Instant) -> Bool {
        // Oldest first, ties by id, so that the choice does not depend on hash order.
        let oldest = sessions.values.min { ($0.lastUsed, $0.id) < ($1.lastUsed, $1.id) }
        if let oldest, now - oldest.lastUsed > Self.evictionAge {
            remove(oldest.id)
            evictions += 1
            return true
        }
        guard isFollower else { return false }
        let consumers = sessions.values.filter { !$0.isFollower }
        guard let victim = consumers.min(by: { ($0.lastUsed, $0.id) < ($1.lastUsed, $1.id) }) else {
            return false
        }
        remove(victim.id)
        evictions += 1
        return true
    }
}
