internal import Client
internal import Model

/// `kafka-get-offsets`: where partitions begin, end, or have a record of a time.
enum GetOffsets: Tool {
    static let name = "get-offsets"
    static let summary = "An interactive shell for getting topic-partition offsets."
    static let flags = [
        Flag.bootstrapServer, Flag.commandConfig, Flag.zookeeper,
        Flag("topic", .value("regex"), "Topics to ask for; all if left out."),
        Flag("partitions", .value("0,1,..."), "Partitions to ask for; all if left out."),
        Flag(
            "topic-partitions", .value("t:0,u:1-3,..."),
            "Topics and partitions, instead of the two."),
        Flag(
            "time", .value("time"),
            "latest (default), earliest, max-timestamp, earliest-local, latest-tiered, "
                + "earliest-pending-upload, -1 to -6, or milliseconds since 1970."),
        Flag("exclude-internal-topics", "Leave out the cluster's own topics."),
    ]

    static func run(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        if arguments.has("topic-partitions"),
            arguments.has("topic") || arguments.has("partitions")
        {
            throw .failed("--topic-partitions cannot be used with --topic or --partitions")
        }
        let spec = try spec(arguments.value("time") ?? "latest")
        let filter = try PartitionFilter(arguments)
        let admin = try await host.admin(arguments)
        let topics = try await reporting { () async throws(ClientError) in
            try await admin.listTopics()
        }
        let wanted = topics.flatMap { topic -> [TopicPartition] in
            if arguments.has("exclude-internal-topics"), topic.isInternal { return [] }
            return topic.partitions.map { TopicPartition(topic.name, $0.partition) }
                .filter(filter.isWanted)
        }.sorted()
        guard !wanted.isEmpty else {
            await admin.close()
            throw .failed("Could not match any topic-partitions with the specified filters")
        }
        let found = try await reporting { () async throws(ClientError) in
            try await admin.listOffsets(wanted.map { (partition: $0, spec: spec) })
        }
        for (partition, result) in found {
            switch result {
            case .success(let listed):
                guard listed.offset != .none else { continue }
                host.output.line(
                    "\(partition.topic):\(partition.partition):\(listed.offset.rawValue)")
            case .failure(let error):
                host.output.error(
                    "Skip getting offsets for topic-partition \(partition) due to error: "
                        + error.description)
            }
        }
        await admin.close()
        return ExitCode.success
    }

    static func spec(_ text: String) throws(ToolFailure) -> OffsetSpec {
        switch text {
        case "latest", "-1": return .latest
        case "earliest", "-2": return .earliest
        case "max-timestamp", "-3": return .maxTimestamp
        case "earliest-local", "-4": return .earliestLocal
        case "latest-tiered", "-5": return .latestTiered
        case "earliest-pending-upload", "-6": return .earliestPendingUpload
        default:
            guard let time = Int64(text), time >= 0 else {
                throw .failed(
                    "Malformed time argument \(text). Please use -1 or latest / -2 or earliest / "
                        + "-3 or max-timestamp / -4 or earliest-local / -5 or latest-tiered / "
                        + "-6 or earliest-pending-upload, or a specified long format timestamp")
            }
            return .timestamp(Timestamp(time))
        }
    }
}

/// Which partitions `get-offsets` was asked for.
struct PartitionFilter {
    private struct Rule {
        let pattern: TopicPattern?
        let partitions: ClosedRange<Int32>?
    }
    private var rules: [Rule] = []

    init(_ arguments: Arguments) throws(ToolFailure) {
        if let text = arguments.value("topic-partitions") {
            for part in text.split(separator: ",") { rules.append(try Self.rule(String(part))) }
            return
        }
        var pattern: TopicPattern?
        if let text = arguments.value("topic") { pattern = try TopicPattern(text) }
        guard let text = arguments.value("partitions") else {
            rules = [Rule(pattern: pattern, partitions: nil)]
            return
        }
        for part in text.split(separator: ",") {
            rules.append(Rule(pattern: pattern, partitions: try Self.range(String(part))))
        }
    }

    /// `topic`, `topic:3`, `topic:0-3`, `topic:2-`, `topic:-4`, `:3`; ends are left out.
    private static func rule(_ text: String) throws(ToolFailure) -> Rule {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let topic = String(parts[0])
        let pattern = topic.isEmpty ? nil : try TopicPattern(topic)
        guard parts.count > 1, !parts[1].isEmpty else {
            return Rule(pattern: pattern, partitions: nil)
        }
        return Rule(pattern: pattern, partitions: try range(String(parts[1])))
    }

    private static func range(_ text: String) throws(ToolFailure) -> ClosedRange<Int32> {
        let bad = ToolFailure.failed("Invalid partition range '\(text)'")
        guard let dash = text.firstIndex(of: "-") else {
            guard let number = Int32(text), number >= 0 else { throw bad }
            return number...number
        }
        let low = text[..<dash]
        let high = text[text.index(after: dash)...]
        guard let from = low.isEmpty ? 0 : Int32(low), from >= 0 else { throw bad }
        guard let to = high.isEmpty ? Int32.max : Int32(high).map({ $0 - 1 }), to >= from else {
            throw bad
        }
        return from...to
    }

    func isWanted(_ partition: TopicPartition) -> Bool {
        rules.contains { rule in
            (rule.pattern?.matches(partition.topic) ?? true)
                && (rule.partitions?.contains(partition.partition) ?? true)
        }
    }
}
