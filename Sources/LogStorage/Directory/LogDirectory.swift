package import Model
package import Ports

/// One of the directories of `log.dirs`: which logs lie in it, what its checkpoints say, and that
/// it is ours alone.
///
/// A value of facts and plain calls: when to call them, and on which thread, is the owner's
/// business. All calls may block on the disk.
package final class LogDirectory: Sendable {
    package let path: String
    package let fileSystem: any FileSystem
    private let lock: any DirectoryLock

    /// Locks the directory for this process. Throws `.file` of kind `locked` if another uses it,
    /// `notFound` if there is none.
    package init(_ path: String, on fileSystem: any FileSystem) throws(LogError) {
        self.path = path
        self.fileSystem = fileSystem
        lock = try onDisk { () throws(FileError) in try fileSystem.lock(path) }
    }

    /// Gives the directory up.
    package func release() { lock.release() }

    /// A node with less room than this could not even say who leads.
    private static let roomMin: Int64 = 1 << 16

    /// Refuses a full disk before anything is written to it. `path` may not exist yet, or some of its
    /// parents.
    package static func checkRoom(
        at path: String, on fileSystem: any FileSystem
    ) throws(LogError) {
        var place = path
        while !fileSystem.exists(place), place != PathName.parent(of: place) {
            place = PathName.parent(of: place)
        }
        let free = try onDisk { () throws(FileError) in try fileSystem.freeBytes(at: place) }
        guard free >= roomMin else {
            throw .file(
                FileError(
                    .noSpace, operation: "write", path: path,
                    reason: "No space left on device (\(free) bytes are free)"))
        }
    }

    /// What the operator must do about an error of opening a directory.
    package static func remedy(for error: LogError, at path: String) -> String {
        guard case .file(let error) = error else { return error.description }
        switch error.kind {
        case .locked:
            return """
                \(path) is in use by another process: stop it, or give this node its own log.dirs
                """
        case .notFound:
            return "\(path) does not exist: format it with `martlet storage format`"
        case .notPermitted, .readOnly:
            return "\(path) cannot be written (\(error.reason)): correct its owner or mode"
        case .noSpace:
            return "\(path) is on a full disk (\(error.reason)): make room or move log.dirs"
        case .tooManyOpenFiles:
            return "\(path): too many open files: raise the process's limit (ulimit -n)"
        case .alreadyExists, .failed:
            return "\(path): \(error.description): check the disk, or take it out of log.dirs"
        }
    }

    // MARK: What it holds

    /// What of one directory is known before its logs are opened.
    package struct Contents: Sendable {
        /// The partitions' logs with their paths, sorted.
        package var logs: [(partition: TopicPartition, path: String)] = []
        /// Paths of logs that were deleted and are still to be removed.
        package var deleted: [String] = []
        /// Copies of logs on their way into this directory, sorted.
        package var futures: [(partition: TopicPartition, path: String)] = []
        /// Paths of logs set aside, and directories of no known meaning.
        package var ignored: [String] = []
        /// Whether the last stop was orderly, and as which registration.
        package var cleanShutdown: CleanShutdownFile.Mark?
        package var recoveryPoints: [TopicPartition: Offset] = [:]
        /// The file of the recovery points is damaged.
        package var areRecoveryPointsLost = false
        package var logStarts: [TopicPartition: Offset] = [:]
        package var highWatermarks: [TopicPartition: Offset] = [:]
        package var cleanerPoints: [TopicPartition: Offset] = [:]
        /// Checkpoint files that were damaged, in words; they count as empty.
        package var faults: [String] = []

        /// What is known about one log, to open it with. A damaged log start file cannot be told
        /// from one without an entry: the log then begins at its first segment.
        package func history(of partition: TopicPartition) -> LogHistory {
            var history = LogHistory(
                wasCleanShutdown: cleanShutdown != nil,
                recoveryPoint: recoveryPoints[partition] ?? .zero,
                logStartOffset: logStarts[partition] ?? .zero,
                cleanedUpTo: cleanerPoints[partition] ?? .zero)
            history.areGapsBelieved = areRecoveryPointsLost
            return history
        }
    }

    /// The mark of an orderly stop, which `takeContents` takes away; nil if there is none.
    package func cleanShutdown() throws(LogError) -> CleanShutdownFile.Mark? {
        try CleanShutdownFile(in: path, on: fileSystem).read()
    }

    /// Reads everything that opening the logs needs, and takes the mark of an orderly stop away:
    /// from now on a crash is one.
    package func takeContents() throws(LogError) -> Contents {
        var contents = Contents()
        for entry in try onDisk({ () throws(FileError) in try fileSystem.list(path) })
        where entry.isDirectory {
            let full = PathName.join(path, entry.name)
            switch LogDirectoryName(entry.name) {
            case .log(let partition): contents.logs.append((partition, full))
            case .deleted: contents.deleted.append(full)
            case .metadata: break
            case .future(let partition, _): contents.futures.append((partition, full))
            case .stray, .other: contents.ignored.append(full)
            }
        }
        contents.futures.sort { $0.partition < $1.partition }
        contents.logs.sort { $0.partition < $1.partition }
        contents.recoveryPoints = try read(.recoveryPoint, &contents.faults)
        contents.areRecoveryPointsLost = !contents.faults.isEmpty
        contents.logStarts = try read(.logStart, &contents.faults)
        contents.highWatermarks = try read(.highWatermark, &contents.faults)
        contents.cleanerPoints = try read(.cleaner, &contents.faults)
        contents.cleanShutdown = try CleanShutdownFile(in: path, on: fileSystem).take()
        return contents
    }

    private func read(
        _ kind: OffsetCheckpoint.Kind, _ faults: inout [String]
    ) throws(LogError) -> [TopicPartition: Offset] {
        do throws(LogError) {
            return try OffsetCheckpoint(kind, in: path, on: fileSystem).read()
        } catch .corruptFile(let file, let reason) {
            faults.append("\(file): \(reason)")
            return [:]
        } catch {
            throw error
        }
    }

    // MARK: Changing it

    /// Where a partition's log lies or will lie.
    package func path(of partition: TopicPartition) -> String {
        PathName.join(path, partition.description)
    }

    /// A directory that was removed, or whose disk was unmounted, goes on under the files that are open. Whoever makes
    /// new ones would write them beside what it held.
    package func checkPresent() throws(FileError) {
        let mark = PathName.join(path, MetaProperties.fileName)
        guard fileSystem.exists(mark) else {
            throw FileError(
                .notFound, operation: "stat", path: mark,
                reason: "the directory was removed, or its disk unmounted")
        }
    }

    /// Replaces a checkpoint file durably.
    package func write(
        _ kind: OffsetCheckpoint.Kind, _ offsets: [TopicPartition: Offset]
    ) throws(FileError) {
        try OffsetCheckpoint(kind, in: path, on: fileSystem).write(offsets)
    }

    /// The last act of an orderly stop, once every log was closed and the checkpoints are written.
    package func markCleanShutdown(brokerEpoch: BrokerEpoch) throws(FileError) {
        try CleanShutdownFile(in: path, on: fileSystem).write(brokerEpoch: brokerEpoch)
    }
}
