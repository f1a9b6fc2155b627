internal import Client
internal import Configuration

extension ConsumerConfiguration {
    /// Takes over what properties say of the group `named`, if there is one.
    mutating func apply(group properties: Properties, named id: String?) throws(ToolFailure) {
        guard let id else { return }
        guard !id.isEmpty else { throw .failed("group.id=: must not be empty") }
        var group = self.group ?? GroupConfiguration(id: id)
        for key in properties.keys {
            guard let value = properties[key] else { continue }
            switch key {
            case "group.protocol":
                guard let named = GroupConfiguration.GroupProtocol(rawValue: value.lowercased())
                else { throw .failed("group.protocol=\(value): must be classic or consumer") }
                group.groupProtocol = named
            case "partition.assignment.strategy": group.assignors = try Self.assignors(value)
            case "group.remote.assignor": group.remoteAssignor = value
            case "group.instance.id": group.instanceID = value
            case "enable.auto.commit": group.commitsAutomatically = value != "false"
            case "auto.commit.interval.ms":
                group.autoCommitInterval = .milliseconds(try Self.number(key, value))
            case "session.timeout.ms":
                group.sessionTimeout = .milliseconds(try Self.number(key, value))
            case "heartbeat.interval.ms":
                group.heartbeatInterval = .milliseconds(max(1, try Self.number(key, value)))
            case "max.poll.interval.ms":
                group.maxPollInterval = .milliseconds(max(1, try Self.number(key, value)))
            default: break
            }
        }
        self.group = group
    }

    /// Names, or the classes that Java's consumer has for them.
    private static func assignors(_ text: String) throws(ToolFailure) -> [Assignor] {
        var found: [Assignor] = []
        for part in text.split(separator: ",") {
            let name = part.split(separator: ".").last ?? part
            let word = name.lowercased().filter { $0 != "-" && !$0.isWhitespace }
            let known = Assignor.allCases.first { assignor in
                let plain = assignor.rawValue.filter { $0 != "-" }
                return word == plain || word == plain + "assignor"
            }
            guard let known else {
                let all = Assignor.allCases.map(\.rawValue).joined(separator: ", ")
                throw .failed("partition.assignment.strategy=\(text): must be some of \(all)")
            }
            found.append(known)
        }
        guard !found.isEmpty else {
            throw .failed("partition.assignment.strategy=: names no assignor")
        }
        return found
    }

    /// `earliest`, `latest`, `none`, or `by_duration:` with a length of time (KIP-1106).
    static func reset(_ text: String) throws(ToolFailure) -> OffsetReset {
        switch text.lowercased() {
        case "earliest": return .earliest
        case "latest": return .latest
        case "none": return .none
        default:
            if text.hasPrefix("by_duration:"),
                let length = DurationText.parse(String(text.dropFirst(12))),
                length >= .zero
            {
                return .byDuration(length)
            }
            throw .failed(
                "auto.offset.reset=\(text): must be earliest, latest, none or by_duration:PnDTnHnMnS"
            )
        }
    }
}
