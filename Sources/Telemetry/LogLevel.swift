/// How much an event matters. `error` means that a human must act.
package enum LogLevel: Int, Comparable, Sendable, CaseIterable {
    case trace
    case debug
    case info
    case warn
    case error
    /// As a logger's level: nothing is written.
    case off

    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

    /// As it is written, and as broker-logger configurations say it (KIP-412).
    package var name: String {
        switch self {
        case .trace: "TRACE"
        case .debug: "DEBUG"
        case .info: "INFO"
        case .warn: "WARN"
        case .error: "ERROR"
        case .off: "OFF"
        }
    }

    /// Kafka's `FATAL` is our `error`. Nil for another word.
    package init?(name: String) {
        let upper = name.uppercased()
        guard
            let level = Self.allCases.first(where: {
                $0.name == (upper == "FATAL" ? "ERROR" : upper)
            })
        else { return nil }
        self = level
    }
}
