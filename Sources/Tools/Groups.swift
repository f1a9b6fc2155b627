internal import Client
internal import Model

/// `kafka-groups`: groups of every kind.
enum Groups: Tool {
    static let name = "groups"
    static let summary = "List the groups of the cluster, of every kind."
    static let flags = [
        Flag.bootstrapServer, Flag.commandConfig, Flag.timeout,
        Flag("list", "List groups."),
        Flag(
            "group-type", .value("type"),
            "Only groups of this type: classic, consumer, share, streams."),
        Flag("protocol", .value("protocol"), "Only groups whose members speak this protocol."),
        Flag("consumer", "Only groups of consumers."),
        Flag("share", "Only share groups."),
        Flag("streams", "Only streams groups."),
    ]

    static func run(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        guard arguments.has("list") else {
            throw .usage("Command must include exactly one action: --list")
        }
        try arguments.exclude("consumer", "share")
        try arguments.exclude("consumer", "streams")
        try arguments.exclude("share", "streams")
        for kind in ["consumer", "share", "streams"] {
            try arguments.exclude(kind, "group-type")
            try arguments.exclude(kind, "protocol")
        }
        let type = try type(arguments)
        let admin = try await host.admin(arguments)
        let groups = try await reporting { () async throws(ClientError) in
            try await admin.listGroups()
        }
        await admin.close()
        let wanted = groups.filter { group in
            if let type, group.type.lowercased() != type { return false }
            if let proto = arguments.value("protocol"), group.protocolType != proto { return false }
            return !arguments.has("consumer") || isOfConsumers(group)
        }
        for line in table(wanted) { host.output.line(line) }
        return ExitCode.success
    }

    private static func type(_ arguments: Arguments) throws(ToolFailure) -> String? {
        if arguments.has("share") { return "share" }
        if arguments.has("streams") { return "streams" }
        guard let text = arguments.value("group-type")?.lowercased() else { return nil }
        let types = GroupListing.types
        guard types.contains(where: { $0.lowercased() == text }) else {
            throw .usage(
                "Invalid types list '\(text)'. Valid types are: \(types.joined(separator: ", "))")
        }
        return text
    }

    /// Whether consumers made it: by the new protocol, by the classic one, or by committing only.
    static func isOfConsumers(_ group: GroupListing) -> Bool {
        switch group.type {
        case "Consumer": true
        case "Classic", "": group.protocolType == "consumer" || group.protocolType.isEmpty
        default: false
        }
    }

    /// Three columns of the same width.
    static func table(_ groups: [GroupListing]) -> [String] {
        let rows = groups.map { [$0.id, $0.type, $0.protocolType] }
        let width = GroupReport.width(rows.flatMap { $0 })
        return GroupReport.table(
            [["GROUP", "TYPE", "PROTOCOL"]] + rows, widths: [width, width, width])
    }
}
