internal import Client
internal import Model

/// `kafka-cluster`: the cluster's id, its nodes, and brokers that are gone for good.
enum ClusterTool: Tool {
    static let name = "cluster"
    static let summary = "Show the cluster's id and nodes, or drop the registration of a broker."
    static let synopsis = "(cluster-id | unregister | list-endpoints | api-versions)"
    static let positionalsMax = 1
    static let flags = [
        Flag("bootstrap-server", .value("host:port,..."), "Brokers to connect to.", letter: "b"),
        Flag(
            "bootstrap-controller", .value("host:port,..."),
            "Controllers to connect to, instead of brokers.", letter: "C"),
        Flag(
            "command-config", .value("file"), "Client properties.", letter: "c",
            aliases: ["config"]),
        Flag("id", .value("id"), "The broker to unregister.", letter: "i"),
        Flag("include-fenced-brokers", "List fenced brokers too."),
    ]

    static func run(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        let word = arguments.positionals.first
        var unregistered: BrokerID?
        switch word {
        case "cluster-id", "list-endpoints", "api-versions": break
        case "unregister":
            guard let id = try arguments.number("id", in: 0...Int64(Int32.max)) else {
                throw .usage("argument --id/-i is required")
            }
            unregistered = BrokerID(Int32(id))
        case nil: throw .usage("too few arguments")
        case let word?:
            throw .usage(
                "invalid choice: '\(word)' (choose from 'cluster-id', 'unregister', "
                    + "'list-endpoints', 'api-versions')")
        }
        if word == "api-versions" { return try await BrokerApiVersions.run(arguments, on: host) }
        let isController = arguments.has("bootstrap-controller")
        let isWithFenced = arguments.has("include-fenced-brokers")
        if isController, isWithFenced {
            throw .failed(
                "The option --include-fenced-brokers is only supported with --bootstrap-server option"
            )
        }
        let admin = try await host.admin(arguments)
        if let unregistered {
            try await reporting { () async throws(ClientError) in
                try await admin.unregisterBroker(unregistered)
            }
            host.output.line("Broker \(unregistered.rawValue) is no longer registered.")
        } else {
            let cluster = try await reporting { () async throws(ClientError) in
                try await admin.describeCluster(includingFenced: isWithFenced)
            }
            let lines =
                word == "cluster-id"
                ? ["Cluster ID: \(cluster.clusterID)"]
                : endpoints(cluster.nodes, ofControllers: isController)
            for line in lines { host.output.line(line) }
        }
        await admin.close()
        return ExitCode.success
    }

    /// One row for each node. Controllers are never fenced.
    static func endpoints(_ nodes: [NodeDescription], ofControllers: Bool) -> [String] {
        let hosts = GroupReport.width(nodes.map(\.address.host), least: 0)
        let racks = GroupReport.width(nodes.map { $0.rack ?? "null" }, least: 0)
        var rows = [["ID", "HOST", "PORT", "RACK"] + (ofControllers ? [] : ["STATE"])]
        rows[0].append("ENDPOINT_TYPE")
        for node in nodes {
            var row = [
                "\(node.id.rawValue)", node.address.host, "\(node.address.port)",
                node.rack ?? "null",
            ]
            if !ofControllers { row.append(node.isFenced ? "fenced" : "unfenced") }
            row.append(ofControllers ? "controller" : "broker")
            rows.append(row)
        }
        let widths = [10, hosts, 10, racks] + (ofControllers ? [] : [10]) + [15]
        return GroupReport.table(rows, widths: widths)
    }
}
