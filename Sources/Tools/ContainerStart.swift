internal import Bytes
internal import Configuration
internal import Platform
internal import Ports

/// `martlet container-start`: what a container runs. Writes the node's file from the environment and from what
/// is mounted, formats directories that are not, and becomes `martlet server-start`, so that the node itself is
/// the process that the engine stops.
enum ContainerStart: Tool {
    static let name = "container-start"
    static let summary = "Start a node as its environment says (KAFKA_NODE_ID, ..., CLUSTER_ID)."
    static let isKafkas = false
    static let helpCode: Int32 = ExitCode.success
    static let flags = [
        Flag(
            "mounted", .value("directory"), "Where a server.properties may be (/mnt/shared/config)."
        ),
        Flag(
            "config-dir", .value("directory"),
            "Where the node's file is written (/opt/kafka/config)."),
    ]

    static func run(_ arguments: Arguments, on host: ToolHost) async throws(ToolFailure) -> Int32 {
        let mounted = (arguments.value("mounted") ?? "/mnt/shared/config") + "/server.properties"
        let directory = arguments.value("config-dir") ?? "/opt/kafka/config"
        let environment = HostProcess.environment
        let properties = ContainerEnvironment.properties(
            environment: environment,
            mounted: host.fileSystem.exists(mounted)
                ? try host.properties(ofFile: mounted) : nil)
        let file = directory + "/server.properties"
        try host.write(
            "# Written by `martlet container-start`.\n" + properties.text, to: file, in: directory)

        let format = ["martlet", Storage.name, "format", "--ignore-formatted", "--config", file]
        let code = await Tools.run(
            format + ["--cluster-id", ContainerEnvironment.clusterID(environment)]
                + quorumFlags(properties), on: host)
        guard code == ExitCode.success else { return code }
        do {
            try HostProcess.become(
                path: try HostProcess.executablePath(),
                arguments: ["martlet", "server-start", file])
        } catch {
            throw .failed("the node cannot be started: \(error.reason)")
        }
    }

    /// A controller of a quorum that is not written down joins one that others form.
    private static func quorumFlags(_ properties: Properties) -> [String] {
        let isWrittenDown = properties["controller.quorum.voters"] != nil
        let roles = SettingKind.entries(properties["process.roles"] ?? "")
        return isWrittenDown || !roles.contains("controller") ? [] : ["--no-initial-controllers"]
    }
}
