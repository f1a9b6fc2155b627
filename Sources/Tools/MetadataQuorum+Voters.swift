internal import Client
internal import Configuration
internal import LogStorage
internal import Model
internal import Platform

/// `add-controller` and `remove-controller` (KIP-853).
extension MetadataQuorum {
    /// Adds the controller whose own configuration `--command-config` names: its id, the directory id in its
    /// metadata directory, and where it listens, are read from there.
    static func addController(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) {
        guard let path = arguments.value("command-config") else {
            throw .failed(
                "You must supply the configuration file of the controller you are adding when "
                    + "using add-controller.")
        }
        let newcomer = try newcomer(path, host)
        let line =
            "controller \(newcomer.id.rawValue) with directory id \(newcomer.directory)"
            + " and endpoints: "
            + newcomer.endpoints.map { "\($0.listener)://\(address(of: $0))" }
            .joined(separator: ", ")
        let admin = try await host.admin(arguments)
        if !arguments.has("dry-run") {
            try await reporting { () async throws(ClientError) in
                try await admin.addVoter(
                    newcomer.id, directory: newcomer.directory, endpoints: newcomer.endpoints)
            }
        }
        host.output.line((arguments.has("dry-run") ? "DRY RUN of adding " : "Added ") + line)
        await admin.close()
    }

    private static func newcomer(
        _ path: String, _ host: ToolHost
    ) throws(ToolFailure) -> (id: BrokerID, directory: DirectoryID, endpoints: [Endpoint]) {
        let properties = try host.properties(ofFile: path)
        let doubt = "Is this a valid controller configuration file?"
        guard properties["node.id"] != nil else {
            throw .failed("node.id not found in configuration file. \(doubt)")
        }
        guard properties["process.roles"]?.contains("controller") == true else {
            throw .failed(
                "process.roles did not contain 'controller' in configuration file. \(doubt)")
        }
        guard properties["controller.listener.names"] != nil else {
            throw .failed("controller.listener.names was not found. \(doubt)")
        }
        let node: NodeConfiguration
        do {
            node = try NodeConfiguration.parse(properties, hostName: HostProcess.hostName)
        } catch {
            throw .failed("\(path): \(error.description)")
        }
        let directory: DirectoryID?
        do {
            directory =
                try MetaProperties.read(in: node.metadataDirectory, on: host.fileSystem)?
                .directoryID
        } catch {
            throw .failed("\(error)")
        }
        guard let directory else {
            throw .failed("No directory id found in \(node.metadataDirectory): is it formatted?")
        }
        return (node.nodeID, directory, node.advertisedControllerListeners)
    }

    static func removeController(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) {
        guard let id = try arguments.number("controller-id", in: 0...Int64(Int32.max)) else {
            throw .usage("argument --controller-id/-i is required")
        }
        guard let text = arguments.value("controller-directory-id") else {
            throw .usage("argument --controller-directory-id/-d is required")
        }
        guard let directory = UUID(text) else {
            throw .failed("Failed to parse --controller-directory-id: '\(text)' is no id")
        }
        let admin = try await host.admin(arguments)
        if !arguments.has("dry-run") {
            try await reporting { () async throws(ClientError) in
                try await admin.removeVoter(
                    BrokerID(Int32(id)), directory: DirectoryID(directory))
            }
        }
        // Two spaces in the first, as Kafka's tool has it.
        let began = arguments.has("dry-run") ? "DRY RUN of removing " : "Removed"
        host.output.line("\(began) KRaft controller \(id) with directory id \(directory)")
        await admin.close()
    }
}
