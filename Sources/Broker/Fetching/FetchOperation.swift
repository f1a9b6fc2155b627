internal import Bytes
internal import Model
internal import Ports

/// What a fetch request asks for as a whole.
struct FetchTerms: Sendable {
    let reader: FetchReader
    let minBytes: Int
    let maxBytes: Int
    let deadline: Instant
}

/// The partitions of a fetch, found.
struct FetchPlan {
    /// Parts by owning shard.
    var partsByShard: [(shard: Int, parts: [FetchPart])]
    /// One for each target; those of targets without a part stay as they are.
    var answers: [FetchAnswer]
}

/// How a fetch ended.
struct FetchOutcome {
    /// One for each target; nil if none was read, for there was nothing to tell.
    let answers: [FetchAnswer]?
    /// For the next fetch of the session.
    let standing: StandingWatches?
}

/// One partition of a fetch, resolved and on its way to the partition's loop.
struct FetchPart: Sendable {
    /// Position in the operation's list of targets.
    let index: Int
    let key: PartitionKey
    let target: FetchTarget
}

/// A fetch request under way: reads its partitions, which live on several loops, and waits for more until
/// there is enough or the time is over. Lives on the connection's loop.
///
/// A round reads every partition. If that is too little, each loop gets a watch that fires on the first
/// change past what the round saw, and the next round reads again. Rounds are numbered, so that a watch
/// of an earlier round is recognised when it fires late. A fetch with `StandingWatches` begins by waiting.
final class FetchOperation {
    private enum Phase {
        case reading(missing: Int)
        case waiting
        case answered
    }

    private let home: Shard
    private let terms: FetchTerms
    /// Finds the partitions, as soon as they are to be read.
    private let makePlan: () -> FetchPlan
    private var plan: FetchPlan?
    private let finish: (FetchOutcome) -> Void
    private var phase = Phase.answered
    private var round = 0
    private var isOverdue = false
    private var timer: TimerID?
    private var watches: [(shard: Int, watch: LoopBound<FetchWatch>)] = []
    /// When the partitions were last read.
    private var readAt: Instant

    /// - Parameter finish: called once.
    init(
        home: Shard, terms: FetchTerms, plan: @escaping () -> FetchPlan,
        finish: @escaping (FetchOutcome) -> Void
    ) {
        self.home = home
        self.terms = terms
        makePlan = plan
        self.finish = finish
        readAt = home.loop.now
    }

    /// Whether the client has its answer.
    var isAnswered: Bool {
        if case .answered = phase, round > 0 { true } else { false }
    }

    /// Whether it is a follower's.
    var isFollower: Bool { terms.reader.isFollower }

    func begin() {
        isOverdue = terms.deadline <= home.loop.now
        read()
    }

    /// Waits first, with what an earlier fetch has left.
    func begin(with standing: StandingWatches) {
        round = 1
        readAt = standing.readAt
        watches = standing.watches
        beginWaiting()
        let me = LoopBound(self, on: home.loop)
        for (_, watch) in standing.watches {
            watch.run { watch in
                guard !watch.resume(for: me, round: 1) else { return }
                me.run { $0.woken(round: 1) }
            }
        }
    }

    private func read() {
        let isArrival = plan == nil
        let plan = self.plan ?? makePlan()
        self.plan = plan
        round += 1
        readAt = home.loop.now
        guard !plan.partsByShard.isEmpty else {
            decide()
            return
        }
        phase = .reading(missing: plan.partsByShard.count)
        let me = LoopBound(self, on: home.loop)
        let reader = terms.reader
        let limit = terms.maxBytes
        for (shard, parts) in plan.partsByShard {
            home.peers[shard].run { shard in
                let results = shard.read(parts, for: reader, limit: limit, isArrival: isArrival)
                me.run { $0.gathered(results) }
            }
        }
    }

    private func gathered(_ results: [(Int, FetchAnswer)]) {
        guard case .reading(let missing) = phase else {
            preconditionFailure("answers belong to a round of reading")
        }
        for (index, answer) in results { plan?.answers[index] = answer }
        phase = .reading(missing: missing - 1)
        if missing == 1 { decide() }
    }

