internal import LogStorage
internal import Model
internal import Ports
internal import Synchronization
internal import Telemetry

/// Opens the logs of one directory on several threads. Each takes the next log when it is done with one, so that a
/// large log holds up no others.
final class DirectoryLoad: Sendable {
    /// What is left to do.
    struct Left: Equatable, Sendable {
        var logs = 0
        /// Of the log under way on each thread, segments that are still to be checked.
        var segments: [Int]

        var isNothing: Bool { logs == 0 }
    }

    private struct State {
        var next = 0
        var running = 0
        var recovered = 0
        var failure: LogError?
        var left: Left
    }

    private let open: OpenDirectory
    private let node: Node
    private let log: Log
    private let threads: [any Flusher]
    /// The time of the start, which counts as the birth of empty segments.
    private let now: Timestamp
    private let state: Mutex<State>

    init(_ open: OpenDirectory, threads count: Int, node: Node, now: Timestamp) {
        self.now = now
        self.open = open
        self.node = node
        log = node.logging.log("storage")
        let fileSystem = node.world.fileSystem
        threads =
            [open.handle.background]
            + (1..<max(1, count)).map { _ in fileSystem.makeFlusher(for: open.handle.path) }
        state = Mutex(State(left: Left(segments: Array(repeating: 0, count: max(1, count)))))
    }

    var left: Left { state.withLock { $0.left } }

    typealias Opened = @Sendable (TopicPartition, PartitionLog) -> Void

    /// Calls `opened` with each log and in the end `finished`, on whichever thread comes to it.
    func run(
        _ contents: LogDirectory.Contents, opened: @escaping Opened,
        finished: @escaping @Sendable (LogError?) -> Void
    ) {
        let count = contents.logs.count
        let isClean = contents.cleanShutdown != nil
        log.info(
            "logsFound",
            ["directory": open.handle.path, "logs": count, "isCleanStop": isClean])
        state.withLock { state in
            state.left.logs = count
            state.running = threads.count
        }
        let finish: @Sendable () -> Void = { [self] in
            let ended = state.withLock { state -> State? in
                state.running -= 1
                return state.running == 0 ? state : nil
            }
            guard let ended else { return }
            if !isClean, count > 0, ended.failure == nil {
                log.info(
                    "logsRecovered",
                    ["directory": open.handle.path, "logs": count, "checked": ended.recovered])
            }
            finished(ended.failure)
        }
        for index in threads.indices { turn(index, contents, opened, finish) }
    }

    /// One log at a time on thread `index`, until there are no more.
    private func turn(
        _ index: Int, _ contents: LogDirectory.Contents, _ opened: @escaping Opened,
        _ finish: @escaping @Sendable () -> Void
    ) {
        threads[index].perform { [self] in
            let next = state.withLock { state -> Int? in
                guard state.failure == nil, state.next < contents.logs.count else { return nil }
                defer { state.next += 1 }
                return state.next
            }
            guard let next else { return finish() }
            let (name, path) = contents.logs[next]
            do throws(LogError) {
                let made = try openLog(name, path, contents, index)
                opened(name, made)
            } catch {
                state.withLock { $0.failure = $0.failure ?? error }
            }
            state.withLock { state in
                state.left.logs -= 1
                state.left.segments[index] = 0
            }
            turn(index, contents, opened, finish)
        }
    }

    private func openLog(
        _ name: TopicPartition, _ path: String, _ contents: LogDirectory.Contents, _ index: Int
    ) throws(LogError) -> PartitionLog {
        let opened = try PartitionLog.open(
            name, topicID: nil, in: path, history: contents.history(of: name),
            on: node.world.fileSystem, now: now
        ) { [self] left in
            state.withLock { $0.left.segments[index] = left }
        }
        if opened.opening.wasRecovered { noteRecovery(of: opened, name) }
        return opened
    }

    private func noteRecovery(of opened: PartitionLog, _ name: TopicPartition) {
        state.withLock { $0.recovered += 1 }
        let opening = opened.opening
        // Thousands of whole logs are told as a number.
        guard opening.bytesCutOff > 0 || opening.segmentsRemoved > 0 else { return }
        log.info(
            "logRecovered",
            [
                "partition": name, "logEnd": opened.logEndOffset.rawValue,
                "bytesCutOff": opening.bytesCutOff, "segmentsRemoved": opening.segmentsRemoved,
                "fault": opening.fault ?? "none",
            ])
    }
}
