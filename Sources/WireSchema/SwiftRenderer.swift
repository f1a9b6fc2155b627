/// Renders whole files of Swift from schemas.
package enum SwiftRenderer {
    /// The types of one schema file.
    package static func messages(of file: SchemaFile) -> String {
        var code = header()
        code.line("public import Bytes")
        if file.messages.contains(where: usesModel) { code.line("public import Model") }
        if file.messages.contains(where: { $0.kind != .header }) { code.line("public import Wire") }
        for message in file.messages {
            code.line()
            let isRecord: Bool
            switch message.kind {
            case .request, .response, .header: isRecord = false
            default: isRecord = true
            }
            StructRenderer(
                message: message, name: message.name, versions: message.versions,
                fields: message.fields, isMessage: true, about: message.about,
                writesJSON: isRecord
            ).render(&code)
        }
        return code.text
    }

    private static func header() -> CodeWriter {
        var code = CodeWriter()
        code.line("// Written by wire-generator from the schemas in Definitions/.")
        code.line()
        return code
    }

    private static func usesModel(_ message: Message) -> Bool {
        (message.fields + message.structures.flatMap(\.fields)).contains { field in
            field.type.element == .uuid || (field.name == "ErrorCode" && field.type == .int16)
        }
    }

    /// `extension ApiKey`: a constant and the facts of each API, ascending by key.
    package static func apiKeys(_ files: [SchemaFile]) -> String {
        let apis = files.compactMap { file in file.api.map { ($0, file.messages) } }
            .sorted { $0.0.key < $1.0.key }
        var code = header()
        code.block("extension ApiKey") { code in
            for (api, _) in apis {
                for line in api.about { code.line("/// \(line)") }
                let name = SwiftNames.lowerFirst(api.name)
                code.line("public static let \(name) = ApiKey(rawValue: \(api.key))")
            }
            code.line()
            code.line("/// Every API of this build, ascending by key.")
            code.line("public static let all: [Facts] = [")
            for (api, messages) in apis {
                guard let request = messages.first(where: { $0.kind == .request }) else { continue }
                code.line("    Facts(")
                code.line(
                    "        key: .\(SwiftNames.lowerFirst(api.name)), name: \"\(api.name)\",")
                code.line(
                    "        versions: \(request.versions.lower)...\(request.versions.upper),")
                let first = request.firstFlexible.map(String.init) ?? "nil"
                code.line("        firstFlexibleVersion: \(first),")
                code.line("        isOnBrokers: \(api.listeners.contains(.broker)),")
                code.line("        isOnControllers: \(api.listeners.contains(.controller)),")
                code.line("        isForwarded: \(api.isForwarded),")
                code.line("        needsClusterAction: \(api.needsClusterAction),")
                code.line("        isLatestUnstable: \(api.isLatestUnstable)),")
            }
            code.line("]")
        }
        return code.text
    }

    /// Lists of all message types, for tests and documents.
    package static func messageCatalogue(_ files: [SchemaFile]) -> String {
        let messages = files.sorted { ($0.api?.key ?? 0) < ($1.api?.key ?? 0) }.flatMap(\.messages)
        var code = header()
        code.line("public import Wire")
        code.line()
        code.line("/// Every request and response of this build, ascending by API key.")
        code.block("public enum MessageCatalogue") { code in
            for (kind, list) in [(Message.Kind.request, "requests"), (.response, "responses")] {
                let type = kind == .request ? "RequestMessage" : "ResponseMessage"
                code.line("public static let \(list): [any \(type).Type] = [")
                for message in messages where message.kind == kind {
                    code.line("    \(message.name).self,")
                }
                code.line("]")
            }
        }
        return code.text
    }
}
