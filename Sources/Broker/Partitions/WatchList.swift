internal import Model
internal import Ports

/// A parked fetch's interest in the partitions of one loop. Fires at most once, then is dead.
final class FetchWatch {
    private let operation: LoopBound<FetchOperation>
    private let round: Int
    let isFollower: Bool
    /// Whether it hears of a moved high watermark.
    var heedsHighWatermark: Bool
    private(set) var isDead = false

    init(operation: LoopBound<FetchOperation>, round: Int, isFollower: Bool) {
        self.operation = operation
        self.round = round
        self.isFollower = isFollower
        heedsHighWatermark = !isFollower
    }

    func fire() {
        guard !isDead else { return }
        isDead = true
        let round = self.round
        // Posted even on the own loop: what else this turn appends is then read in one go.
        operation.post { $0.woken(round: round) }
    }

    /// The fetch was answered.
    func cancel() { isDead = true }
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
    mutating func fireForHighWatermark() { fire { $0.heedsHighWatermark } }

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
