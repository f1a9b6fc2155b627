import Bytes
import Model
import Testing
import Wire
import WireMessages

/// Encodes at `version` and decodes again; nil if nothing was lost.
private func roundTrip<M: WireMessage>(_ message: M, _ version: Int16) throws -> String? {
    var writer = ByteWriter()
    try message.encode(to: &writer, version: version)
    let bytes = writer.finish()
    var reader = ByteReader(bytes)
    let back = try M(from: &reader, version: version)
    guard reader.remaining == 0 else { return "\(M.schemaName) v\(version): bytes left over" }
    return back == message ? nil : "\(M.schemaName) v\(version): \(message) became \(back)"
}

private let all: [any WireMessage.Type] =
    MessageCatalogue.requests.map { $0 as any WireMessage.Type }
    + MessageCatalogue.responses.map { $0 as any WireMessage.Type }

@Suite("A message of defaults")
struct DefaultsTests {
    @Test func `survives encoding and decoding at every version`() throws {
        for type in all {
            for version in type.validVersions {
                let problem = try roundTrip(type.init(), version)
                #expect(problem == nil)
            }
        }
    }

    @Test func `is refused at a version that does not exist`() {
        for type in all {
            for version in [type.validVersions.lowerBound - 1, type.validVersions.upperBound + 1] {
                var writer = ByteWriter()
                #expect(throws: EncodeError.unsupportedVersion(version)) {
                    try type.init().encode(to: &writer, version: version)
                }
                #expect(throws: DecodeError.unsupportedVersion(Int(version))) {
                    var reader = ByteReader(SharedBytes([UInt8](repeating: 0, count: 64)))
                    _ = try type.init(from: &reader, version: version)
                }
            }
        }
    }
}
