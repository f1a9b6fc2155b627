internal import Client
internal import Model
internal import Patterns

/// `kafka-consumer-groups`: groups of consumers, what they have read and how far they are behind.
enum ConsumerGroups: Tool {
    static let name = "consumer-groups"
    static let summary = "List, describe, delete and reset groups of consumers."
    static let flags =
        [
            Flag.bootstrapServer, Flag.commandConfig, Flag.zookeeper,
            Flag("timeout", .value("ms"), "How long to wait for the cluster: 30000."),
            Flag("list", "List groups."),
            Flag("describe", "Describe groups: what is committed, and the lag."),
            Flag("delete", "Delete groups without members."),
            Flag("delete-offsets", "Forget committed offsets of topics that no member reads."),
            Flag("reset-offsets", "Set committed offsets of groups without members."),
            Flag("remove-members", "Remove members from a classic group: ours."),
            Flag("validate-regex", .value("regex"), "Check a pattern."),
            Flag("group", .values("id"), "A group; may be given several times."),
            Flag("all-groups", "All groups."),
            Flag("offsets", "With --describe: the default."),
            Flag("members", "With --describe: the members."),
            Flag("member", .values("id"), "With --remove-members: only this member id."),
            Flag("instance", .values("id"), "With --remove-members: only this static member."),
            Flag("state", .optional("states"), "With --describe or --list: states."),
            Flag("type", .optional("types"), "With --list: classic, consumer."),
            Flag("history", "With --describe: why it rebalanced; ours."),
            Flag("verbose", "With --describe: more columns."),
            Flag("lag-time", "With --describe: the lag in seconds too; ours."),
        ] + OffsetResetter.flags

    private static let actions = [
        "list", "describe", "delete", "reset-offsets", "delete-offsets", "remove-members",
        "validate-regex",
    ]

    static func run(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        let action = try arguments.only(of: actions)
        if action == "validate-regex" { return validate(try arguments.required(action), host) }
        try check(arguments, action)
        let limit = try arguments.number("timeout", in: 1...Int64(Int32.max)) ?? 30_000
        let admin = try await host.admin(arguments, limit: .milliseconds(limit))
        let code: Int32
        switch action {
        case "list": code = try await list(arguments, admin, host)
        case "describe": code = try await GroupDescriber(arguments).run(admin, host)
        case "delete": code = try await delete(arguments, admin, host)
        case "delete-offsets": code = try await deleteOffsets(arguments, admin, host)
        case "remove-members": code = try await removeMembers(arguments, admin, host)
        default: code = try await OffsetResetter(arguments, host).run(admin, host)
        }
        await admin.close()
        return code
    }

    private static func check(_ arguments: Arguments, _ action: String) throws(ToolFailure) {
        try arguments.exclude("group", "all-groups")
        if action != "list", !arguments.has("group"), !arguments.has("all-groups") {
            throw .usage("Option \"[\(action)]\" takes one of these options: [all-groups], [group]")
        }
        // An empty name is no group, and an empty list of names would be answered by silence.
        if arguments.has("group"), names(arguments).contains("") {
            throw .failed("Error: The configured groupId is invalid.")
        }
        let views = ["offsets", "members", "state", "history"].filter(arguments.has)
        if action == "describe", views.count > 1 {
            throw .usage(
                "Option \"[describe]\" takes at most one of these options: [members], [offsets], "
                    + "[state], [history]")
        }
        if action == "delete", arguments.has("topic") {
            throw .usage(
                "The consumer does not support topic-specific offset deletion from a consumer group."
            )
        }
        if action == "delete-offsets" {
            guard arguments.has("topic"), arguments.has("group") else {
                throw .usage(
                    "Option \"[delete-offsets]\" takes the following options: [topic], [group]")
            }
        }
    }

    private static func validate(_ text: String, _ host: ToolHost) -> Int32 {
        do throws(PatternError) {
            // By the library that matches it on the broker.
            _ = try Patterns.TopicPattern.compile(text)
            host.output.line("The regular expression `\(text)` is valid.")
            return ExitCode.success
        } catch {
            host.output.line("The regular expression `\(text)` is invalid: \(error).")
            return ExitCode.failure
        }
    }

