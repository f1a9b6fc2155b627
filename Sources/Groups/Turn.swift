internal import Coordination
internal import InternalRecords
internal import Model

/// What one event of the shard is handled with: the time, the settings, and where effects gather.
struct Turn {
    let now: Instant
    /// For what is stored or shown.
    let time: Timestamp
    let settings: GroupSettings
    var random: PRNG
    private(set) var effects: [GroupEffect] = []
    private(set) var timers: [(due: Instant, subject: GroupTimer)] = []

    init(now: Instant, time: Timestamp, settings: GroupSettings, random: PRNG) {
        self.now = now
        self.time = time
        self.settings = settings
        self.random = random
    }

    mutating func reply(_ ticket: Ticket, _ reply: GroupReply) {
        effects.append(.reply(ticket, reply))
    }

    /// Whether something is to be appended that the shard does not know yet.
    private(set) var hasWritten = false

    mutating func write(
        _ records: [GroupRecord], by producer: OffsetProducer? = nil, then: GroupWrite = .nothing
    ) {
        hasWritten = true
        effects.append(.write(records, by: producer, then: then))
    }

    mutating func makeTarget(_ group: String) { effects.append(.makeTarget(group: group)) }

    mutating func resolve(_ group: String) { effects.append(.resolve(group: group)) }

    mutating func report(_ group: String, _ rebalance: Rebalance) {
        effects.append(.rebalanced(group: group, rebalance))
    }

    /// Asks to be called about `subject`.
    mutating func wake(_ subject: GroupTimer, at due: Instant) { timers.append((due, subject)) }

    /// A member id that nobody has: what it begins with is for people to read.
    mutating func memberID(after prefix: String) -> String {
        prefix + "-" + UUID.random { random.next() }.hexText
    }
}

/// What the shard wants to be called about. A deadline that has moved since is noted beside its subject.
enum GroupTimer: Hashable, Sendable {
    /// A classic group has waited long enough for members to join again.
    case join(group: String)
    /// A classic group has waited long enough for its members to ask for their assignments.
    case sync(group: String)
    /// A member of a classic group has been silent for its session.
    case session(group: String, member: String)
    /// Somebody was given a member id and did not come back with it.
    case pending(group: String, member: String)
    /// A member of a consumer group has been silent for its session.
    case consumerSession(group: String, member: String)
    /// A member of a consumer group has had its time to do what it was told.
    case consumerTask(group: String, member: String)
    /// The last target of a consumer group is old enough for another.
    case consumerTarget(group: String)
    /// Offsets that nobody needs any more are looked for.
    case expiry
}

extension UUID {
    /// As Java shows it: 36 characters, 8-4-4-4-12.
    var hexText: String {
        let digits = [high, low].flatMap { half in
            (0..<16).map { half >> UInt64(60 - 4 * $0) & 0xf }
        }.map { String($0, radix: 16) }.joined()
        var text = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(digit)
        }
        return text
    }
}
