internal import Client
internal import Model

/// `kafka-consumer-groups --reset-offsets`: sets what groups without members have committed, or shows what it
/// would set.
struct OffsetResetter {
    static let flags = [
        Flag("topic", .values("topic[:0,1]"), "Topics, or partitions of one."),
        Flag("all-topics", "All topics the group has offsets of."),
        Flag("to-earliest", "To the oldest record."),
        Flag("to-latest", "To the end."),
        Flag("to-current", "To what is committed now."),
        Flag("to-offset", .value("offset"), "To this offset."),
        Flag("shift-by", .value("n"), "By so many records, back if negative."),
        Flag("to-datetime", .value("time"), "To a time: YYYY-MM-DDThh:mm:ss.sss"),
        Flag("by-duration", .value("duration"), "To so long ago: PnDTnHnMnS"),
        Flag("from-file", .value("file"), "As a file of --export says."),
        Flag("dry-run", "Only show what would be set: the default."),
        Flag("execute", "Set it."),
        Flag("export", "Print as csv."),
    ]

    /// Where to go.
    enum Method: Hashable {
        case earliest
        case latest
        case current
        case offset(Int64)
        case shift(Int64)
        case time(Timestamp)
        case duration(Duration)
        case file(String)
    }

    let arguments: Arguments
    let host: ToolHost
    let method: Method

    private static let methods = [
        "to-earliest", "to-latest", "to-current", "to-offset", "shift-by", "to-datetime",
        "by-duration", "from-file",
    ]

    init(_ arguments: Arguments, _ host: ToolHost) throws(ToolFailure) {
        self.arguments = arguments
        self.host = host
        try arguments.exclude("dry-run", "execute")
        try arguments.exclude("topic", "all-topics")
        let given = Self.methods.filter(arguments.has)
        guard given.count == 1 else {
            throw .usage(
                "Option \"[reset-offsets]\" takes exactly one of these options: "
                    + Self.methods.map { "[\($0)]" }.joined(separator: ", "))
        }
        method = try Self.method(given[0], arguments)
        if case .file = method { return }
        guard arguments.has("topic") || arguments.has("all-topics") else {
            throw .usage(
                "One of the reset scopes should be defined: --all-topics, --topic.")
        }
    }

    private static func method(
        _ flag: String, _ arguments: Arguments
    ) throws(ToolFailure) -> Method {
        switch flag {
        case "to-earliest": return .earliest
        case "to-latest": return .latest
        case "to-current": return .current
        case "to-offset": return .offset(try arguments.number(flag) ?? 0)
        case "shift-by": return .shift(try arguments.number(flag) ?? 0)
        case "to-datetime":
            let text = try arguments.required(flag)
            guard let time = TimeText.parse(text) else {
                throw .failed("Unparseable date: \"\(text)\"; write YYYY-MM-DDThh:mm:ss.sss")
            }
            return .time(time)
        case "by-duration":
            let text = try arguments.required(flag)
            guard let length = DurationText.parse(text) else {
                throw .failed("Text cannot be parsed to a Duration: \(text); write PnDTnHnMnS")
            }
            return .duration(length)
        default: return .file(try arguments.required(flag))
        }
    }

    typealias Plan = [(group: String, partition: TopicPartition, offset: Offset)]

    func run(_ admin: Admin, _ host: ToolHost) async throws(ToolFailure) -> Int32 {
        let groups = try await ConsumerGroups.groups(arguments, admin)
        let plans = try filePlans(groups)
        var plan: Plan = []
        var isWhole = true
        for group in groups {
            guard try await isInactive(group, admin) else {
                isWhole = false
                continue
            }
            let offsets: [TopicPartition: Offset]
            if let plans {
                guard let mine = plans[group] else {
                    host.output.line("\nError: No reset plan for group \(group) found.")
                    isWhole = false
                    continue
                }
                _ = try await Self.existing(
                    mine.keys.sorted().map { "\($0.topic):\($0.partition)" }, admin)
                offsets = try await within(mine, admin)
            } else {
                offsets = try await self.offsets(of: group, admin)
            }
            if arguments.has("execute") { try await set(offsets, group, admin) }
            plan += offsets.sorted { $0.key < $1.key }.map { (group, $0.key, $0.value) }
        }
        if arguments.has("export") {
            for line in GroupReport.csv(plan, groups: groups.count) { host.output.line(line) }
        } else {
            host.output.line()
            for line in GroupReport.reset(plan) { host.output.line(line) }
        }
        return isWhole ? ExitCode.success : ExitCode.failure
    }

    /// Offsets of a group with members would be overwritten by them.
    private func isInactive(_ group: String, _ admin: Admin) async throws(ToolFailure) -> Bool {
        let state: String
        do {
            state = try await admin.describeGroup(group).state
        } catch .refused(.groupIdNotFound, _) {
            return true
        } catch {
            throw .failed("Error: \(error.description)")
        }
        guard state != "Empty", state != "Dead" else { return true }
        host.output.line(
            "\nError: Assignments can only be reset if the group '\(group)' is inactive, but the "
                + "current state is \(state).")
        return false
    }

    private func set(
        _ offsets: [TopicPartition: Offset], _ group: String, _ admin: Admin
    ) async throws(ToolFailure) {
        let committed = offsets.mapValues { CommittedOffset($0) }
        let results = try await reporting("Error: ") { () async throws(ClientError) in
            try await admin.alterGroupOffsets(group, committed)
        }
        for (partition, failure) in results {
            if let failure { throw .failed("Error: \(group) \(partition): \(failure.description)") }
        }
    }
}
