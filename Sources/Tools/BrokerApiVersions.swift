internal import Client
internal import Model
internal import Wire

/// `kafka-broker-api-versions`: what each server speaks, and which version a client would use.
enum BrokerApiVersions: Tool {
    static let name = "broker-api-versions"
    static let summary = "Retrieve broker version information."
    static let flags = [
        Flag.bootstrapServer, Flag.bootstrapController, Flag.commandConfig, Flag.zookeeper,
        Flag.timeout,
    ]

    static func run(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        let admin = try await host.admin(arguments)
        let cluster = try await reporting { () async throws(ClientError) in
            try await admin.describeCluster()
        }
        var code = ExitCode.success
        for node in cluster.nodes {
            let head =
                "\(node.address) (id: \(node.id.rawValue) rack: \(node.rack ?? "null") "
                + "isFenced: \(node.isFenced)) -> "
            do {
                let versions = try await admin.apiVersions(of: node.id)
                host.output.line(head + "(")
                let lines = lines(versions, isController: arguments.has("bootstrap-controller"))
                host.output.line(lines.joined(separator: ",\n"))
                host.output.line(")")
            } catch {
                host.output.line(head + "ERROR: \(error.description)")
                code = ExitCode.failure
            }
        }
        await admin.close()
        return code
    }

    /// One line for each API, ascending by key; those of the client that are not offered too.
    static func lines(_ versions: NodeApiVersions, isController: Bool) -> [String] {
        let offered = versions.entries.sorted { $0.key < $1.key }
        var lines: [(key: Int16, text: String)] = offered.map { entry in
            (entry.key, line(entry))
        }
        for facts in ApiKey.all where isController ? facts.isOnControllers : facts.isOnBrokers {
            guard !offered.contains(where: { $0.key == facts.key.rawValue }) else { continue }
            lines.append(
                (facts.key.rawValue, "\t\(facts.name)(\(facts.key.rawValue)): UNSUPPORTED"))
        }
        return lines.sorted { $0.key < $1.key }.map(\.text)
    }

    private static func line(_ entry: NodeApiVersions.Entry) -> String {
        let range = entry.min == entry.max ? "\(entry.min)" : "\(entry.min) to \(entry.max)"
        guard let facts = ApiKey(rawValue: entry.key).facts else {
            return "\tUNKNOWN(\(entry.key)): \(range)"
        }
        let ours = facts.stableVersions
        let usable =
            if ours.upperBound < entry.min {
                "unusable: node too new"
            } else if ours.lowerBound > entry.max {
                "unusable: node too old"
            } else {
                "usable: \(min(ours.upperBound, entry.max))"
            }
        return "\t\(facts.name)(\(entry.key)): \(range) [\(usable)]"
    }
}
