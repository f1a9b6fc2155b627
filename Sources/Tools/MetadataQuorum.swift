internal import Client
internal import Model

/// `kafka-metadata-quorum`: who leads the metadata quorum, how far its replicas are, and who votes.
enum MetadataQuorum: Tool {
    static let name = "metadata-quorum"
    static let summary = "Describe the metadata quorum and change its voters."
    static let synopsis =
        "--bootstrap-server host:port (describe (--status | --replication) | add-controller "
        + "| remove-controller)"
    static let positionalsMax = 1
    static let helpCode: Int32 = ExitCode.success
    static let flags = [
        Flag(
            "bootstrap-server", .value("host:port,..."), "Brokers to connect to.", letter: "b",
            aliases: ["broker-list"]),
        Flag(
            "bootstrap-controller", .value("host:port,..."),
            "Controllers to connect to, instead of brokers.", letter: "C"),
        Flag.commandConfig, Flag.zookeeper,
        Flag("status", "Show leader, epoch, voters and lag.", letter: "s"),
        Flag("replication", "Show each replica's progress.", letter: "r"),
        Flag("human-readable", "Show times as ago.", letter: "H", aliases: ["hr"]),
        Flag("controller-id", .value("id"), "The controller to remove.", letter: "i"),
        Flag(
            "controller-directory-id", .value("id"), "Its directory id: see describe --status.",
            letter: "d"),
        Flag("dry-run", "Say what would be done, and do not do it."),
    ]

    static func run(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        switch arguments.positionals.first {
        case "describe": break
        case "add-controller":
            try await addController(arguments, on: host)
            return ExitCode.success
        case "remove-controller":
            try await removeController(arguments, on: host)
            return ExitCode.success
        case let other?:
            throw .usage(
                "invalid choice: '\(other)' (choose from 'describe', 'add-controller', "
                    + "'remove-controller')")
        case nil: throw .usage("too few arguments")
        }
        if arguments.has("status"), arguments.has("replication") {
            throw .failed(
                "Only one of --status or --replication should be specified with "
                    + "describe sub-command")
        }
        guard arguments.has("status") || arguments.has("replication") else {
            throw .failed(
                "One of --status or --replication must be specified with describe "
                    + "sub-command")
        }
        if arguments.has("status"), arguments.has("human-readable") {
            throw .failed("--human-readable is only available with --replication")
        }
        let admin = try await host.admin(arguments)
        let quorum = try await reporting { () async throws(ClientError) in
            try await admin.describeQuorum()
        }
        if arguments.has("status") {
            let cluster = try await reporting { () async throws(ClientError) in
                try await admin.describeCluster()
            }
            for line in status(quorum, clusterID: cluster.clusterID) { host.output.line(line) }
        } else {
            let now = await admin.wallTime()
            let isHuman = arguments.has("human-readable")
            for line in replication(quorum, now: now, isHuman: isHuman) { host.output.line(line) }
        }
        await admin.close()
        return ExitCode.success
    }

    // MARK: Lines

    static func status(_ quorum: QuorumDescription, clusterID: String) -> [String] {
        let leader = quorum.voters.first { $0.id == quorum.leaderID }
        let lags = quorum.voters.map { (leader?.logEndOffset ?? $0.logEndOffset) - $0.logEndOffset }
        let rows: [(String, String)] = [
            ("ClusterId:", clusterID),
            ("LeaderId:", String(quorum.leaderID.rawValue)),
            ("LeaderEpoch:", String(quorum.leaderEpoch.rawValue)),
            ("HighWatermark:", String(quorum.highWatermark.rawValue)),
            ("MaxFollowerLag:", String(lags.max() ?? 0)),
            ("MaxFollowerLagTimeMs:", String(lagTime(quorum, leader))),
            ("CurrentVoters:", list(quorum.voters, quorum)),
            ("CurrentObservers:", list(quorum.observers, quorum)),
        ]
        return rows.map { Format.left($0.0, 23) + $0.1 }
    }

    /// How long ago the slowest voter was caught up, by the leader's clock: 0 if all are, -1 if not known.
    private static func lagTime(_ quorum: QuorumDescription, _ leader: QuorumReplica?) -> Int64 {
        guard let leader else { return -1 }
        let others = quorum.voters.filter { $0.id != leader.id }
        if others.isEmpty { return 0 }
        if others.contains(where: { $0.lastCaughtUp == .none }) { return -1 }
        let oldest = others.map(\.lastCaughtUp.rawValue).min() ?? 0
        let hasLag = others.contains { $0.logEndOffset < leader.logEndOffset }
        return hasLag ? max(0, leader.lastCaughtUp.rawValue - oldest) : 0
    }

    private static func list(_ replicas: [QuorumReplica], _ quorum: QuorumDescription) -> String {
        let entries = replicas.map { replica in
            var parts = ["\"id\": \(replica.id.rawValue)"]
            if replica.directoryID != .unassigned {
                parts.append("\"directoryId\": \"\(replica.directoryID)\"")
            } else {
                parts.append("\"directoryId\": null")
            }
            if let endpoints = quorum.endpoints[replica.id], !endpoints.isEmpty {
                let texts = endpoints.map { "\"\($0.listener)://\(address(of: $0))\"" }
                parts.append("\"endpoints\": [\(texts.joined(separator: ", "))]")
            }
            return "{\(parts.joined(separator: ", "))}"
        }
        return "[\(entries.joined(separator: ", "))]"
    }

    static func address(of endpoint: Endpoint) -> String {
        ServerAddress(host: endpoint.host, port: endpoint.port).description
    }

    static func replication(
        _ quorum: QuorumDescription, now: Timestamp, isHuman: Bool
    ) -> [String] {
        let leader = quorum.voters.first { $0.id == quorum.leaderID }
        let end = leader?.logEndOffset ?? .zero
        var rows = [
            [
                "NodeId", "DirectoryId", "LogEndOffset", "Lag", "LastFetchTimestamp",
                "LastCaughtUpTimestamp", "Status",
            ]
        ]
        func time(_ timestamp: Timestamp) -> String {
            guard isHuman, timestamp != .none else { return String(timestamp.rawValue) }
            return "\(now.rawValue - timestamp.rawValue) ms ago"
        }
        func add(_ replica: QuorumReplica, _ status: String) {
            rows.append([
                String(replica.id.rawValue), replica.directoryID.description,
                String(replica.logEndOffset.rawValue), String(end - replica.logEndOffset),
                time(replica.lastFetch), time(replica.lastCaughtUp), status,
            ])
        }
        if let leader { add(leader, "Leader") }
        for voter in quorum.voters where voter.id != quorum.leaderID { add(voter, "Follower") }
        for observer in quorum.observers { add(observer, "Observer") }
        return Format.tabbed(rows)
    }
}
