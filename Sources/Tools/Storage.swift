internal import Configuration
internal import LogStorage
internal import Metadata
internal import Model
internal import Platform
internal import Ports

/// `kafka-storage`: prepares and describes a node's directories. It reads the server's own file.
enum Storage: Tool {
    static let name = "storage"
    static let summary = "Prepare and describe the directories of a node."
    static let synopsis = "(info | format | version-mapping | feature-dependencies | random-uuid)"
    static let positionalsMax = 1
    static let helpCode: Int32 = ExitCode.success
    static let flags = [
        Flag("config", .value("file"), "The node's server.properties.", letter: "c"),
        Flag("cluster-id", .value("id"), "The cluster's id: see random-uuid.", letter: "t"),
        Flag("standalone", "This controller alone is the quorum.", letter: "s"),
        Flag(
            "initial-controllers", .value("id@host:port:dirid,..."),
            "The quorum's first voters.", letter: "I"),
        Flag(
            "no-initial-controllers", "The quorum is formed elsewhere, or by configuration.",
            letter: "N"),
        Flag("ignore-formatted", "Leave directories alone that are formatted.", letter: "g"),
        Flag("release-version", .value("version"), "Begin at this release's levels.", letter: "r"),
        Flag("feature", .values("name=level"), "Begin at this level.", letter: "f"),
        Flag(
            "add-scram", .gone(insteadUse: "a later version: SCRAM is not served yet"), "",
            letter: "S"),
    ]

    static func run(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        switch arguments.positionals.first {
        case "random-uuid":
            let entropy = LinuxEntropy()
            host.output.line(UUID.random { entropy.next() }.description)
            return ExitCode.success
        case "format":
            for line in try format(arguments, host) { host.output.line(line) }
            return ExitCode.success
        case "info":
            return try info(arguments, host)
        case "version-mapping":
            for line in try versionMapping(arguments) { host.output.line(line) }
            return ExitCode.success
        case "feature-dependencies":
            for line in try dependencies(arguments) { host.output.line(line) }
            return ExitCode.success
        case let other?:
            throw .usage(
                "invalid choice: '\(other)' (choose from 'info', 'format', "
                    + "'version-mapping', 'feature-dependencies', 'random-uuid')")
        case nil:
            throw .usage("too few arguments")
        }
    }

    static func nodeConfiguration(
        _ arguments: Arguments, _ host: ToolHost
    ) throws(ToolFailure) -> NodeConfiguration {
        guard let path = arguments.value("config") else {
            throw .usage("argument --config/-c is required")
        }
        let properties = try host.properties(ofFile: path)
        do {
            return try NodeConfiguration.parse(properties, hostName: HostProcess.hostName)
        } catch {
            throw .failed("\(path): \(error.description)")
        }
    }

    // MARK: format

    private static func format(
        _ arguments: Arguments, _ host: ToolHost
    ) throws(ToolFailure) -> [String] {
        let node = try nodeConfiguration(arguments, host)
        guard let clusterID = arguments.value("cluster-id") else {
            throw .usage("argument --cluster-id/-t is required")
        }
        guard isClusterID(clusterID) else {
            throw .failed(
                "Cluster ID string \(clusterID) does not appear to be a valid UUID: "
                    + "make one with `martlet storage random-uuid`")
        }
        let controllers = try initialControllers(arguments, node)
        let format = StorageFormat(
            clusterID: clusterID, nodeID: node.nodeID, directories: node.logDirectories,
            metadataDirectory: node.metadataDirectory,
            controllerListener: node.controllerListenerNames.first ?? "CONTROLLER",
            initialControllers: controllers, levels: try levels(arguments),
            ignoresFormatted: arguments.has("ignore-formatted"))
        return try format.run(
            on: host.fileSystem, entropy: LinuxEntropy(), now: SystemClock.wall())
    }

    /// Any text of sensible length: Kafka takes them too, and older clusters have them.
    private static func isClusterID(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 100 && text.allSatisfy { !$0.isWhitespace }
    }

    private static func initialControllers(
        _ arguments: Arguments, _ node: NodeConfiguration
    ) throws(ToolFailure) -> [StorageFormat.InitialController] {
        let names = ["standalone", "initial-controllers", "no-initial-controllers"]
        let given = names.filter(arguments.has)
        guard given.count <= 1 else {
            throw .usage("argument --\(given[1]): not allowed with argument --\(given[0])")
        }
        if let flag = given.first, !node.staticVoters.isEmpty, flag != "no-initial-controllers" {
            throw .failed(
                "You cannot specify --\(flag) together with controller.quorum.voters: "
                    + "remove one of them.")
        }
        guard let flag = given.first else {
            if node.isController, node.staticVoters.isEmpty {
                throw .failed(
                    "Because controller.quorum.voters is not set on this controller, you must "
                        + "specify one of the following: --standalone, --initial-controllers, or "
                        + "--no-initial-controllers.")
            }
            return []
        }
        switch flag {
        case "standalone":
            guard node.isController else {
                throw .failed("You can only use --standalone on a controller.")
            }
            guard let own = node.advertisedControllerListeners.first else {
                throw .failed("this controller has no listener: see controller.listener.names")
            }
            let entropy = LinuxEntropy()
            return [
                StorageFormat.InitialController(
                    id: node.nodeID, host: own.host, port: own.port,
                    directoryID: DirectoryID(UUID.random { entropy.next() }))
            ]
        case "initial-controllers":
            return try controllers(try arguments.required("initial-controllers"))
        default:
            return []
        }
    }

    /// `0@host:port:dirid,1@…`
    static func controllers(
        _ text: String
    ) throws(ToolFailure) -> [StorageFormat.InitialController] {
        var controllers: [StorageFormat.InitialController] = []
        for entry in text.split(separator: ",") {
            let bad = ToolFailure.failed(
                "'\(entry)' in --initial-controllers must be id@host:port:directory-id")
            let halves = entry.split(separator: "@", maxSplits: 1)
            guard halves.count == 2, let id = Int32(halves[0]), id >= 0 else { throw bad }
            guard let last = halves[1].lastIndex(of: ":") else { throw bad }
            let address = halves[1][..<last]
            guard let directory = UUID(String(halves[1][halves[1].index(after: last)...])),
                !directory.isReserved, let colon = address.lastIndex(of: ":"),
                let port = UInt16(address[address.index(after: colon)...]), port > 0
            else { throw bad }
            var host = address[..<colon]
            if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
            guard !host.isEmpty else { throw bad }
            guard !controllers.contains(where: { $0.id == BrokerID(id) }) else {
                throw .failed("Node id \(id) appears twice in --initial-controllers")
            }
            controllers.append(
                StorageFormat.InitialController(
                    id: BrokerID(id), host: String(host), port: port,
                    directoryID: DirectoryID(directory)))
        }
        guard !controllers.isEmpty else { throw .failed("No initial controllers specified.") }
        return controllers.sorted { $0.id < $1.id }
    }
}
