internal import Model

/// What is committed of a log, as the one who committed it had it: the truth for all others.
struct CommittedLog {
    private var prints: [BatchPrint] = []
    /// The records, if logs may be compacted: then batches need not stay what they were.
    private var records: CommittedRecords?

    var end: Offset { prints.last?.nextOffset ?? .zero }
    /// Epoch of the last batch.
    var lastEpoch: LeaderEpoch? { prints.last?.leaderEpoch }

    /// How far each leader committed, by its epoch.
    private var ends: [(epoch: LeaderEpoch, end: Offset)] = []

    /// What a leader of `epoch` must have, as far as it was committed in that epoch or before: an old leader that
    /// learns late of its election has nothing of its successors, nor what they have committed of their predecessors.
    func end(through epoch: LeaderEpoch) -> Offset {
        ends.lazy.filter { $0.epoch <= epoch }.map(\.end).max() ?? .zero
    }

    /// A leader of `epoch` has committed `more`.
    ///
    /// - Parameter moreRecords: those in the batches, if the log is compacted.
    mutating func append(
        _ more: [BatchPrint], in epoch: LeaderEpoch, records moreRecords: [RecordPrint]? = nil
    ) {
        prints += more
        if let moreRecords {
            records = records ?? CommittedRecords()
            records?.append(moreRecords)
        }
        if ends.last?.epoch == epoch { ends.removeLast() }
        ends.append((epoch, end))
    }

    /// What was committed without a promise may be gone.
    mutating func forget(from offset: Offset) {
        prints.removeLast(prints.count - prints.firstIndex(endingAfter: offset))
        ends = ends.map { ($0.epoch, min($0.end, end)) }
    }

    /// How `log` differs from what is committed in `range`; nil if it does not.
    func difference(from log: DiskLog, in range: Range<Offset>) -> String? {
        let wanted = range.lowerBound..<min(range.upperBound, end)
        guard !wanted.isEmpty else { return nil }
        if let records { return records.difference(from: log, in: wanted) }
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
