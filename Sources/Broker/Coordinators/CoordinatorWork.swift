internal import Ports
internal import Synchronization

/// The threads on which coordinators have things worked out that take long: targets of large groups, and matches of
/// patterns (`group.coordinator.background.threads`). They begin when they are first needed. From any loop.
final class CoordinatorWork: Sendable {
    /// Pieces of work that may wait, or go on, at once; more are refused.
    static let waitingMax = 1_000

    private let threadCount: Int
    private let threads = Mutex<[Int: any Flusher]>([:])
    private let waiting = Atomic<Int>(0)

    init(threads: Int) { threadCount = max(1, threads) }

    /// Pieces of work that wait or go on.
    var count: Int { waiting.load(ordering: .relaxed) }

    /// Runs `body` for a partition's coordinator, after what was asked for on its thread before. False if too much
    /// waits already.
    func perform(
        for partition: Int32, _ files: any FileSystem, in directory: String,
        _ body: @escaping @Sendable () -> Void
    ) -> Bool {
        guard waiting.add(1, ordering: .relaxed).newValue <= Self.waitingMax else {
            waiting.subtract(1, ordering: .relaxed)
            return false
        }
        let number = Int(partition) % threadCount
        let thread = threads.withLock { threads in
            let found = threads[number] ?? files.makeFlusher(for: directory)
            threads[number] = found
            return found
        }
        thread.perform { [self] in
            body()
            waiting.subtract(1, ordering: .relaxed)
        }
        return true
    }
}
