package import Model

/// Which epoch each part of a log was written in: the list (epoch, first offset), both ascending
/// (KIP-101, KIP-279).
///
/// Replicas compare these lists to find where their logs part. An epoch's end offset is the first
/// offset of the next epoch, or the log end for the last.
package struct LeaderEpochCache: Hashable, Sendable {
    /// One epoch.
    package struct Entry: Hashable, Sendable {
        package let epoch: LeaderEpoch
        package let startOffset: Offset

        package init(epoch: LeaderEpoch, startOffset: Offset) {
            self.epoch = epoch
            self.startOffset = startOffset
        }
    }

    package private(set) var entries: [Entry]

    package init(_ entries: [Entry] = []) { self.entries = entries }

    /// The newest epoch, nil in a log that has had no leader yet.
    package var latest: Entry? { entries.last }

    /// Notes that `epoch` begins at `offset`. Entries that contradict it, those of this epoch or
    /// newer and those that begin at or after `offset`, are of a history that was truncated, and
    /// go. True if anything changed.
    @discardableResult
    package mutating func assign(_ epoch: LeaderEpoch, at offset: Offset) -> Bool {
        guard epoch >= .zero else { return false }
        if let last = entries.last, last.epoch == epoch, last.startOffset <= offset { return false }
        while let last = entries.last, last.epoch >= epoch || last.startOffset >= offset {
            entries.removeLast()
        }
        entries.append(Entry(epoch: epoch, startOffset: offset))
        return true
    }

    /// The largest epoch at or below `epoch` with its end offset; `logEndOffset` is the end of the
    /// newest. (-1, -1) if the epoch is unknown: newer than all, or there are none. For an epoch
    /// older than all, the answer is that epoch itself, ending where the first known one begins
    /// (KIP-279).
    package func endOffset(of epoch: LeaderEpoch, logEndOffset: Offset) -> OffsetAndEpoch {
        let unknown = OffsetAndEpoch(offset: .none, epoch: .none)
        guard epoch >= .zero, let first = entries.first, let last = entries.last else {
            return unknown
        }
        if epoch == last.epoch { return OffsetAndEpoch(offset: logEndOffset, epoch: epoch) }
        guard epoch < last.epoch else { return unknown }
        guard epoch >= first.epoch else {
            return OffsetAndEpoch(offset: first.startOffset, epoch: epoch)
        }
        let next = firstIndex { $0.epoch > epoch }
        return OffsetAndEpoch(offset: entries[next].startOffset, epoch: entries[next - 1].epoch)
    }

    /// The epoch of the record at `offset`, nil below the first entry.
    package func epoch(at offset: Offset) -> LeaderEpoch? {
        let next = firstIndex { $0.startOffset > offset }
        return next == 0 ? nil : entries[next - 1].epoch
    }

    /// Forgets epochs that begin at or after `endOffset`. True if there were any.
    @discardableResult
    package mutating func truncateEnd(at endOffset: Offset) -> Bool {
        let count = entries.count
        while let last = entries.last, last.startOffset >= endOffset { entries.removeLast() }
        return entries.count != count
    }

    /// Forgets what lies below `startOffset`; the epoch that spans it begins there. True if
    /// anything changed.
    @discardableResult
    package mutating func truncateStart(at startOffset: Offset) -> Bool {
        let next = firstIndex { $0.startOffset > startOffset }
        guard next > 0, entries[0].startOffset < startOffset else { return false }
        let spanning = Entry(epoch: entries[next - 1].epoch, startOffset: startOffset)
        entries.replaceSubrange(0..<next, with: [spanning])
        return true
    }

    /// Forgets everything.
    package mutating func removeAll() { entries.removeAll() }

    /// First index whose entry satisfies a condition that, once true, stays true.
    private func firstIndex(where isAfter: (Entry) -> Bool) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if isAfter(entries[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
