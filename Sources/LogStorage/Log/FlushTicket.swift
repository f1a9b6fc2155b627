package import Model
package import Ports

/// What must be made durable for a log's end, or its recovery point, to move: handed to the
/// directory's flusher, then back to `PartitionLog.flushCompleted`.
package struct FlushTicket: Sendable {
    package let partition: TopicPartition
    /// Files with bytes that may not be on the disk.
    package let files: [any File]
    /// Directories in which files came or went, to be synced after the files. Often empty. Many
    /// logs name the same parent: once for all is enough.
    package let directories: [String]
    /// Everything below is durable afterwards.
    package let endOffset: Offset

    let isCheckpoint: Bool
    let generation: Int
    let directoryChanges: Int
    let parentChanges: Int
    let epochsChanged: Int

    /// Does all of it here and now. Blocks on the disk.
    package func sync(on fileSystem: any FileSystem) throws(FileError) {
        for file in files { try file.sync() }
        for directory in directories { try fileSystem.syncDirectory(directory) }
    }
}

/// What of a log is not durable yet, beside the active segment's bytes.
struct FlushState {
    /// Counts up whenever the log is cut: earlier tickets are void.
    var generation = 0
    /// Creations, renames and removals in the log's directory, and how many of them are durable.
    var directoryChanges = 0
    var directorySynced = 0
    /// The same for the log's directory itself within its parent.
    var parentChanges = 0
    var parentSynced = 0
    /// Changes of the epoch list, and how many of them are in the durable file.
    var epochsChanged = 0
    var epochsSaved = 0
    /// Bytes of log since the last producer snapshot.
    var bytesSinceSnapshot = 0
    /// Files that wait for a sync, with the offset up to which their bytes belong to the log.
    private(set) var waiting: [(end: Offset, file: any File)] = []

    mutating func note(_ files: [any File], upTo end: Offset) {
        for file in files where !waiting.contains(where: { $0.file === file }) {
            waiting.append((end, file))
        }
    }

    func isWaiting(_ file: any File) -> Bool { waiting.contains { $0.file === file } }

    /// The same, for files that only the recovery point waits for.
    private(set) var waitingForCheckpoint: [any File] = []

    mutating func noteForCheckpoint(_ file: any File) {
        if !waitingForCheckpoint.contains(where: { $0 === file }) {
            waitingForCheckpoint.append(file)
        }
    }

    /// Files that are durable now no longer wait.
    mutating func forget(_ ticket: FlushTicket) {
        waiting.removeAll { waits in
            waits.end <= ticket.endOffset && ticket.files.contains { $0 === waits.file }
        }
        guard ticket.isCheckpoint else { return }
        waitingForCheckpoint.removeAll { file in ticket.files.contains { $0 === file } }
    }

    /// The log now ends at `end`: what waits can wait for no more.
    mutating func clip(to end: Offset) {
        waiting = waiting.map { (min($0.end, end), $0.file) }
    }

    mutating func forgetAll() {
        waiting.removeAll()
        waitingForCheckpoint.removeAll()
    }
}
