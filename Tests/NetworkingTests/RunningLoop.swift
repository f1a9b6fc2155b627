@testable import Platform

/// A loop that runs as long as the test holds it.
final class RunningLoop: Sendable {
    let loop: EpollLoop

    init() throws {
        loop = try EpollLoop(name: "test")
        try loop.start()
    }

    deinit {
        loop.stop()
        // The last holder may be work of the loop itself.
        if !loop.isCurrent { loop.join() }
    }

    /// Runs `body` on the loop and waits for its answer.
    func run<R: Sendable>(_ body: @escaping @Sendable () -> R) throws -> R {
        let answer = Inbox<R>()
        loop.post { answer.put(body()) }
        return try answer.take()
    }
}
