internal import Bytes
package import Model
package import Ports
internal import ProducerState
internal import Records

/// Opening a log: sweep what an interrupted change left, open or check the segments, then learn the
/// epochs and the producers.
extension PartitionLog {
    /// Opens the log in `directory`, or prepares one that does not exist yet and is made by its
    /// first append.
    ///
    /// Blocks on the disk; after an unclean stop it reads everything above the recovery point.
    /// - Parameters:
    ///   - topicID: what `partition.metadata` must say; nil takes what it says.
    ///   - progress: hears how many segments are still to be opened or checked.
    /// - Throws: `topicIDMismatch`, or `.file`. Damage in the files is mended, not thrown: see
    ///   `opening`.
    package static func open(
        _ partition: TopicPartition, topicID: TopicID?, in directory: String,
        configuration: LogConfiguration = LogConfiguration(), history: LogHistory = LogHistory(),
        on fileSystem: any FileSystem, now: Timestamp, progress: ((Int) -> Void)? = nil
    ) throws(LogError) -> PartitionLog {
        let log = PartitionLog(
            partition, topicID: topicID, directory: directory, configuration: configuration,
            on: fileSystem, startingAt: .zero, state: .absent, now: now)
        log.recoveryPointSaved = history.recoveryPoint
        log.cleanedUpTo = history.cleanedUpTo
        let entries: [DirectoryEntry]
        do throws(FileError) {
            entries = try fileSystem.list(directory)
        } catch {
            if error.kind == .notFound { return log }
            throw .file(error)
        }
        log.openingProgress = progress
        defer { log.openingProgress = nil }
        try log.checkTopicID()
        try log.load(entries.filter { !$0.isDirectory }.map(\.name), history, now)
        return log
    }

    private func checkTopicID() throws(LogError) {
        state = .present(hasMetadata: false)
        let file = PartitionMetadataFile(in: directory, on: fileSystem)
        do throws(LogError) {
            guard let found = try file.read() else { return }
            if let topicID, topicID != .zero, topicID != found {
                throw .topicIDMismatch(path: file.file.path, found: found, expected: topicID)
            }
            topicID = found
            state = .present(hasMetadata: true)
        } catch .corruptFile(let path, _) {
            // The owner knows the id from the metadata; the file is written anew with the next
            // append.
            opening.filesMended.append(path)
        } catch {
            throw error
        }
    }

    private func load(
        _ names: [String], _ history: LogHistory, _ now: Timestamp
    ) throws(LogError) {
        let files = try sweep(names)
        try loadEpochs()
        let bases = files.filter { $0.kind == .log }.map(\.offset).sorted()
        guard !bases.isEmpty else {
            try startEmpty(at: history.logStartOffset, now)
            return
        }
        segments = bases.map { base in
            Segment(
                at: base, in: directory, on: fileSystem, isOnDisk: true,
                hasTransactionIndex: files.contains(SegmentFileName(base, .transactionIndex)),
                now: now)
        }
        snapshots = files.filter { $0.kind == .producerSnapshot }.map(\.offset).sorted()
        let checkedFrom = try openSegments(history)
        try rebuildEpochs()
        try settle(history, now)
        try loadProducers(upTo: min(checkedFrom ?? logEndOffset, logEndOffset), now: now)
        // The replay may have told sealed segments' transaction indexes anew.
        for segment in segments.dropLast() {
            if let file = try segment.transactionIndex.write() { flushing.noteForCheckpoint(file) }
        }
    }

    /// No segment: a directory that was made and never written.
    private func startEmpty(at start: Offset, _ now: Timestamp) throws(LogError) {
        opening.hasLostSynced = recoveryPointSaved > start
        segments = [
            Segment(at: start, in: directory, on: fileSystem, isOnDisk: false, now: now)
        ]
        logStartOffset = start
        durableOffset = start
        recoveryPoint = start
        if epochs.truncateEnd(at: start) { flushing.epochsChanged += 1 }
        try removeSnapshots()
        producers?.truncateFully(at: start)
    }

    /// Where the log begins and ends, once its segments are known.
    private func settle(_ history: LogHistory, _ now: Timestamp) throws(LogError) {
        opening.hasLostSynced = logEndOffset < history.recoveryPoint
        logStartOffset = max(history.logStartOffset, segments[0].baseOffset)
        if logStartOffset > logEndOffset {
            // The start was moved, and the log behind it lost: nothing of what is left counts.
            try truncateFully(andStartAt: logStartOffset, now: now)
            return
        }
        if opening.wasRecovered {
            durableOffset = min(max(history.recoveryPoint, logStartOffset), logEndOffset)
            flushing.directoryChanges += 1
            flushing.parentChanges += 1
            flushing.note(try segments.recentFiles(above: durableOffset), upTo: logEndOffset)
        } else {
            durableOffset = logEndOffset
        }
        recoveryPoint = durableOffset
        if epochs.truncateEnd(at: logEndOffset) { flushing.epochsChanged += 1 }
        if epochs.truncateStart(at: logStartOffset) { flushing.epochsChanged += 1 }
    }
}

extension [Segment] {
    /// Log files of sealed segments with bytes at or above `offset`: a killed process has written,
    /// not synced, them.
    fileprivate func recentFiles(above offset: Offset) throws(LogError) -> [any File] {
        var files: [any File] = []
        for segment in dropLast() where segment.nextOffset > offset {
            files.append(try segment.file())
        }
        return files
    }
}
