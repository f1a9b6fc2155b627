package import Model
internal import Ports
internal import ProducerState
internal import Records

/// Cutting the log at its end: a follower whose history parts from the leader's, and a snapshot in
/// place of the log.
///
/// A truncation lowers the recovery point. Until the lower one is in the checkpoint file, a crash
/// could take bytes appended later for checked ones. So the owner writes the checkpoint before it
/// appends again (`isRecoveryPointLowered`); many partitions that are truncated together share one
/// write.
extension PartitionLog {
    /// Removes everything at and above `offset`. In the middle of a batch the whole batch goes.
    ///
    /// Answers whether anything was removed. Blocks on the disk for a moment where segments go.
    @discardableResult
    package func truncate(to offset: Offset, now: Timestamp) throws(LogError) -> Bool {
        try checkOpen()
        precondition(offset >= .zero, "a place in a log")
        guard offset < logEndOffset else {
            // An epoch that began here and wrote nothing may still be of the other history.
            if epochs.truncateEnd(at: offset) { flushing.epochsChanged += 1 }
            return false
        }
        guard offset >= segments[0].baseOffset else {
            try truncateFully(andStartAt: offset, now: now)
            return true
        }
        try endCleaning()
        // Segments go from the last on, so that a crash on the way leaves no gap.
        let last = segmentIndex(for: offset)
        let removed = segments.count - 1 > last
        while segments.count - 1 > last {
            try removeFiles(of: active)
            segments.removeLast()
        }
        if removed { try syncDirectory() }
        try active.truncate(to: offset)
        cutBookkeeping(to: logEndOffset)
        if let file = active.openLogFile { flushing.note([file], upTo: logEndOffset) }
        try truncateProducers(to: logEndOffset, now: now)
        return true
    }

    /// Removes everything; the next offset is `offset`. Blocks on the disk for a moment.
    package func truncateFully(andStartAt offset: Offset, now: Timestamp) throws(LogError) {
        try checkOpen()
        precondition(offset >= .zero, "a place in a log")
        try endCleaning()
        try settleRemovals()
        for segment in segments.reversed() where segment.isOnDisk { try removeFiles(of: segment) }
        let segment = Segment(
            at: offset, in: directory, on: fileSystem, isOnDisk: false, now: now)
        segments = [segment]
        logStartOffset = offset
        cleanedUpTo = .zero
        durableOffset = offset
        recoveryPoint = offset
        epochs.removeAll()
        flushing.generation += 1
        flushing.forgetAll()
        flushing.epochsChanged += 1
        try removeSnapshots()
        producers?.truncateFully(at: offset)
        guard isOnDisk else { return }
        // The empty segment's name is what tells a restart where the log begins.
        try segment.create()
        _ = try writeEpochs(isDurable: true)
        try syncDirectory()
    }

    private func cutBookkeeping(to end: Offset) {
        logStartOffset = min(logStartOffset, end)
        cleanedUpTo = min(cleanedUpTo, end)
        durableOffset = min(durableOffset, end)
        if recoveryPoint > end { recoveryPoint = end }
        flushing.generation += 1
        flushing.clip(to: end)
        if epochs.truncateEnd(at: end) { flushing.epochsChanged += 1 }
    }

    func syncDirectory() throws(LogError) {
        let directory = directory
        try onDisk { () throws(FileError) in try fileSystem.syncDirectory(directory) }
        flushing.directorySynced = flushing.directoryChanges
    }

    /// Removes a segment's files; those that do not exist are fine.
    func removeFiles(of segment: Segment) throws(LogError) {
        segment.release()
        flushing.directoryChanges += 1
        // The log goes last: indexes without a log are swept at the next start, a log without is
        // rebuilt.
        for kind in segment.fileKinds.reversed() { try removeIfPresent(segment.path(kind)) }
    }

    func removeIfPresent(_ path: String) throws(LogError) {
        do throws(FileError) {
            try fileSystem.remove(path)
        } catch {
            guard error.kind == .notFound else { throw .file(error) }
        }
    }
}

extension Segment {
    /// Cuts everything from the batch that reaches `offset` on; the segment is open again.
    func truncate(to offset: Offset) throws(LogError) {
        guard isOnDisk else { return }
        let position = try position(of: offset)
        let end = try header(at: position).map { min(offset, $0.baseOffset) } ?? offset
        recents.removeAll()
        hints.removeAll()
        try offsetIndex.truncate(to: end)
        try timeIndex.truncate(to: end)
        try transactionIndex.truncate(to: end)
        try truncateFile(to: position)
        size = position
        nextOffset = end
        bytesSinceIndexEntry = 0
        if position == 0 { firstTimestamp = nil }
        try measureTail()
        nextOffset = end
        recents.note(end, at: position)
    }
}