    private func decide() {
        let answers = plan?.answers ?? []
        let bytes = answers.reduce(0) { $0 + $1.recordBytes }
        let isUrgent = answers.contains { $0.isUrgent }
        // Who asks for nothing has nothing to wait for.
        if isOverdue || isUrgent || answers.isEmpty || bytes >= terms.minBytes {
            answer()
        } else {
            wait()
        }
    }

    private func beginWaiting() {
        phase = .waiting
        guard timer == nil else { return }
        // Strong: with no partition to watch, nothing else keeps a parked fetch alive.
        timer = home.loop.arm(at: terms.deadline) { self.deadlineReached() }
    }

    private func wait() {
        beginWaiting()
        watches = []
        let me = LoopBound(self, on: home.loop)
        let round = self.round
        let reader = terms.reader
        guard let plan else { preconditionFailure("a fetch reads before it waits") }
        for (shard, parts) in plan.partsByShard {
            let seen = parts.map { FetchSight(plan.answers[$0.index]) }
            home.peers[shard].run { shard in
                let watch = FetchWatch(operation: me, round: round, isFollower: reader.isFollower)
                shard.watch(parts, seen: seen, for: reader, watch)
                let bound = LoopBound(watch, on: shard.loop)
                let index = shard.index
                me.run { $0.watched(shard: index, by: bound, round: round) }
            }
        }
    }

    private func watched(shard: Int, by watch: LoopBound<FetchWatch>, round: Int) {
        guard case .waiting = phase, round == self.round else {
            watch.run { $0.cancel() }
            return
        }
        watches.append((shard, watch))
    }

    /// Something changed in a watched partition.
    func woken(round: Int) {
        guard case .waiting = phase, round == self.round else { return }
        cancelWatches()
        read()
    }

    /// Answers a parked fetch now, with what there is: its client has sent another request behind it.
    func interrupt() {
        isOverdue = true
        guard case .waiting = phase else { return }
        answer()
    }

    private func deadlineReached() {
        timer = nil
        isOverdue = true
        guard case .waiting = phase else { return }
        answer(leaving: standing)
    }

    /// What may stand for the next fetch: watches of a follower on all its partitions, with nothing to tell of them.
    private var standing: StandingWatches? {
        guard terms.reader.isFollower else { return nil }
        if let plan {
            let parts = plan.partsByShard.reduce(0) { $0 + $1.parts.count }
            guard watches.count == plan.partsByShard.count, parts == plan.answers.count,
                plan.answers.allSatisfy({ $0.recordBytes == 0 })
            else { return nil }
        }
        return StandingWatches(reader: terms.reader, watches: watches, readAt: readAt)
    }

    private func cancelWatches() {
        for (_, watch) in watches { watch.run { $0.cancel() } }
        watches = []
    }

    private func answer(leaving standing: StandingWatches? = nil) {
        phase = .answered
        if standing == nil { cancelWatches() }
        watches = []
        if let timer { home.loop.disarm(timer) }
        timer = nil
        limitTotal()
        let answers = plan?.answers
        plan = nil
        finish(FetchOutcome(answers: answers, standing: standing))
    }

    /// Each loop read as if it had the whole limit. What was found first stays whole, one batch of any size
    /// if need be (KIP-74); the rest keeps to the limit.
    private func limitTotal() {
        guard var answers = plan?.answers else { return }
        plan?.answers = []
        defer { plan?.answers = answers }
        var room = terms.maxBytes
        var isFirst = true
        for index in answers.indices where !answers[index].records.isEmpty {
            if !isFirst, answers[index].recordBytes > room {
                answers[index].limitRecords(to: max(room, 0))
            }
            isFirst = false
            room -= answers[index].recordBytes
        }
    }
}

/// What a fetch saw of a partition.
struct FetchSight: Sendable {
    let readableEnd: Offset
    let highWatermark: Offset
    let logStartOffset: Offset

    init(_ answer: FetchAnswer) {
        readableEnd = answer.readableEnd
        highWatermark = answer.highWatermark
        logStartOffset = answer.logStartOffset
    }
}
