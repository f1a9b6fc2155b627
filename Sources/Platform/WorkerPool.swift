/// Threads for work that may block: cold reads, names to resolve. They start when there is more
/// work than idle threads, up to a limit, and stay. What finds no thread waits in line.
package final class WorkerPool: Sendable {
    private struct State {
        var work: [@Sendable () -> Void] = []
        var idle = 0
        var started = 0
        var isEnding = false
    }

    private let name: String
    private let threadsMax: Int
    private let line = WaitingQueue(State())

    package init(name: String, threadsMax: Int) {
        precondition(threadsMax > 0, "a pool has room for a thread")
        self.name = name
        self.threadsMax = threadsMax
    }

    /// The threads end after the work given until now.
    deinit { line.changeForAll { $0.isEnding = true } }

    /// Runs `work` on some thread of the pool. From any thread; does not wait.
    package func run(_ work: @escaping @Sendable () -> Void) {
        let needsThread = line.change { state in
            state.work.append(work)
            guard state.work.count > state.idle, state.started < threadsMax else { return false }
            state.started += 1
            return true
        }
        if needsThread { startThread() }
    }

    private func startThread() {
        do {
            let line = self.line
            try SystemThread(name: name) { WorkerPool.serve(line) }.detach()
        } catch {
            // The threads that run will come to the work; without a single one there is no way on.
            let left = line.change { state in
                state.started -= 1
                return state.started
            }
            precondition(left > 0, "no thread for blocking work: \(error)")
        }
    }

    private static func serve(_ line: WaitingQueue<State>) {
        line.change { $0.idle += 1 }
        while true {
            let work = line.wait { state -> (@Sendable () -> Void)?? in
                if !state.work.isEmpty {
                    state.idle -= 1
                    return .some(state.work.removeFirst())
                }
                return state.isEnding ? .some(nil) : nil
            }
            guard let work else { return }
            work()
            line.change { $0.idle += 1 }
        }
    }
}
