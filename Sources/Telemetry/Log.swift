private import Synchronization

/// One logger. Fields are made only when the line is written.
package final class Log: Sendable {
    package let name: String
    private let threshold: Atomic<Int>
    private let output: LogOutput

    init(_ name: String, level: LogLevel, output: LogOutput) {
        self.name = name
        threshold = Atomic(level.rawValue)
        self.output = output
    }

    /// The least level that is written.
    package internal(set) var level: LogLevel {
        get { LogLevel(rawValue: threshold.load(ordering: .relaxed)) ?? .info }
        set { threshold.store(newValue.rawValue, ordering: .relaxed) }
    }

    /// Whether a line of that level would be written.
    package func isWriting(_ level: LogLevel) -> Bool {
        level.rawValue >= threshold.load(ordering: .relaxed)
    }

    /// Writes one event: `log.write(.info, "leaderElected", ["partition": partition, "epoch": 7])`.
    package func write(
        _ level: LogLevel, _ event: String, _ fields: @autoclosure () -> LogFields = [:]
    ) {
        guard isWriting(level) else { return }
        output.write(level, event, fields())
    }

    /// Writes what a peer caused, once per interval for this event and peer; the next line tells how many
    /// were held back. `peer` is a class of peers (an address without its port): it bounds the table.
    package func write(
        _ level: LogLevel, _ event: String, peer: String,
        _ fields: @autoclosure () -> LogFields = [:]
    ) {
        guard isWriting(level) else { return }
        output.writeLimited(level, event, peer: peer, fields)
    }

    package func debug(_ event: String, _ fields: @autoclosure () -> LogFields = [:]) {
        write(.debug, event, fields())
    }
    package func info(_ event: String, _ fields: @autoclosure () -> LogFields = [:]) {
        write(.info, event, fields())
    }
    package func warn(_ event: String, _ fields: @autoclosure () -> LogFields = [:]) {
        write(.warn, event, fields())
    }
    /// A human must act.
    package func error(_ event: String, _ fields: @autoclosure () -> LogFields = [:]) {
        write(.error, event, fields())
    }
}
