internal import Model
internal import Ports

/// Group commit: what to sync, and what it was good for.
///
/// A commit makes batches durable: the log files, and directories in which files were made. A
/// checkpoint also writes and syncs what a recovery would otherwise rebuild (epochs, producers), so
/// that the recovery point may pass; it is taken once a minute, a commit for every turn with
/// appends.
extension PartitionLog {
    /// What to sync so that everything appended until now is durable. Nil if it is.
    package func prepareFlush() -> FlushTicket? {
        guard isOnDisk, hasUnsynced else { return nil }
        return openFilesTicket(isCheckpoint: false, files: [])
    }

    /// What to sync so that a restart need not look at anything appended until now. Writes index
    /// entries, the epoch file and, after much log without one, a producer snapshot. Nil if the
    /// recovery point is at the log end already: then the log lets go of its files.
    package func prepareCheckpoint() throws(LogError) -> FlushTicket? {
        guard isOnDisk else {
            recoveryPoint = logEndOffset
            return nil
        }
        guard hasUnsaved else {
            // Nobody has written since the last checkpoint: descriptors are for logs in use.
            releaseFiles(of: segments[...])
            return nil
        }
        releaseFiles(of: segments.dropLast())
        for file in try active.writeForCheckpoint() {
            flushing.noteForCheckpoint(file)
            flushing.directoryChanges += 1
        }
        if flushing.bytesSinceSnapshot >= LogLimit.snapshotInterval {
            try takeProducerSnapshot(at: logEndOffset)
        }
        var files = flushing.waitingForCheckpoint
        if !areEpochsSaved { files.append(try writeEpochs(isDurable: false)) }
        return openFilesTicket(isCheckpoint: true, files: files)
    }

    /// The ticket's files and directories are durable. Answers whether the durable offset moved. A
    /// ticket from before a truncation is worth nothing.
    @discardableResult
    package func flushCompleted(_ ticket: FlushTicket) -> Bool {
        guard ticket.generation == flushing.generation else { return false }
        flushing.directorySynced = max(flushing.directorySynced, ticket.directoryChanges)
        flushing.parentSynced = max(flushing.parentSynced, ticket.parentChanges)
        flushing.forget(ticket)
        if ticket.isCheckpoint {
            flushing.epochsSaved = max(flushing.epochsSaved, ticket.epochsChanged)
            recoveryPoint = max(recoveryPoint, ticket.endOffset)
        }
        guard ticket.endOffset > durableOffset else { return false }
        durableOffset = ticket.endOffset
        return true
    }

    /// Writes and syncs everything here and now. Blocks on the disk.
    package func flush() throws(LogError) {
        try checkOpen()
        guard let ticket = try prepareCheckpoint() else { return }
        try onDisk { () throws(FileError) in try ticket.sync(on: fileSystem) }
        flushCompleted(ticket)
    }

    /// Makes the log durable, writes all that lets it be opened without a check, and lets go of its
    /// files.
    ///
    /// After a failure the log is closed too, and the directory must not be marked as cleanly shut
    /// down.
    package func close() throws(LogError) {
        guard isOnDisk else {
            state = .closed
            return
        }
        defer {
            for segment in segments { segment.release() }
            state = .closed
        }
        try endCleaning()
        let files = try active.seal()
        flushing.note(files, upTo: logEndOffset)
        flushing.directoryChanges += files.isEmpty ? 0 : 1
        if active.size > 0 { try takeProducerSnapshot(at: logEndOffset) }
        try flush()
    }

    /// Lets go of descriptors; whoever reads or writes next opens the files again.
    private func releaseFiles(of segments: ArraySlice<Segment>) {
        for segment in segments { segment.release() }
    }

    private var areEpochsSaved: Bool { flushing.epochsSaved == flushing.epochsChanged }

    private var hasUnsynced: Bool {
        durableOffset < logEndOffset || !flushing.waiting.isEmpty
            || flushing.directorySynced < flushing.directoryChanges
            || flushing.parentSynced < flushing.parentChanges
    }

    private var hasUnsaved: Bool {
        hasUnsynced || recoveryPoint < logEndOffset || !areEpochsSaved
            || !flushing.waitingForCheckpoint.isEmpty
    }

    private func openFilesTicket(isCheckpoint: Bool, files: [any File]) -> FlushTicket {
        var files = files + flushing.waiting.map(\.file)
        if let file = active.openLogFile, !files.contains(where: { $0 === file }) {
            files.append(file)
        }
        var directories: [String] = []
        if flushing.directorySynced < flushing.directoryChanges { directories.append(directory) }
        if flushing.parentSynced < flushing.parentChanges {
            directories.append(PathName.parent(of: directory))
        }
        return FlushTicket(
            partition: partition, files: files, directories: directories,
            endOffset: logEndOffset, isCheckpoint: isCheckpoint,
            generation: flushing.generation, directoryChanges: flushing.directoryChanges,
            parentChanges: flushing.parentChanges, epochsChanged: flushing.epochsChanged)
    }

    /// Replaces the epoch file. Unless durable at once, the file joins a flush.
    func writeEpochs(isDurable: Bool) throws(LogError) -> any File {
        let file = LeaderEpochFile(in: directory, on: fileSystem)
        let written = try onDisk { () throws(FileError) in
            try file.write(epochs.entries, isDurable: isDurable)
        }
        flushing.directoryChanges += 1
        if isDurable { flushing.epochsSaved = flushing.epochsChanged }
        return written
    }
}
