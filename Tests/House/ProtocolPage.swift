import Model
import Wire

@testable import Broker
@testable import Model

/// Renders `docs/protocol.md` from the tables of APIs and errors.
enum ProtocolPage {
    static let path = "docs/protocol.md"

    static var text: String {
        var lines = [
            "# Protocol", "",
            "Generated from `Sources/Broker/Handlers/APITable+Served.swift` and `Sources/Model/ErrorCode.swift`; a",
            "test compares. Messages are defined in `Sources/WireMessages/Definitions`, in the",
            "[grammar](../Sources/WireSchema/Grammar.md) of this project.", "", "## APIs", "",
            "ApiVersions shows these versions. Where lower ones are served as well, for clients that ask unseen, that "
                + "is said.", "",
            "| key | API | versions | served to |", "|---|---|---|---|",
        ]
        for entry in APITable.served.entries {
            let shown = "\(entry.shownFrom) to \(entry.versions.upperBound)"
            let lower =
                entry.shownFrom == entry.versions.lowerBound
                ? "" : ", served from \(entry.versions.lowerBound)"
            let listeners = entry.listeners.map {
                $0 == .broker ? "clients and brokers" : "the quorum"
            }
            lines.append(
                "| \(entry.key.rawValue) | \(entry.key) | \(shown)\(lower) | "
                    + "\(listeners.joined(separator: ", ")) |")
        }
        let served = Set(APITable.served.entries.map(\.key))
        let others = ApiKey.all.map(\.key).filter { !served.contains($0) }.sorted()
        lines += [
            "",
            "Known and not served yet: "
                + others.map { "\($0) (\($0.rawValue))" }.joined(separator: ", ") + ".",
            "", "## Errors", "", "| code | name | what a client does |", "|---|---|---|",
        ]
        for (code, entry) in ErrorCode.table.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            lines.append("| \(code.rawValue) | `\(entry.name)` | \(advice(code, entry.advice)) |")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func advice(_ code: ErrorCode, _ advice: ErrorCode.Advice) -> String {
        guard code != .none else { return "" }
        switch advice {
        case .fail: return "tells the application"
        case .retry: return "sends it again"
        case .refreshAndRetry: return "looks for the leader or coordinator, and sends it again"
        }
    }
}
