internal import Model
private import Synchronization

/// Keeps strangers from filling the log: of one event caused by one class of peers, one line per interval.
final class LogLimiter: Sendable {
    /// Milliseconds between two lines of one event and peer.
    static let interval: Int64 = 10_000
    /// Pairs of event and peer remembered; beyond it all new peers share one entry.
    static let entriesMax = 1024

    enum Verdict: Equatable {
        /// Write it, and that so many were held back since the last.
        case admitted(suppressed: Int)
        case suppressed
    }

    struct Report: Equatable {
        let level: LogLevel
        let event: String
        let peer: String
        let count: Int
    }

    private struct Key: Hashable {
        let event: String
        let peer: String
    }

    private struct Entry {
        var level: LogLevel
        var since: Timestamp
        var suppressed = 0
    }

    private let entries = Mutex<[Key: Entry]>([:])

    func admit(_ level: LogLevel, _ event: String, peer: String, at now: Timestamp) -> Verdict {
        entries.withLock { entries in
            var key = Key(event: event, peer: peer)
            if entries[key] == nil, entries.count >= Self.entriesMax {
                entries = entries.filter {
                    !Self.isOver($0.value, at: now) || $0.value.suppressed > 0
                }
                if entries.count >= Self.entriesMax { key = Key(event: event, peer: "others") }
            }
            guard let entry = entries[key] else {
                entries[key] = Entry(level: level, since: now)
                return .admitted(suppressed: 0)
            }
            guard Self.isOver(entry, at: now) else {
                entries[key]?.suppressed += 1
                return .suppressed
            }
            entries[key] = Entry(level: level, since: now)
            return .admitted(suppressed: entry.suppressed)
        }
    }

    /// Counts whose interval is over, sorted; their entries are forgotten.
    func takeSuppressed(at now: Timestamp) -> [Report] {
        entries.withLock { entries in
            var reports: [Report] = []
            for (key, entry) in entries where Self.isOver(entry, at: now) {
                entries[key] = nil
                guard entry.suppressed > 0 else { continue }
                reports.append(
                    Report(
                        level: entry.level, event: key.event, peer: key.peer,
                        count: entry.suppressed))
            }
            return reports.sorted { ($0.event, $0.peer) < ($1.event, $1.peer) }
        }
    }

    /// A wall clock that was set back ends the interval too.
    private static func isOver(_ entry: Entry, at now: Timestamp) -> Bool {
        now < entry.since || now.rawValue - entry.since.rawValue >= interval
    }
}
