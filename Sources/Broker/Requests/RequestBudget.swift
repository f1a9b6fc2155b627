internal import Synchronization

/// Bytes of requests that the node works on at once (`queued.max.request.bytes`), over all loops.
///
/// A request counts as long as its `Exchange` lives, waiting for replicas or for records included, because so
/// long its bytes stay in memory. At the limit clients are not read any more; those who want to be wait in
/// line, and are let in one after the other while there is room. The limit may be passed by what one read
/// brings and by a connection's first read. Followers and controllers are always read: they make the room.
final class RequestBudget: Sendable {
    /// The limit where the setting leaves it open (-1).
    static let standard = 256 << 20

    private struct State {
        var used = 0
        /// The next to be let in first; the spent front is cut off when the line is empty.
        var line: [(@Sendable () -> Void)?] = []
        var head = 0

        /// Takes the next out of the line.
        mutating func next() -> (@Sendable () -> Void)? {
            guard head < line.count else { return nil }
            let resume = line[head]
            line[head] = nil
            head += 1
            if head == line.count {
                line.removeAll(keepingCapacity: true)
                head = 0
            }
            return resume
        }
    }

    let limit: Int
    private let state = Mutex(State())

    init(limit: Int) {
        precondition(limit > 0, "a limit of nothing would stop the node")
        self.limit = limit
    }

    /// Bytes of the requests in hand.
    var used: Int { state.withLock { $0.used } }

    var isFull: Bool { used >= limit }

    func take(_ count: Int) { state.withLock { $0.used += count } }

    /// Gives back what was taken, and lets the next in if there is room.
    func give(_ count: Int) {
        state.withLock { state in
            precondition(state.used >= count, "no more is given back than was taken")
            state.used -= count
        }
        letNextIn()
    }

    /// Lets the next in line in, if there is room. Who was let in calls this once it has read.
    func letNextIn() {
        let resume = state.withLock { $0.used < limit ? $0.next() : nil }
        resume?()
    }

    /// Stands in line: `resume` is called once, from any thread. False, without standing there, if there is room
    /// now.
    func standInLine(_ resume: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            guard state.used >= limit else { return false }
            state.line.append(resume)
            return true
        }
    }
}
