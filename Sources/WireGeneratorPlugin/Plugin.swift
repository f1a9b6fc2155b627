import Foundation
import PackagePlugin

/// Runs `wire-generator` over a room's `Definitions/` before the room is compiled.
@main struct WireGeneratorPlugin: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        guard let target = target as? any SourceModuleTarget else { return [] }
        let own = schemas(in: target.directoryURL)
        var inputs = own
        let kind: String
        let spanning: [String]
        switch target.name {
        case "Wire":
            // The table of API keys is derived from the messages of the room above.
            kind = "keys"
            spanning = ["ApiKey+All"]
            inputs += schemas(
                in: context.package.directoryURL.appending(path: "Sources/WireMessages"))
        case "WireMessages":
            kind = "messages"
            spanning = ["MessageCatalogue"]
        default:
            kind = "records"
            spanning = ["RecordCatalogue", "MetadataRecord"]
        }
        let output = context.pluginWorkDirectoryURL
        let names = own.map { $0.deletingPathExtension().lastPathComponent } + spanning
        return [
            .buildCommand(
                displayName: "Generating \(target.name)",
                executable: try context.tool(named: "wire-generator").url,
                arguments: [kind, output.path()] + inputs.map { $0.path() },
                inputFiles: inputs,
                outputFiles: names.map { output.appending(path: $0 + ".swift") })
        ]
    }

    /// The schema files below `Definitions/`, sorted: directory order differs from machine to
    /// machine.
    private func schemas(in directory: URL) -> [URL] {
        let definitions = directory.appending(path: "Definitions")
        let files = FileManager.default.enumerator(at: definitions, includingPropertiesForKeys: nil)
        var found: [URL] = []
        while let file = files?.nextObject() as? URL {
            if file.pathExtension == "schema" { found.append(file) }
        }
        return found.sorted { $0.path() < $1.path() }
    }
}
