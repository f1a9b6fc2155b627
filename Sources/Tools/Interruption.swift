internal import Platform
internal import Synchronization

/// Ctrl-C and SIGTERM as something a tool can act on. Kept for the whole process: there is one keyboard.
enum Interruption {
    private struct State {
        var count = 0
        var action: (@Sendable () -> Void)?
    }
    private static let state = Mutex(State())

    /// From the main thread, before others exist.
    static func watch() {
        do {
            try Signals.watch([.interrupt, .terminate]) { _ in arrived() }
        } catch {
            // Without it the signal ends the process at once, which is what it does by default.
            HostProcess.writeError("signals cannot be watched: \(error.reason)\n")
        }
    }

    private static func arrived() {
        let action = state.withLock { state in
            state.count += 1
            return state.action
        }
        action?()
    }

    /// Whether one has come.
    static var hasCome: Bool { state.withLock { $0.count > 0 } }

    /// How many have come: who presses Ctrl-C twice is in a hurry.
    static var count: Int { state.withLock { $0.count } }

    /// Runs `action` at each one from now on; at once if one has come already.
    static func onEach(_ action: @escaping @Sendable () -> Void) {
        let isLate = state.withLock { state in
            state.action = action
            return state.count > 0
        }
        if isLate { action() }
    }
}
