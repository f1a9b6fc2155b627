import Bytes
import FoundationEssentials
import Model
import Testing
import Wire
import WireMessages
import WireSchema

private func roundTrip<M: WireMessage>(_ message: M, _ version: Int16) throws -> Bool {
    var reader = ByteReader(try message.encoded(version))
    return try M(from: &reader, version: version) == message && reader.remaining == 0
}

private func recode<M: WireMessage>(
    _ type: M.Type, _ bytes: SharedBytes, _ version: Int16
) throws -> (back: SharedBytes, left: Int, message: M) {
    var reader = ByteReader(bytes)
    let message = try M(from: &reader, version: version)
    return (try message.encoded(version), reader.remaining, message)
}

@Suite("A message")
struct RoundTripTests {
    @Test func `of defaults survives encoding and decoding at every version`() throws {
        for it in Subjects.cases {
            let survives = try roundTrip(it.type.init(), it.version)
            #expect(survives, "\(it.name)")
        }
    }

    @Test func `of random values is given back byte for byte at every version`() throws {
        var checked = 0
        for it in Subjects.cases {
            for seed in 0..<UInt64(12) {
                let bytes = Subjects.random(it.schema, it.version, seed: seed)
                let (back, left, _) = try recode(it.type, bytes, it.version)
                #expect(left == 0, "\(it.name) seed \(seed)")
                #expect(back == bytes, "\(it.name) seed \(seed): \(bytes.hex) became \(back.hex)")
                checked += 1
            }
        }
        #expect(checked > 5_000)
    }

    @Test func `is refused at a version that does not exist`() {
        for type in Subjects.types {
            for version in [type.validVersions.lowerBound - 1, type.validVersions.upperBound + 1] {
                #expect(throws: EncodeError.unsupportedVersion(version)) {
                    _ = try type.init().encoded(version)
                }
                #expect(throws: DecodeError.unsupportedVersion(Int(version))) {
                    var reader = ByteReader(SharedBytes([UInt8](repeating: 0, count: 64)))
                    _ = try type.init(from: &reader, version: version)
                }
            }
        }
    }

    @Test func `has the bytes that the independent codec gives it`() throws {
        let path = Subjects.testDirectory + "/golden.txt"
        let golden = try String(contentsOfFile: path, encoding: .utf8)
        var checked: Set<String> = []
        for line in golden.split(separator: "\n") {
            let parts = line.split(separator: "\t")
            let type = try #require(Subjects.types.first { $0.schemaName == parts[0] })
            let version = try #require(Int16(parts[1]))
            let bytes = try #require(parts.count == 3 ? SharedBytes(hex: parts[2]) : [])
            let (back, left, _) = try recode(type, bytes, version)
            #expect(left == 0, "\(line)")
            #expect(back.hex == bytes.hex)
            checked.insert("\(parts[0]) v\(version)")
        }
        #expect(checked == Set(Subjects.cases.map(\.name)))
    }

    /// Values by name for `independent_codec.py check`, if MARTLET_WIRE_DUMP names a file.
    @Test func `can be dumped for the independent codec`() throws {
        guard let path = ProcessInfo.processInfo.environment["MARTLET_WIRE_DUMP"] else { return }
        var lines = ""
        for it in Subjects.cases {
            for seed in 100..<UInt64(106) {
                let bytes = Subjects.random(it.schema, it.version, seed: seed)
                let (back, _, message) = try recode(it.type, bytes, it.version)
                var json = JSONWriter()
                MirrorDump.write(message, to: &json)
                lines += "\(it.type.schemaName)\t\(it.version)\t\(back.hex)\t\(json.text)\n"
            }
        }
        try lines.write(toFile: path, atomically: true, encoding: .utf8)
    }
}