    /// The groups that are named.
    private static func names(_ arguments: Arguments) -> [String] {
        arguments.values("group").flatMap {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// The groups that a command is about.
    static func groups(
        _ arguments: Arguments, _ admin: Admin
    ) async throws(ToolFailure) -> [String] {
        guard arguments.has("all-groups") else { return names(arguments) }
        let all = try await reporting { () async throws(ClientError) in
            try await admin.listGroups()
        }
        return all.filter(Groups.isOfConsumers).map(\.id)
    }

    // MARK: Listing

    /// States as Kafka names them.
    private static let states = [
        "Stable", "Empty", "PreparingRebalance", "CompletingRebalance", "Assigning", "Reconciling",
        "Dead",
    ]

    private static func list(
        _ arguments: Arguments, _ admin: Admin, _ host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        let states = try choice("state", states, arguments)
        let types = try choice("type", ["Classic", "Consumer"], arguments)
        let groups = try await reporting { () async throws(ClientError) in
            try await admin.listGroups(states: states, types: types)
        }.filter(Groups.isOfConsumers)
        guard arguments.has("state") || arguments.has("type") else {
            for group in groups { host.output.line(group.id) }
            return ExitCode.success
        }
        let lines = GroupReport.list(
            groups, types: arguments.has("type"), states: arguments.has("state"))
        for line in lines { host.output.line(line) }
        return ExitCode.success
    }

    /// The names in a flag's list, as Kafka spells them.
    static func choice(
        _ flag: String, _ known: [String], _ arguments: Arguments
    ) throws(ToolFailure) -> [String] {
        guard let text = arguments.value(flag), !text.isEmpty else { return [] }
        var chosen: [String] = []
        for part in text.split(separator: ",") {
            let word = part.drop { $0 == " " }.lowercased()
            guard let name = known.first(where: { $0.lowercased() == word }) else {
                throw .usage(
                    "Invalid \(flag) list '\(text)'. Valid \(flag)s are: "
                        + known.joined(separator: ", "))
            }
            chosen.append(name)
        }
        return chosen
    }

    // MARK: Deleting

    private static func delete(
        _ arguments: Arguments, _ admin: Admin, _ host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        let ids = try await groups(arguments, admin)
        let results = await admin.deleteGroups(ids)
        let gone = results.filter { $0.failure == nil }.map { "'\($0.id)'" }
        let failed = results.filter { $0.failure != nil }
        guard !failed.isEmpty else {
            host.output.line(
                "Deletion of requested consumer groups (\(gone.joined(separator: ", "))) was "
                    + "successful.")
            return ExitCode.success
        }
        host.output.line("\nError: Deletion of some consumer groups failed:")
        for result in failed {
            host.output.line(
                "* Group '\(result.id)' could not be deleted due to: "
                    + (result.failure?.description ?? ""))
        }
        if !gone.isEmpty {
            host.output.line(
                "\nThese consumer groups were deleted successfully: "
                    + gone.joined(separator: ", "))
        }
        return ExitCode.failure
    }

    private static func deleteOffsets(
        _ arguments: Arguments, _ admin: Admin, _ host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        guard let group = arguments.value("group") else { return ExitCode.failure }
        let (known, unknown) = try await OffsetResetter.partitions(
            of: arguments.values("topic"), admin)
        var rows: [(topic: String, partition: Int32?, failure: ClientError?)] = unknown.map {
            ($0, nil, .refused(.unknownTopicOrPartition, message: nil))
        }
        if !known.isEmpty {
            let results = try await reporting("\nError: ") { () async throws(ClientError) in
                try await admin.deleteGroupOffsets(group, of: known)
            }
            rows += results.map { ($0.partition.topic, $0.partition.partition, $0.failure) }
        }
        let isWhole = rows.allSatisfy { $0.failure == nil }
        host.output.line(
            isWhole
                ? "Request succeeded for deleting offsets from group \(group)."
                : "\nError: Encountered some partition-level error, see the follow-up details.")
        host.output.line()
        for line in GroupReport.deleted(
            rows.sorted { ($0.topic, $0.partition ?? -1) < ($1.topic, $1.partition ?? -1) })
        {
            host.output.line(line)
        }
        return isWhole ? ExitCode.success : ExitCode.failure
    }

    /// Members by id or instance; all of the group's if none is named.
    private static func removeMembers(
        _ arguments: Arguments, _ admin: Admin, _ host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        var isWhole = true
        for id in try await groups(arguments, admin) {
            var names =
                arguments.values("member").map { GroupMemberName.memberID($0) }
                + arguments.values("instance").map { GroupMemberName.instanceID($0) }
            if names.isEmpty {
                let group = try await reporting { () async throws(ClientError) in
                    try await admin.describeGroup(id)
                }
                names = group.members.map { member in
                    member.instanceID.map { .instanceID($0) } ?? .memberID(member.id)
                }
            }
            guard !names.isEmpty else { continue }
            let wanted = names
            let results = try await reporting { () async throws(ClientError) in
                try await admin.removeMembers(wanted, from: id, reason: "removed by an operator")
            }
            for (member, failure) in results {
                isWhole = isWhole && failure == nil
                let name: String
                switch member {
                case .memberID(let id), .instanceID(let id): name = id
                }
                host.output.line(
                    "\(id) \(name) " + (failure.map { "Error: \($0.description)" } ?? "Removed"))
            }
        }
        return isWhole ? ExitCode.success : ExitCode.failure
    }
}
