import Bytes
import Model
import Testing
import Wire
import WireMessages
import WireSchema

/// Decodes what may be anything. A value must survive being written and read again.
private func survive<M: WireMessage>(
    _ type: M.Type, _ bytes: SharedBytes, _ version: Int16
) -> Bool {
    var reader = ByteReader(bytes, elementBudget: 5_000)
    do {
        let message = try M(from: &reader, version: version)
        let once = try message.encoded(version)
        var again = ByteReader(once)
        return try M(from: &again, version: version).encoded(version) == once
    } catch is DecodeError {
        return true
    } catch is EncodeError {
        return true
    } catch {
        return false
    }
}

@Suite("A decoder")
struct HostileBytesTests {
    @Test func `answers any input with a value or a typed error`() {
        var chance = PRNG(seed: 7)
        for it in Subjects.cases {
            let bytes = Subjects.random(it.schema, it.version, seed: chance.next()).array
            for _ in 0..<20 {
                let hostile = mutated(bytes, &chance)
                let survives = survive(it.type, SharedBytes(hostile), it.version)
                #expect(survives, "\(it.name): \(hostile)")
            }
        }
    }

    /// Lengths that no input has, for strings, arrays and bytes, fixed and compact.
    private let lengths: [[UInt8]] = [
        [0x7f, 0xff], [0x7f, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0xff], [0x80, 0, 0, 0],
        [0, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0x7f], [0xff, 0xff, 0xff, 0xff, 0x07],
        [0xff, 0xff, 0xff, 0xff, 0x0f], [0xff, 0xff, 0xff, 0xff, 0xff],
    ]

    @Test func `survives a hostile length wherever it stands`() {
        for it in Subjects.cases {
            let bytes = Subjects.random(it.schema, it.version, seed: 11).array
            for at in bytes.indices.prefix(60) {
                let length = lengths[at % lengths.count]
                guard at + length.count <= bytes.count else { break }
                var hostile = bytes
                hostile.replaceSubrange(at..<at + length.count, with: length)
                let survives = survive(it.type, SharedBytes(hostile), it.version)
                #expect(survives, "\(it.name): \(hostile)")
            }
        }
    }

    private func mutated(_ bytes: [UInt8], _ chance: inout PRNG) -> [UInt8] {
        var bytes = bytes
        switch chance.below(5) {
        case 0:
            bytes = Array(bytes.prefix(chance.below(bytes.count + 1)))
        case 1:
            bytes = (0..<chance.below(200)).map { _ in UInt8(truncatingIfNeeded: chance.next()) }
        case 2 where !bytes.isEmpty:
            for _ in 0...chance.below(4) {
                bytes[chance.below(bytes.count)] = UInt8(truncatingIfNeeded: chance.next())
            }
        case 3 where bytes.count >= 5:
            let length = lengths[chance.below(lengths.count)]
            let at = chance.below(bytes.count - length.count + 1)
            bytes.replaceSubrange(at..<at + length.count, with: length)
        default:
            bytes += [UInt8](repeating: 0xff, count: chance.below(8))
        }
        return bytes
    }

    @Test func `refuses every truncation of a message`() {
        for it in Subjects.cases {
            let bytes = Subjects.random(it.schema, it.version, seed: 3)
            for length in 0..<min(bytes.count, 300) {
                #expect(throws: DecodeError.self, "\(it.name) \(length)") {
                    var reader = ByteReader(bytes[0..<length])
                    _ = try it.type.init(from: &reader, version: it.version)
                }
            }
        }
    }

    @Test func `refuses a count that the input cannot hold`() {
        // Metadata v1: an array of topics that claims two billion.
        var reader = ByteReader([0x7f, 0xff, 0xff, 0xff, 0, 0])
        #expect(throws: DecodeError.truncated(needed: 0x7fff_ffff, available: 2)) {
            _ = try MetadataRequest(from: &reader, version: 1)
        }
    }

    @Test func `stops at its budget of elements`() {
        // Metadata v9: topics of an empty name and an empty tagged section, two bytes each.
        var writer = ByteWriter()
        writer.unsignedVarint(30_001)
        writer.zeros(100_000)
        var reader = ByteReader(writer.finish(), elementBudget: 29_999)
        #expect(throws: DecodeError.tooManyElements) {
            _ = try MetadataRequest(from: &reader, version: 9)
        }
    }

    @Test func `refuses null where the schema has none`() {
        var reader = ByteReader([0xff, 0xff, 0xff, 0xff])
        #expect(throws: DecodeError.unexpectedNull("MetadataRequest.Topics")) {
            _ = try MetadataRequest(from: &reader, version: 0)
        }
    }
}
