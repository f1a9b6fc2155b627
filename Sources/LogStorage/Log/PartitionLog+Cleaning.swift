package import Model
internal import Ports
internal import ProducerState

/// Compaction, as the log sees it: how much it is in need, what another thread is given to do, and taking over
/// what that has done.
///
/// Only sealed segments below the last stable offset and below the recovery point that is in the checkpoint file
/// are compacted: so a restart never has to check one, where missing offsets would look like damage.
extension PartitionLog {
    package var isCleaning: Bool { cleaning != nil }

    /// How much the log is in need of compaction; nil if nothing can be compacted now.
    ///
    /// May read the header of a segment's first batch.
    package func dirtiness(
        _ rules: CleaningRules, lastStableOffset: Offset, now: Timestamp
    ) throws(LogError) -> Dirtiness? {
        try checkOpen()
        let first = cleanedUpTo > logEndOffset ? logStartOffset : max(cleanedUpTo, logStartOffset)
        var (clean, dirty) = (Int64(0), Int64(0))
        var end = segments[0].baseOffset
        var overdue = Duration.zero
        for segment in segments.dropLast() {
            guard segment.nextOffset <= lastStableOffset, segment.nextOffset < recoveryPointSaved
            else { break }
            if segment.nextOffset > first {
                guard !isTooYoung(segment, rules.lagMin, now) else { break }
                dirty += Int64(segment.size)
                overdue = max(overdue, try self.overdue(segment, rules.lagMax, now))
            } else {
                clean += Int64(segment.size)
            }
            end = segment.nextOffset
        }
        guard dirty > 0, end > first else { return nil }
        return Dirtiness(
            firstDirty: first, end: end, bytes: dirty, ratio: Double(dirty) / Double(clean + dirty),
            overdue: overdue)
    }

    private func isTooYoung(_ segment: Segment, _ lag: Duration, _ now: Timestamp) -> Bool {
        guard lag > .zero else { return false }
        let (age, overflow) = now.rawValue.subtractingReportingOverflow(
            segment.maxTimestamp.rawValue)
        return !overflow && age < lag.inMilliseconds
    }

    private func overdue(
        _ segment: Segment, _ lag: Duration?, _ now: Timestamp
    ) throws(LogError) -> Duration {
        guard let lag, let first = try segment.rollingTimestamp() else { return .zero }
        let (age, overflow) = now.rawValue.subtractingReportingOverflow(first.rawValue)
        guard !overflow, age > lag.inMilliseconds else { return .zero }
        return .milliseconds(age) - lag
    }

    /// Begins a compaction. While it is under way no segment is deleted.
    package func beginCleaning(
        _ need: Dirtiness, _ rules: CleaningRules, _ means: CleaningMeans, now: Timestamp
    ) throws(LogError) -> CleaningJob {
        try checkOpen()
        precondition(cleaning == nil, "one compaction of a log at a time")
        var sources: [CleaningPlan.Source] = []
        var aborted: [AbortedTransaction] = []
        for segment in segments.dropLast() where segment.nextOffset <= need.end {
            sources.append(
                CleaningPlan.Source(
                    baseOffset: segment.baseOffset, nextOffset: segment.nextOffset,
                    size: segment.size, path: segment.path(.log),
                    indexEntries: segment.offsetIndex.count))
            aborted += try segment.transactionIndex.transactions()
        }
        let plan = CleaningPlan(
            directory: directory, sources: sources, firstDirty: need.firstDirty,
            aborted: aborted, producers: lastProduced, configuration: configuration,
            deleteRetention: rules.deleteRetention, means: means, now: now)
        let job = CleaningJob(CleaningWork(plan, on: fileSystem), on: fileSystem)
        cleaning = job
        return job
    }

    private var lastProduced: [ProducerID: BatchFilter.LastProduced] {
        var last: [ProducerID: BatchFilter.LastProduced] = [:]
        for entry in producers?.sortedEntries ?? [] {
            last[entry.producerID] = BatchFilter.LastProduced(
                epoch: entry.epoch,
                lastDataOffset: entry.lastOffset == .none ? nil : entry.lastOffset)
        }
        return last
    }

    /// Puts a compacted group in the place of what it was made from. Gives back what is to be removed; nil if the
    /// job is no longer the log's.
    ///
    /// Renames the files of at most `CleaningWork.groupMax` segments, here: until it has happened the names mean
    /// the old files, and from then on the new ones. After an error only a restart can finish it: the directory
    /// is not to be used until then.
    package func adopt(
        _ group: CleanedGroup, of job: CleaningJob, now: Timestamp
    ) throws(LogError) -> SegmentRemoval? {
        try checkOpen()
        guard cleaning === job else { return nil }
        guard let first = segments.firstIndex(where: { $0.baseOffset == group.replaced.first }),
            segments[first...].prefix(group.replaced.count).map(\.baseOffset) == group.replaced
        else { preconditionFailure("segments that are compacted stay until the job is closed") }
        let old = segments[first..<first + group.replaced.count]
        let removal = SegmentRemoval(
            renaming: old.flatMap { segment in segment.fileKinds.reversed().map { segment.path($0) }
            })
        job.adopted()
        for segment in old { segment.release() }
        do throws(LogError) {
            try onDisk { () throws(FileError) in try removal.rename(on: fileSystem) }
            try group.putInPlace(on: fileSystem)
        } catch {
            // Not even a full disk is waited for: the names are half the old ones, half the new.
            let cause = FileError(
                .failed, operation: "compact", path: directory, reason: error.description)
            throw .file(cause)
        }
        let segment = Segment(group.facts, in: directory, on: fileSystem, now: now)
        segments.replaceSubrange(first..<first + group.replaced.count, with: [segment])
        flushing.directoryChanges += 1
        return removal
    }

    /// The job is done: everything below its end is compacted.
    package func cleaningEnded(_ job: CleaningJob, _ outcome: CleaningOutcome) {
        guard cleaning === job else { return }
        cleaning = nil
        cleanedUpTo = max(cleanedUpTo, outcome.cleanedUpTo)
    }

    /// The job failed or is given up: the log stays as it is.
    package func cleaningFailed(_ job: CleaningJob) throws(LogError) {
        if cleaning === job { cleaning = nil }
        try job.close()
    }

    /// The log is cut, closed or moved: nothing that was compacted before may come in its place.
    func endCleaning() throws(LogError) {
        guard let job = cleaning else { return }
        cleaning = nil
        try job.close()
    }
}
