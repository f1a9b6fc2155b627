internal import Model
internal import Ports

/// A parked fetch's interest in the partitions of one loop. Fires at most once, then is dead.
///
/// That of a follower may outlive its fetch, and stand for the next one of the session (`StandingWatches`).
final class FetchWatch {
    /// Nil once it is dead: partitions keep dead watches for a while, and must not keep what was answered.
    private var operation: LoopBound<FetchOperation>?
    private var round: Int
    let isFollower: Bool
    /// Whether it hears of a moved high watermark.
    var heedsHighWatermark: Bool
    /// Something changed that is no reason to wake the fetch, but that the next one must tell, or find.
    private(set) var isStale = false

    init(operation: LoopBound<FetchOperation>, round: Int, isFollower: Bool) {
        self.operation = operation
        self.round = round
        self.isFollower = isFollower
        heedsHighWatermark = !isFollower
    }

    var isDead: Bool { operation == nil }

    func fire() {
        guard let operation else { return }
        self.operation = nil
        let round = self.round
        // Posted even on the own loop: what else this turn appends is then read in one go.
        operation.post { $0.woken(round: round) }
    }

    /// The fetch was answered.
    func cancel() { operation = nil }

    func noteChange() { isStale = true }

    /// Watches for another fetch from now on. False if something has changed since it began.
    func resume(for operation: LoopBound<FetchOperation>, round: Int) -> Bool {
        guard !isDead, !isStale else {
            cancel()
            return false
        }
        self.operation = operation
        self.round = round
        return true
    }
}

/// The parked fetches that a partition must wake.
struct WatchList {
    private var watches: [FetchWatch] = []
    /// Dead watches are cleared away when the list has grown to this.
    private var sweepAt = 16

    mutating func add(_ watch: FetchWatch) {
        if watches.count >= sweepAt {
            watches.removeAll { $0.isDead }
            sweepAt = max(16, watches.count * 2)
        }
        watches.append(watch)
    }

    /// New records at the log's end.
    mutating func fireFollowers() { fire { $0.isFollower } }

    /// A moved high watermark.
    mutating func fireForHighWatermark() {
        noteChange()
        fire { $0.heedsHighWatermark }
    }

    /// Something else that a follower's next fetch must look at.
    func noteChange() {
        for watch in watches { watch.noteChange() }
    }

    mutating func fireAll() { fire { _ in true } }

    private mutating func fire(_ isMeant: (FetchWatch) -> Bool) {
        guard !watches.isEmpty else { return }
        var kept = 0
        for index in watches.indices {
            let watch = watches[index]
            if isMeant(watch) {
                watch.fire()
            } else if !watch.isDead {
                watches[kept] = watch
                kept += 1
            }
        }
        watches.removeLast(watches.count - kept)
    }
}
