internal import Bytes
internal import Client
internal import Configuration
internal import Metadata
internal import Model
internal import Ports

/// Where the nodes of `martlet up` listen and what they keep.
struct UpPlan: Sendable {
    /// One node.
    struct Node: Hashable, Sendable {
        let id: Int32
        let clientPort: UInt16
        let controllerPort: UInt16
        let httpPort: UInt16
        /// `DIR/node-n`.
        let directory: String

        var data: String { directory + "/data" }
        var configuration: String { directory + "/server.properties" }
        var log: String { directory + "/server.log" }
    }

    let nodeCount: Int
    let basePort: UInt16
    let directory: String
    let nodes: [Node]

    static let controllerPortDistance: UInt16 = 1_000
    /// So that the usual client port 9092 gives the usual 9644.
    static let httpPortDistance: UInt16 = 552

    init(nodeCount: Int, basePort: UInt16, directory: String) {
        self.nodeCount = nodeCount
        self.basePort = basePort
        self.directory = directory
        nodes = (0..<nodeCount).map { index in
            let port = basePort + UInt16(index)
            return Node(
                id: Int32(index + 1), clientPort: port,
                controllerPort: port + Self.controllerPortDistance,
                httpPort: port + Self.httpPortDistance,
                directory: "\(directory)/node-\(index + 1)")
        }
    }

    /// For clients.
    var servers: [ServerAddress] {
        nodes.map { ServerAddress(host: "localhost", port: $0.clientPort) }
    }

    // MARK: The mark of an earlier start

    private var markPath: String { directory + "/up.properties" }

    private var mark: String { "nodes=\(nodeCount)\nbase.port=\(basePort)\n" }

    /// Refuses a directory that was made for another number of nodes or other ports: its voters are at
    /// those.
    func checkMark(_ host: ToolHost) throws(ToolFailure) {
        guard host.fileSystem.exists(markPath) else { return }
        let properties = try host.properties(ofFile: markPath)
        let nodes = properties["nodes"] ?? "?"
        let port = properties["base.port"] ?? "?"
        guard nodes == String(nodeCount), port == String(basePort) else {
            throw .failed(
                "\(directory) holds a cluster made with --nodes \(nodes) --base-port \(port): say so "
                    + "again, or choose another --dir")
        }
    }

    // MARK: Files

    /// Writes configurations that are missing and formats directories that are not.
    func prepare(
        _ host: ToolHost, entropy: any Entropy, now: Timestamp
    ) throws(ToolFailure) {
        guard !host.fileSystem.exists(markPath) else { return }
        let clusterID = UUID.random { entropy.next() }.description
        let controllers = nodes.map { node in
            StorageFormat.InitialController(
                id: BrokerID(node.id), host: "localhost", port: node.controllerPort,
                directoryID: DirectoryID(UUID.random { entropy.next() }))
        }
        for node in nodes {
            try host.write(configuration(of: node), to: node.configuration, in: node.directory)
            let format = StorageFormat(
                clusterID: clusterID, nodeID: BrokerID(node.id), directories: [node.data],
                metadataDirectory: node.data, controllerListener: "CONTROLLER",
                initialControllers: controllers, levels: BootstrapRecords.levels,
                ignoresFormatted: false)
            _ = try format.run(on: host.fileSystem, entropy: entropy, now: now)
        }
        // Last: a directory that has it is whole.
        try host.write(mark, to: markPath, in: directory)
    }

    func configuration(of node: Node) -> String {
        let controllers = nodes.map { "localhost:\($0.controllerPort)" }.joined(separator: ",")
        let replicas = min(nodeCount, 3)
        return """
            # Node \(node.id) of \(nodeCount), written by `martlet up`.
            process.roles=broker,controller
            node.id=\(node.id)
            listeners=PLAINTEXT://localhost:\(node.clientPort),CONTROLLER://localhost:\(node.controllerPort)
            advertised.listeners=PLAINTEXT://localhost:\(node.clientPort)
            controller.listener.names=CONTROLLER
            controller.quorum.bootstrap.servers=\(controllers)
            log.dirs=\(node.data)
            default.replication.factor=\(replicas)
            min.insync.replicas=\(max(1, replicas - 1))
            offsets.topic.replication.factor=\(replicas)
            transaction.state.log.replication.factor=\(replicas)
            transaction.state.log.min.isr=\(max(1, replicas - 1))
            http.listener=127.0.0.1:\(node.httpPort)

            """
    }
}
