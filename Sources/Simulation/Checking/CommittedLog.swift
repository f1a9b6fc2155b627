internal import Model

/// What is committed of a log, as the one who committed it had it: the truth for all others.
struct CommittedLog {
    private var prints: [BatchPrint] = []

    var end: Offset { prints.last?.nextOffset ?? .zero }
    /// Epoch of the last batch.
    var lastEpoch: LeaderEpoch? { prints.last?.leaderEpoch }

    /// What a leader of `epoch` must have, as far as it was committed in that epoch or before: an old leader
    /// that learns late of its election has nothing of its successors.
    func end(through epoch: LeaderEpoch) -> Offset {
        guard let last = prints.last, last.leaderEpoch > epoch else { return end }
        return prints.last { $0.leaderEpoch <= epoch }?.nextOffset ?? .zero
    }

    mutating func append(_ more: [BatchPrint]) { prints += more }

    /// What was committed without a promise may be gone.
    mutating func forget(from offset: Offset) {
        prints.removeLast(prints.count - prints.firstIndex(endingAfter: offset))
    }

    /// How `log` differs from what is committed in `range`; nil if it does not.
    func difference(from log: DiskLog, in range: Range<Offset>) -> String? {
        let wanted = range.lowerBound..<min(range.upperBound, end)
        guard !wanted.isEmpty else { return nil }
        let found = log.prints(in: wanted)
        // What lies before the log's own start has gone with a snapshot.
        var index = prints.firstIndex(endingAfter: max(wanted.lowerBound, log.start))
        for print in found {
            guard index < prints.count, prints[index] == print else {
                let committed = index < prints.count ? prints[index].description : "nothing"
                return "\(print.description) where \(committed) is committed"
            }
            index += 1
        }
        guard index == prints.count || prints[index].baseOffset >= wanted.upperBound else {
            return "it ends before the committed \(prints[index].description)"
        }
        return nil
    }
}
