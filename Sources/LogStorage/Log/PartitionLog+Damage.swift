package import Model
internal import Ports
internal import ProducerState

/// Damage in sealed segments, as the log sees it: which are to be looked at, and writing one anew.
extension PartitionLog {
    /// The first sealed segment that begins at or above `offset` and lies below `bound` and below everything that
    /// is known to be on the disk, to be read again; nil if there is none.
    package func scan(from offset: Offset, below bound: Offset) -> SegmentScan? {
        let limit = min(bound, recoveryPointSaved, durableOffset)
        return segments.dropLast().first { $0.baseOffset >= offset && $0.size > 0 }
            .flatMap { $0.nextOffset <= limit ? SegmentScan($0, epochs: epochs) : nil }
    }

    /// Whether the segment that was read is still the log's.
    package func holds(_ scan: SegmentScan) -> Bool { segment(of: scan) != nil }

    private func segment(of scan: SegmentScan) -> Segment? {
        segments.dropLast().first {
            $0.baseOffset == scan.baseOffset && $0.nextOffset == scan.nextOffset
                && $0.size == scan.size
        }
    }

    /// Begins to write a damaged segment anew; nil if it is the log's no more, or another job is under way. While
    /// it is, no segment is deleted or compacted.
    package func beginRepair(_ scan: SegmentScan) throws(LogError) -> CleaningJob? {
        try checkOpen()
        guard cleaning == nil, let segment = segment(of: scan) else { return nil }
        let source = CleaningPlan.Source(
            baseOffset: segment.baseOffset, nextOffset: segment.nextOffset, size: segment.size,
            path: segment.path(.log), indexEntries: segment.offsetIndex.count)
        let job = CleaningJob(
            RepairWork(
                source, aborted: try segment.transactionIndex.transactions(), in: directory,
                epochs: epochs, indexInterval: configuration.indexIntervalBytes, on: fileSystem),
            on: fileSystem)
        cleaning = job
        return job
    }
}
