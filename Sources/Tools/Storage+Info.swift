internal import Configuration
internal import LogStorage
internal import Model
internal import Ports

extension Storage {
    /// Prints directories, what formatting wrote, and what is wrong.
    static func info(
        _ arguments: Arguments, _ host: ToolHost
    ) throws(ToolFailure) -> Int32 {
        let node = try nodeConfiguration(arguments, host)
        var found: [(directory: String, properties: MetaProperties)] = []
        var problems: [String] = []
        var directories: [String] = []
        for directory in node.logDirectories.sorted() {
            guard host.fileSystem.exists(directory) else {
                problems.append("\(directory) does not exist")
                continue
            }
            directories.append(directory)
            do {
                guard let properties = try MetaProperties.read(in: directory, on: host.fileSystem)
                else {
                    problems.append("\(directory) is not formatted.")
                    continue
                }
                found.append((directory, properties))
            } catch {
                problems.append("Error loading \(directory)/\(MetaProperties.fileName): \(error)")
            }
        }
        problems += conflicts(found, node)
        let output = host.output
        if directories.isEmpty {
            output.line("No log directories configured.")
        } else {
            output.line(directories.count == 1 ? "Found log directory:" : "Found log directories:")
            for directory in directories { output.line("  \(directory)") }
        }
        output.line()
        if let first = found.first {
            output.line("Found metadata: \(text(of: first.properties))")
            output.line()
        }
        guard !problems.isEmpty else { return ExitCode.success }
        output.line(problems.count == 1 ? "Found problem:" : "Found problems:")
        for problem in problems { output.line("  \(problem)") }
        output.line()
        return ExitCode.failure
    }

    private static func conflicts(
        _ found: [(directory: String, properties: MetaProperties)], _ node: NodeConfiguration
    ) -> [String] {
        guard let clusterID = found.first?.properties.clusterID else { return [] }
        return found.compactMap { directory, properties in
            properties.mismatch(clusterID: clusterID, nodeID: node.nodeID, in: directory)
        }
    }

    private static func text(of properties: MetaProperties) -> String {
        var parts: [String] = []
        if let id = properties.clusterID { parts.append("cluster.id=\(id)") }
        if let id = properties.directoryID { parts.append("directory.id=\(id)") }
        if let id = properties.nodeID { parts.append("node.id=\(id.rawValue)") }
        parts.append("version=\(properties.version)")
        return "{\(parts.joined(separator: ", "))}"
    }
}
