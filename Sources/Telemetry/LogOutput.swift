internal import Model

/// Where all loggers of a node write: it stamps, bounds and hands on.
final class LogOutput: Sendable {
    private let clock: @Sendable () -> Timestamp
    private let sink: @Sendable (String) -> Void
    private let limiter = LogLimiter()

    init(clock: @escaping @Sendable () -> Timestamp, sink: @escaping @Sendable (String) -> Void) {
        self.clock = clock
        self.sink = sink
    }

    func reportSuppressed() {
        let now = clock()
        for report in limiter.takeSuppressed(at: now) {
            write(
                report.level, report.event,
                ["peer": report.peer, "suppressed": report.count], at: now)
        }
    }

    func write(_ level: LogLevel, _ event: String, _ fields: LogFields) {
        write(level, event, fields, at: clock())
    }

    /// Writes the first of its kind; later ones of an interval are counted.
    func writeLimited(
        _ level: LogLevel, _ event: String, peer: String, _ fields: () -> LogFields
    ) {
        let now = clock()
        switch limiter.admit(level, event, peer: peer, at: now) {
        case .suppressed: break
        case .admitted(let suppressed):
            var all = fields()
            if suppressed > 0 { all.append("suppressed", suppressed) }
            write(level, event, all, at: now)
        }
    }

    private func write(
        _ level: LogLevel, _ event: String, _ fields: LogFields, at now: Timestamp
    ) {
        var line = "\(now.iso8601) \(level.name) \(event)"
        fields.write(to: &line)
        sink(line)
    }
}
