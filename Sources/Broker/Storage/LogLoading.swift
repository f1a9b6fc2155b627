internal import Configuration
internal import LogStorage
internal import Model
internal import Ports
internal import Synchronization
internal import Telemetry

/// Opens the logs of all directories at the start, in each directory several at a time
/// (`num.recovery.threads.per.data.dir`), and hands each to its loop. The loops run meanwhile, so probes are
/// answered and the quorum forms.
///
///     contents of all directories ─▶ logs of each, on its threads ─▶ directories done ─▶ `finished`
///
/// The contents of all directories come first: whether a log is there twice, no directory can tell alone. A directory
/// that fails on the way is taken offline, unless the node cannot be without it.
final class LogLoading: Sendable {
    /// What the broker needs to know before it may register.
    struct Outcome: Sendable {
        /// Whether the broker brings what it had.
        var previousRun = PreviousRun()
        /// Why the node cannot go on.
        var fault: String?
    }

    private struct State {
        var contents: [DirectoryID: LogDirectory.Contents] = [:]
        var missing: Int
        var fault: String?
        /// A log has lost what was synced.
        var isDamaged = false
    }

    private let node: Node
    private let shards: [LoopBound<Shard>]
    private let directories: [OpenDirectory]
    private let log: Log
    private let loads: [DirectoryLoad]
    private let state: Mutex<State>
    private let now: Timestamp
    private let finished: @Sendable (Outcome) -> Void

    /// `finished` is called once, from some thread.
    init(
        node: Node, shards: [LoopBound<Shard>], directories: [OpenDirectory], now: Timestamp,
        finished: @escaping @Sendable (Outcome) -> Void
    ) {
        self.node = node
        self.shards = shards
        self.directories = directories
        self.now = now
        self.finished = finished
        log = node.logging.log("storage")
        let threads = node.configuration.settings.int("num.recovery.threads.per.data.dir")
        loads = directories.map { DirectoryLoad($0, threads: threads, node: node, now: now) }
        state = Mutex(State(missing: directories.count))
    }

    /// Directories, with what is left to do in them.
    var progress: [(path: String, left: DirectoryLoad.Left)] {
        zip(directories, loads).map { ($0.handle.path, $1.left) }
    }

    func start() {
        guard !directories.isEmpty else { return finished(Outcome()) }
        for open in directories {
            open.handle.background.perform { self.readContents(of: open) }
        }
    }

    // MARK: Contents

    private func readContents(of open: OpenDirectory) {
        do throws(LogError) {
            try keepMark(of: open)
            let contents = try open.directory.takeContents()
            for fault in contents.faults { log.warn("checkpointDamaged", ["cause": fault]) }
            for path in contents.ignored { log.warn("directoryIgnored", ["path": path]) }
            keepRowsOfTheGone(contents, open.handle)
            state.withLock { $0.contents[open.handle.id] = contents }
        } catch {
            failed(open, error)
        }
        let isLast = state.withLock { state in
            state.missing -= 1
            guard state.missing == 0 else { return false }
            state.missing = directories.count
            return true
        }
        if isLast { openLogs() }
    }

    /// The mark of an orderly stop goes; what it says stays in the note, should the process end before it has
    /// registered.
    private func keepMark(of open: OpenDirectory) throws(LogError) {
        guard node.configuration.isBroker, let mark = try open.directory.cleanShutdown() else {
            return
        }
        let file = RegistrationFile(in: open.handle.path, on: node.world.fileSystem)
        do throws(FileError) {
            try file.replace(
                with: RegistrationNote(mark.brokerEpoch), directories.map(\.handle))
        } catch {
            throw .file(error)
        }
    }

    /// Rows of logs that are gone must not be taken for those of a later topic of that name.
    private func keepRowsOfTheGone(
        _ contents: LogDirectory.Contents, _ handle: LogDirectoryHandle
    ) {
        let present = Set(contents.logs.map(\.partition))
        for rows in [
            contents.recoveryPoints, contents.logStarts, contents.highWatermarks,
            contents.cleanerPoints,
        ] {
            for name in rows.keys where !present.contains(name) { handle.checkpointsOutlive(name) }
        }
    }

    /// A log that lies in two directories is one too many, and nobody here can tell which.
    private func twins(_ contents: [DirectoryID: LogDirectory.Contents]) -> String? {
        var places: [TopicPartition: String] = [:]
        for open in directories {
            for (name, path) in contents[open.handle.id]?.logs ?? [] {
                guard let other = places.updateValue(path, forKey: name) else { continue }
                return "\(name) is in \(other) and in \(path): keep the one that is complete, most "
                    + "likely that of the directory which did not fail, and move the other away"
            }
        }
        return nil
    }

    /// A copy without the log that it was made of is complete: the process ended between the two renames of an
    /// exchange. Unless that log is in a directory that is offline, it is the log.
    private func promote(
        _ contents: inout [DirectoryID: LogDirectory.Contents]
    ) throws(FileError) {
        guard isWhole else { return }
        let present = Set(contents.values.flatMap { $0.logs.map(\.partition) })
        for open in directories {
            let id = open.handle.id
            for (name, path) in contents[id]?.futures ?? [] where !present.contains(name) {
                let target = open.handle.path(of: name)
                try node.world.fileSystem.rename(path, to: target)
                try node.world.fileSystem.syncDirectory(open.handle.path)
                log.info("copyTakenForLog", ["partition": name, "path": target])
                contents[id]?.logs.append((name, target))
                // What the old directory's files say of the log holds for its copy.
                let all = Array(contents.values)
                func row(_ rows: KeyPath<LogDirectory.Contents, [TopicPartition: Offset]>)
                    -> Offset?
                {
                    all.compactMap { $0[keyPath: rows][name] }.max()
                }
                contents[id]?.recoveryPoints[name] = row(\.recoveryPoints)
                contents[id]?.logStarts[name] = row(\.logStarts)
                contents[id]?.highWatermarks[name] = row(\.highWatermarks)
                contents[id]?.cleanerPoints[name] = row(\.cleanerPoints)
                contents[id]?.futures.removeAll { $0.partition == name }
            }
        }
    }

