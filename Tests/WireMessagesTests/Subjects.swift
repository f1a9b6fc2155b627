import Bytes
import FoundationEssentials
import InternalRecords
import Model
import Wire
import WireMessages
import WireSchema

/// Everything generated, each with the schema it was generated from.
enum Subjects {
    static let types: [any WireMessage.Type] =
        [RequestHeader.self, ResponseHeader.self]
        + MessageCatalogue.requests.map { $0 as any WireMessage.Type }
        + MessageCatalogue.responses.map { $0 as any WireMessage.Type }
        + RecordCatalogue.all.map { $0 as any WireMessage.Type }

    static let schemas: [String: Message] = {
        var found: [String: Message] = [:]
        for path in schemaFiles() {
            guard let text = try? String(contentsOfFile: path, encoding: .utf8),
                let file = try? SchemaParser.parse(text, file: path)
            else { preconditionFailure("a schema that built cannot be read: \(path)") }
            for message in file.messages { found[message.name] = message }
        }
        return found
    }()

    static let testDirectory = #filePath.split(separator: "/").dropLast().map { "/" + $0 }.joined()

    private static func schemaFiles() -> [String] {
        var files: [String] = []
        for room in ["Wire", "WireMessages", "InternalRecords"] {
            let directory = testDirectory + "/../../Sources/" + room + "/Definitions"
            let names = (try? FileManager.default.subpathsOfDirectory(atPath: directory)) ?? []
            for name in names.sorted() where name.hasSuffix(".schema") {
                files.append(directory + "/" + name)
            }
        }
        return files
    }

    /// A type at one version, with its schema.
    struct Case {
        let type: any WireMessage.Type
        let schema: Message
        let version: Int16
        var name: String { "\(type.schemaName) v\(version)" }
    }

    /// Every type at every version.
    static let cases: [Case] = types.flatMap { type in
        guard let schema = schemas[type.schemaName] else {
            preconditionFailure("no schema for \(type.schemaName)")
        }
        return type.validVersions.map { Case(type: type, schema: schema, version: $0) }
    }

    static func random(_ schema: Message, _ version: Int16, seed: UInt64) -> SharedBytes {
        var encoder = SchemaEncoder(message: schema, version: version, chance: PRNG(seed: seed))
        var out = ByteWriter()
        encoder.encode(to: &out)
        return out.finish()
    }
}

extension WireMessage {
    /// The encoded message.
    func encoded(_ version: Int16) throws(EncodeError) -> SharedBytes {
        var writer = ByteWriter()
        try encode(to: &writer, version: version)
        return writer.finish()
    }
}

extension SharedBytes {
    var hex: String {
        array.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    init?(hex: some StringProtocol) {
        let digits = Array(hex)
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard index + 1 < digits.count,
                let byte = UInt8(String(digits[index...index + 1]), radix: 16)
            else { return nil }
            bytes.append(byte)
        }
        self.init(bytes)
    }
}
