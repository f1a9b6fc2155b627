extension SwiftRenderer {
    /// A list of all record types.
    package static func recordCatalogue(_ files: [SchemaFile]) -> String {
        var code = CodeWriter()
        code.line("// Written by wire-generator from the schemas in Definitions/.")
        code.line()
        code.line("public import Wire")
        code.line()
        code.line("/// Every record and body of this room.")
        code.block("public enum RecordCatalogue") { code in
            code.line("public static let all: [any RecordMessage.Type] = [")
            for message in files.flatMap(\.messages) { code.line("    \(message.name).self,") }
            code.line("]")
        }
        return code.text
    }

    /// `enum MetadataRecord`: one case for each record type of the metadata log.
    package static func metadataRecord(_ files: [SchemaFile]) -> String {
        let records = files.flatMap(\.messages).filter { $0.kind == .metadata }
            .sorted { ($0.key ?? 0) < ($1.key ?? 0) }
        var code = CodeWriter()
        code.line("// Written by wire-generator from the schemas in Definitions/Metadata/.")
        code.line()
        code.line("public import Bytes")
        code.line("public import Wire")
        code.line()
        code.line("/// A record of the metadata log, `__cluster_metadata`.")
        code.block("public enum MetadataRecord: Sendable, Equatable") { code in
            for record in records {
                for line in record.about { code.line("/// \(line)") }
                code.line("case \(caseName(record))(\(record.name))")
            }
            code.line()
            code.line("/// Reads the body of a record of type `type`.")
            let reader = "type: Int16, version: Int16, from reader: inout ByteReader"
            code.block("public init(\(reader)) throws(DecodeError)") { code in
                code.line("switch type {")
                for record in records {
                    let value = "try \(record.name)(from: &reader, version: version)"
                    code.line("case \(record.key ?? 0): self = .\(caseName(record))(\(value))")
                }
                code.line("default: throw .invalidValue(\"metadata record type \\(type)\")")
                code.line("}")
            }
            code.line()
            code.line("/// Appends the body, without its frame.")
            let writer = "to writer: inout ByteWriter, version: Int16"
            code.block("public func encode(\(writer)) throws(EncodeError)") { code in
                let call = "try record.encode(to: &writer, version: version)"
                renderSwitch(records, &code) { _ in call }
            }
            code.line()
            code.line("/// The body as JSON, as Kafka's dump tools print it.")
            let json = "to json: inout JSONWriter, version: Int16"
            code.block("public func writeJSON(\(json))") { code in
                let call = "record.writeJSON(to: &json, version: version)"
                renderSwitch(records, &code) { _ in call }
            }
            code.line()
            code.line("/// The number of the record's type.")
            renderQuery("type: Int16", records, &code) { "\($0.key ?? 0)" }
            code.line()
            code.line("/// The type's name as Kafka's dump tools print it: `PARTITION_RECORD`.")
            renderQuery("typeName: String", records, &code) { "\"\(SwiftNames.snake($0.name))\"" }
            code.line()
            code.line("/// The versions in which the record can be written.")
            renderQuery("validVersions: ClosedRange<Int16>", records, &code) {
                "\($0.versions.lower)...\($0.versions.upper)"
            }
        }
        return code.text
    }

    private static func caseName(_ message: Message) -> String {
        let name = message.name
        return SwiftNames.lowerFirst(name.hasSuffix("Record") ? String(name.dropLast(6)) : name)
    }

    private static func renderSwitch(
        _ records: [Message], _ code: inout CodeWriter, _ call: (Message) -> String
    ) {
        code.line("switch self {")
        for record in records {
            code.line("case .\(caseName(record))(let record): \(call(record))")
        }
        code.line("}")
    }

    private static func renderQuery(
        _ head: String, _ records: [Message], _ code: inout CodeWriter,
        _ value: (Message) -> String
    ) {
        code.block("public var \(head)") { code in
            code.line("switch self {")
            for record in records { code.line("case .\(caseName(record)): \(value(record))") }
            code.line("}")
        }
    }
}