    /// No directory of the node is offline.
    private var isWhole: Bool {
        directories.count == node.configuration.logDirectories.count
            && directories.allSatisfy { !$0.handle.isOffline }
    }

    // MARK: Logs

    private func openLogs() {
        var contents = state.withLock { $0.contents }
        do throws(FileError) {
            try promote(&contents)
        } catch {
            let fault = "\(error)"
            state.withLock { $0.fault = fault }
        }
        let all = contents
        state.withLock { $0.contents = all }
        if let fault = twins(contents) { state.withLock { $0.fault = fault } }
        let isFaulty = state.withLock { $0.fault != nil }
        for (open, load) in zip(directories, loads) {
            guard let found = contents[open.handle.id], !isFaulty else {
                directoryDone(open)
                continue
            }
            load.run(found) { key, opened in
                self.handOver(key, opened, found, open.handle)
            } finished: { failure in
                if let failure { self.failed(open, failure) }
                self.directoryDone(open)
            }
        }
    }

    private func handOver(
        _ name: TopicPartition, _ opened: PartitionLog, _ contents: LogDirectory.Contents,
        _ handle: LogDirectoryHandle
    ) {
        if opened.opening.hasLostSynced {
            state.withLock { $0.isDamaged = true }
            log.error(
                "logDamaged",
                [
                    "partition": name, "logEnd": opened.logEndOffset.rawValue,
                    "synced": contents.recoveryPoints[name]?.rawValue ?? 0,
                    "fault": opened.opening.fault ?? "none",
                ])
        }
        guard let id = opened.topicID else {
            log.warn(
                "replicaWithoutTopicID",
                [
                    "path": handle.path(of: name),
                    "remedy": "it has no partition.metadata and is left alone",
                ])
            return
        }
        let key = PartitionKey(id, name.partition)
        handOver(
            FoundLog(
                key: key, log: opened, directory: handle,
                highWatermark: contents.highWatermarks[name] ?? .zero))
    }

    private func directoryDone(_ open: OpenDirectory) {
        let done = state.withLock { state -> State? in
            state.missing -= 1
            return state.missing == 0 ? state : nil
        }
        guard let done else { return }
        var outcome = Outcome(fault: done.fault)
        let notes = directories.filter { !$0.handle.isOffline }.map { open in
            done.contents[open.handle.id]?.cleanShutdown.map { RegistrationNote($0.brokerEpoch) }
                ?? RegistrationFile(in: open.handle.path, on: node.world.fileSystem).read()
        }
        outcome.previousRun = PreviousRun(notes)
        if done.isDamaged { outcome.previousRun.damaged() }
        for open in directories where !open.handle.isOffline {
            removeDeleted(done.contents[open.handle.id]?.deleted ?? [], open.handle)
            openFutures(done.contents[open.handle.id], open.handle)
        }
        finished(outcome)
    }

    private func removeDeleted(_ paths: [String], _ handle: LogDirectoryHandle) {
        let (fileSystem, log) = (node.world.fileSystem, log)
        for path in paths {
            handle.background.perform {
                do throws(FileError) {
                    try fileSystem.removeTree(path)
                } catch {
                    log.warn("replicaNotDeleted", ["path": path, "cause": error])
                }
            }
        }
    }

    // MARK: Moves

    /// Moves between directories go on: the copies follow the logs, which are with their loops by now. Nobody waits for
    /// them.
    private func openFutures(_ contents: LogDirectory.Contents?, _ handle: LogDirectoryHandle) {
        for (name, path) in contents?.futures ?? [] {
            handle.background.perform { [self] in
                do throws(LogError) {
                    // A copy of a compacted log has its gaps.
                    let opened = try PartitionLog.open(
                        name, topicID: nil, in: path,
                        history: LogHistory(cleanedUpTo: Offset(.max)),
                        on: node.world.fileSystem, now: now)
                    guard let id = opened.topicID else {
                        log.warn("directoryIgnored", ["path": path])
                        return
                    }
                    handOver(
                        FoundLog(
                            key: PartitionKey(id, name.partition), log: opened, directory: handle,
                            highWatermark: .zero, isFuture: true))
                } catch {
                    log.warn("copyNotOpened", ["path": path, "cause": error])
                }
            }
        }
    }

    private func handOver(_ found: FoundLog) {
        let shard = shards[node.shardIndex(of: found.key)]
        let bound = LoopBound(found, on: shard.loop)
        shard.post { $0.adopt(bound.take()) }
    }

    // MARK: Failures

    private func failed(_ open: OpenDirectory, _ error: LogError) {
        let path = open.handle.path
        let isHome = path == node.configuration.metadataDirectory
        let others = directories.filter { $0.handle !== open.handle && !$0.handle.isOffline }
        guard !isHome, !others.isEmpty, !error.isNoSpace else {
            let remedy = LogDirectory.remedy(for: error, at: path)
            state.withLock { $0.fault = $0.fault ?? remedy }
            return
        }
        if open.handle.fail() {
            log.error("logDirectoryFailed", ["directory": path, "cause": error])
        }
    }
}
