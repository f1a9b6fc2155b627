package import Model
internal import Ports
internal import ProducerState

/// Cutting the log at its start. The log forgets a segment at once; its files are renamed and removed
/// elsewhere, by a `SegmentRemoval`. Readers that hold a file finish.
extension PartitionLog {
    /// Moves the start up to `offset` (DeleteRecords, a leader's higher start). Segments wholly
    /// below it are removed by `deleteSegmentsBelowStart`. Answers whether it moved.
    @discardableResult
    package func advanceLogStart(to offset: Offset) throws(LogError) -> Bool {
        try checkOpen()
        guard offset > logStartOffset else { return false }
        guard offset <= logEndOffset else {
            throw .offsetOutOfRange(asked: offset, start: logStartOffset, end: logEndOffset)
        }
        logStartOffset = offset
        if epochs.truncateStart(at: offset) { flushing.epochsChanged += 1 }
        producers?.logStartAdvanced(to: offset)
        return true
    }

    /// Removes the segments all of whose offsets are below the start of the log; never the active
    /// one. Nil if there are none.
    package func deleteSegmentsBelowStart() throws(LogError) -> SegmentRemoval? {
        try checkOpen()
        // A compaction reads them; they go when it has ended.
        guard cleaning == nil else { return nil }
        return delete(
            first: segments.dropFirst().prefix { $0.baseOffset <= logStartOffset }.count)
    }

    /// Removes what `retention.ms` and `retention.bytes` no longer keep, from the oldest segment on
    /// and only below `highWatermark`. An active segment that is too old is closed first. Nil if
    /// nothing goes.
    package func deleteOldSegments(
        highWatermark: Offset, now: Timestamp
    ) throws(LogError) -> SegmentRemoval? {
        try checkOpen()
        guard cleaning == nil else { return nil }
        var excess = size - (configuration.retentionBytes ?? .max)
        var count = 0
        for segment in segments {
            guard segment.size > 0 || segment !== active, segment.nextOffset <= highWatermark else {
                break
            }
            // Compaction may have left nothing in it.
            let isOld = segment.size == 0 || isPastRetention(segment, now)
            let isExcess = excess - Int64(segment.size) >= 0
            guard isOld || isExcess else { break }
            excess -= Int64(segment.size)
            count += 1
        }
        if count == segments.count { try roll(now: now) }
        guard count > 0, count < segments.count else { return nil }
        try advanceLogStart(to: max(logStartOffset, segments[count].baseOffset))
        return delete(first: count)
    }

    /// Whether no record of the segment is younger than `retention.ms`.
    private func isPastRetention(_ segment: Segment, _ now: Timestamp) -> Bool {
        guard let limit = configuration.retentionAge?.inMilliseconds else { return false }
        // Without timestamps the segment's own age would count from the last start: it is kept.
        guard segment.maxTimestamp >= Timestamp(0) else { return false }
        let (age, overflow) = now.rawValue.subtractingReportingOverflow(
            segment.maxTimestamp.rawValue)
        return !overflow && age > limit
    }

    private func delete(first count: Int) -> SegmentRemoval? {
        guard count > 0 else { return nil }
        precondition(count < segments.count, "the active segment stays")
        var paths: [String] = []
        // From the oldest on, so that a crash on the way leaves no gap.
        for segment in segments.prefix(count) {
            paths += segment.fileKinds.reversed().map { segment.path($0) }
            segment.release()
        }
        segments.removeFirst(count)
        flushing.directoryChanges += 1
        paths += forgetSnapshots(below: segments[0].baseOffset)
        let removal = SegmentRemoval(renaming: paths)
        removals.removeAll { $0.isRenamed }
        removals.append(removal)
        return removal
    }

    /// Renames whatever waits for that: files of the same names are about to be made, or the directory moves.
    func settleRemovals() throws(LogError) {
        for removal in removals {
            try onDisk { () throws(FileError) in try removal.rename(on: fileSystem) }
        }
        removals.removeAll()
    }
}
