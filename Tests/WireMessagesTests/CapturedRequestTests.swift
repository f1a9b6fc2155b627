import Bytes
import FoundationEssentials
import Model
import Testing
import Wire
import WireMessages

/// What librdkafka, kafka-python, aiokafka and Sarama have sent; `capture.py` records it.
@Suite("A request of a real client")
struct CapturedRequestTests {
    private struct Captured {
        let client: String
        let key: Int16
        let version: Int16
        let frame: SharedBytes
    }

    private func captured() throws -> [Captured] {
        let text = try String(
            contentsOfFile: Subjects.testDirectory + "/captured.txt", encoding: .utf8)
        return try text.split(separator: "\n").map { line in
            let parts = line.split(separator: "\t")
            return Captured(
                client: String(parts[0]), key: try #require(Int16(parts[1])),
                version: try #require(Int16(parts[2])),
                frame: try #require(SharedBytes(hex: parts[3])))
        }
    }

    private func again<M: RequestMessage>(
        _ type: M.Type, _ it: Captured
    ) throws -> SharedBytes {
        var reader = ByteReader(it.frame)
        let headerVersion = M.apiKey.requestHeaderVersion(it.version)
        let header = try RequestHeader(from: &reader, version: headerVersion)
        #expect(header.requestApiKey == it.key && header.requestApiVersion == it.version)
        let message = try M(from: &reader, version: it.version)
        #expect(reader.remaining == 0)
        var writer = ByteWriter()
        try header.encode(to: &writer, version: headerVersion)
        try message.encode(to: &writer, version: it.version)
        return writer.finish()
    }

    @Test func `is read to its end and written as it was`() throws {
        var keys: Set<Int16> = []
        for it in try captured() {
            let type = try #require(
                MessageCatalogue.requests.first { $0.apiKey.rawValue == it.key })
            guard type.validVersions.contains(it.version) else {
                #expect(throws: DecodeError.unsupportedVersion(Int(it.version))) {
                    _ = try again(type, it)
                }
                continue
            }
            let written = try again(type, it)
            #expect(written == it.frame, "\(it.client) \(type.schemaName) v\(it.version)")
            keys.insert(it.key)
        }
        #expect(keys.isSuperset(of: [0, 1, 2, 3, 10, 18, 19, 20, 22, 32, 37, 43, 44, 60]))
    }
}
