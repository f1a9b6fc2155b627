package import Model
internal import Ports
internal import Records

/// When a segment is full, and what then happens.
extension PartitionLog {
    /// Whether the batch belongs into a new segment; `runBytes` are about to be written before it.
    func mustRoll(
        before batch: RecordBatchHeader, after runBytes: Int, now: Timestamp
    ) throws(LogError) -> Bool {
        let segment = active
        if batch.lastOffset - segment.baseOffset > Int64(Int32.max) { return true }
        let size = segment.size + runBytes
        guard size > 0 else { return false }
        let limit = min(configuration.segmentBytes, Int(Int32.max))
        if size + batch.sizeInBytes > limit { return true }
        if segment.offsetIndex.isFull(limit: configuration.segmentIndexBytes) { return true }
        if segment.timeIndex.isFull(limit: configuration.segmentIndexBytes) { return true }
        return try age(of: segment, at: batch.maxTimestamp, now) > maxAge(of: segment)
    }

    /// How long the segment has waited, by its records' clock if they have one (KIP-33).
    private func age(
        of segment: Segment, at newest: Timestamp, _ now: Timestamp
    ) throws(LogError) -> Int64 {
        guard let first = try segment.rollingTimestamp() else {
            return now.rawValue - segment.createdAt.rawValue
        }
        let (age, overflow) = newest.rawValue.subtractingReportingOverflow(first.rawValue)
        return overflow ? 0 : age
    }

    /// `segment.ms` less this segment's share of `segment.jitter.ms`. The share follows from the
    /// partition and the segment's base, so that it is the same after a restart.
    private func maxAge(of segment: Segment) -> Int64 {
        // An open segment is not compacted: it must close in time for the latest allowed.
        let limit = configuration.compactionLagMax ?? configuration.segmentAge
        let age = min(configuration.segmentAge, limit).inMilliseconds
        let jitter = min(configuration.segmentJitter.inMilliseconds, age)
        guard jitter > 0 else { return age }
        var seed = UInt64(bitPattern: segment.baseOffset.rawValue)
        for byte in partition.description.utf8 {
            seed = (seed ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        var generator = PRNG(seed: seed)
        return age - Int64(generator.next() % UInt64(jitter))
    }

    /// Makes room for a batch. The new segment begins at the log end; for a batch too far above it,
    /// at the batch.
    func roll(before batch: RecordBatchHeader, now: Timestamp) throws(LogError) {
        let isTooFar = batch.lastOffset - logEndOffset > Int64(Int32.max)
        try begin(at: isTooFar ? batch.baseOffset : logEndOffset, now: now)
    }

    /// Closes the active segment and begins another at the log end, if the active one holds
    /// anything.
    ///
    /// Its files join the next flush. The state of the producers is written with it.
    package func roll(now: Timestamp) throws(LogError) {
        try checkOpen()
        guard active.size > 0 else { return }
        try begin(at: logEndOffset, now: now)
    }

    private func begin(at base: Offset, now: Timestamp) throws(LogError) {
        precondition(base >= logEndOffset, "a new segment begins at or above the log end")
        let closed = active
        let next = Segment(
            at: base, in: directory, on: fileSystem, isOnDisk: false, now: now)
        if closed.size == 0 {
            if closed.isOnDisk { try removeFiles(of: closed) }
            segments[segments.count - 1] = next
            return
        }
        // A segment must not outlive the name of the one before it.
        if flushing.directorySynced < flushing.directoryChanges { try syncDirectory() }
        // Nor what was cut off its end: that would seem to lead up to the next segment.
        if let file = closed.openLogFile, flushing.isWaiting(file) {
            try onDisk { () throws(FileError) in try file.sync() }
        }
        let files = try closed.seal()
        try takeProducerSnapshot(at: closed.nextOffset)
        flushing.note(files, upTo: closed.nextOffset)
        closed.nextOffset = base
        segments.append(next)
    }
}
