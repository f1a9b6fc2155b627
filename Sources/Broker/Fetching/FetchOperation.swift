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
/// of an earlier round is recognised when it fires late.
final class FetchOperation {
    private enum Phase {
        case reading(missing: Int)
        case waiting
        case answered
    }

    private let home: Shard
    private let terms: FetchTerms
    /// Parts by owning shard; `-1` parts were answered before the first round.
    private let partsByShard: [(shard: Int, parts: [FetchPart])]
    private var answers: [FetchAnswer]
    private let finish: ([FetchAnswer]) -> Void
    private var phase = Phase.answered
    private var round = 0
    private var isOverdue = false
    private var timer: TimerID?
    private var watches: [(shard: Int, watch: LoopBound<FetchWatch>)] = []

    /// - Parameters:
    ///   - answers: one for each target; those of targets without a part stay as they are.
    ///   - finish: called once with all answers.
    init(
        home: Shard, terms: FetchTerms, partsByShard: [(shard: Int, parts: [FetchPart])],
        answers: [FetchAnswer], finish: @escaping ([FetchAnswer]) -> Void
    ) {
        self.home = home
        self.terms = terms
        self.partsByShard = partsByShard
        self.answers = answers
        self.finish = finish
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

    private func read() {
        round += 1
        guard !partsByShard.isEmpty else {
            decide()
            return
        }
        phase = .reading(missing: partsByShard.count)
        let isArrival = round == 1
        let me = LoopBound(self, on: home.loop)
        let reader = terms.reader
        let limit = terms.maxBytes
        for (shard, parts) in partsByShard {
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
        for (index, answer) in results { answers[index] = answer }
        phase = .reading(missing: missing - 1)
        if missing == 1 { decide() }
    }

    private func decide() {
        let bytes = answers.reduce(0) { $0 + $1.recordBytes }
        let isUrgent = answers.contains { $0.isUrgent }
        // Who asks for nothing has nothing to wait for.
        if isOverdue || isUrgent || answers.isEmpty || bytes >= terms.minBytes {
            answer()
        } else {
            wait()
        }
    }

    private func wait() {
        phase = .waiting
        if timer == nil {
            // Strong: with no partition to watch, nothing else keeps a parked fetch alive.
            timer = home.loop.arm(at: terms.deadline) { self.deadlineReached() }
        }
        watches = []
        let me = LoopBound(self, on: home.loop)
        let round = self.round
        let reader = terms.reader
        for (shard, parts) in partsByShard {
            let seen = parts.map { answers[$0.index].readableEnd }
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
        answer()
    }

    private func cancelWatches() {
        for (_, watch) in watches { watch.run { $0.cancel() } }
        watches = []
    }

    private func answer() {
        phase = .answered
        cancelWatches()
        if let timer { home.loop.disarm(timer) }
        timer = nil
        limitTotal()
        finish(answers)
    }

    /// Each loop read as if it had the whole limit. What was found first stays whole, one batch of any size
    /// if need be (KIP-74); the rest keeps to the limit.
    private func limitTotal() {
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
