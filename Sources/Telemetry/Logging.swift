package import Model
private import Synchronization

/// A node's log: where lines go, what time it is, and how much each logger writes.
///
/// A line is an event with fields, `2026-11-21T09:00:00.123Z INFO leaderElected partition=orders-3 epoch=7`.
/// The sink gets whole lines without their end, possibly from several threads at once. Levels can change
/// while the node runs (KIP-412); a logger without a level of its own follows `root`.
package final class Logging: Sendable {
    /// The logger that all others follow.
    package static let root = "root"

    private struct State {
        var levels: [String: LogLevel] = [:]
        var rootLevel: LogLevel
        var logs: [String: Log] = [:]
    }

    private let state: Mutex<State>
    private let output: LogOutput

    package init(
        level: LogLevel = .info, clock: @escaping @Sendable () -> Timestamp,
        sink: @escaping @Sendable (String) -> Void
    ) {
        state = Mutex(State(rootLevel: level))
        output = LogOutput(clock: clock, sink: sink)
    }

    /// The logger of that name, made if need be.
    package func log(_ name: String) -> Log {
        state.withLock { state in
            if let log = state.logs[name] { return log }
            let log = Log(name, level: state.levels[name] ?? state.rootLevel, output: output)
            state.logs[name] = log
            return log
        }
    }

    /// Sets the level of a logger, or of all that have none of their own with `root`. Nil gives a logger's
    /// own level up.
    package func setLevel(_ name: String, _ level: LogLevel?) {
        state.withLock { state in
            if name == Self.root {
                state.rootLevel = level ?? .info
            } else {
                state.levels[name] = level
            }
            for (name, log) in state.logs {
                log.level = state.levels[name] ?? state.rootLevel
            }
        }
    }

    /// The level of every logger, sorted by name, for DescribeConfigs.
    package var levels: [(name: String, level: LogLevel)] {
        state.withLock { state in
            [(Self.root, state.rootLevel)]
                + state.logs.map { ($0.key, $0.value.level) }.sorted { $0.0 < $1.0 }
        }
    }

    /// Writes the counts of events held back so far whose interval is over; call it now and then.
    package func reportSuppressed() { output.reportSuppressed() }
}
