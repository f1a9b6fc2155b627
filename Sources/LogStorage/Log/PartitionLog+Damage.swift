package import Model
internal import Ports
internal import ProducerState

/// Damage in sealed segments, as the log sees it: which are to be looked at, and writing one anew.
extension PartitionLog {
    /// The first segment that begins at or above `offset` and lies below `bound` and below everything that is known to
    /// be on the disk, to be read again; nil if there is none. The open segment is one if nobody has written to it
    /// lately.
    package func scan(from offset: Offset, below bound: Offset) -> SegmentScan? {
        let limit = min(bound, recoveryPointSaved, durableOffset)
        guard let segment = segments.first(where: { $0.baseOffset >= offset && $0.size > 0 }),
            segment.nextOffset <= limit
        else { return nil }
        return SegmentScan(segment, isSealed: segment !== active, epochs: epochs)
    }

    /// The same for the segment that holds `offset`.
    package func scan(at offset: Offset, below bound: Offset) -> SegmentScan? {
        let place = max(offset, logStartOffset)
        return scan(from: segments[segmentIndex(for: place)].baseOffset, below: bound)
    }

    /// Closes the open segment if it holds `offset`: however much is written, a checkpoint then passes its end, and
    /// it can be read again.
    package func close(segmentAt offset: Offset, now: Timestamp) throws(LogError) {
        try checkOpen()
        if offset >= active.baseOffset { try roll(now: now) }
    }

    /// Whether the segment that was read is still the log's.
    package func holds(_ scan: SegmentScan) -> Bool { segment(of: scan) != nil }

    private func segment(of scan: SegmentScan) -> Segment? {
        segments.first {
            $0.baseOffset == scan.baseOffset && $0.nextOffset == scan.nextOffset
                && $0.size == scan.size
        }
    }

    /// Begins to write a damaged segment anew; nil if it is the log's no more, or another job is under way. While
    /// it is, no segment is deleted or compacted. The open segment is closed for it.
    package func beginRepair(
        _ scan: SegmentScan, now: Timestamp
    ) throws(LogError) -> CleaningJob? {
        try checkOpen()
        guard cleaning == nil, let segment = segment(of: scan) else { return nil }
        if segment === active { try roll(now: now) }
        let source = CleaningPlan.Source(
            baseOffset: segment.baseOffset, nextOffset: segment.nextOffset, size: segment.size,
            path: segment.path(.log), indexEntries: segment.offsetIndex.count)
        let job = CleaningJob(
            RepairWork(
                source, aborted: try segment.claimedTransactions(), in: directory,
                epochs: epochs, indexInterval: configuration.indexIntervalBytes, on: fileSystem),
            on: fileSystem)
        cleaning = job
        return job
    }
}

extension Segment {
    /// What the transaction index says; nothing if that is damaged.
    fileprivate func claimedTransactions() throws(LogError) -> [AbortedTransaction] {
        do throws(LogError) {
            return try transactionIndex.transactions()
        } catch .corruptFile {
            return []
        } catch {
            throw error
        }
    }
}
