import Bytes
import InternalRecords
import Model
import Testing
import Wire
import WireMessages

private func bytes<M: WireMessage>(_ message: M, _ version: Int16) throws -> [UInt8] {
    var writer = ByteWriter()
    try message.encode(to: &writer, version: version)
    return writer.finish().array
}

@Suite("An encoder")
struct EncodingRulesTests {
    @Test func `refuses a value that the version has no place for`() {
        let replica = FetchRequest(replicaState: .init(replicaID: 3))
        #expect(throws: EncodeError.fieldNotInVersion("FetchRequest.ReplicaState", 14)) {
            _ = try bytes(replica, 14)
        }
        let old = FetchRequest(replicaID: 3)
        #expect(throws: EncodeError.fieldNotInVersion("FetchRequest.ReplicaId", 15)) {
            _ = try bytes(old, 15)
        }
    }

    @Test func `drops such a value silently where the schema allows it`() throws {
        #expect(try bytes(FetchRequest(rackID: "r"), 10) == bytes(FetchRequest(), 10))
    }

    @Test func `refuses null where the version has none`() {
        #expect(throws: EncodeError.unexpectedNull("MetadataRequest.Topics")) {
            _ = try bytes(MetadataRequest(topics: nil), 0)
        }
    }

    @Test func `refuses a text that no peer would take`() {
        let name = String(repeating: "x", count: 32_768)
        for version in [Int16(1), 12] {
            let request = MetadataRequest(topics: [.init(name: name)])
            #expect(
                throws: EncodeError.stringTooLong(
                    "MetadataRequest.MetadataRequestTopic.Name", 32_768)
            ) { _ = try bytes(request, version) }
        }
    }

    @Test func `writes unknown tagged fields back, in order`() throws {
        var header = ResponseHeader(correlationID: 1)
        header.unknownTaggedFields = [.init(tag: 9, data: [7]), .init(tag: 2, data: [])]
        #expect(try bytes(header, 1) == [0, 0, 0, 1, 2, 2, 0, 9, 1, 7])
        #expect(throws: EncodeError.taggedFieldsNotInVersion(0)) { _ = try bytes(header, 0) }
        header.unknownTaggedFields.append(.init(tag: 2, data: []))
        #expect(throws: EncodeError.duplicateTag(2)) { _ = try bytes(header, 1) }
    }

    @Test func `puts known and unknown tagged fields in one order`() throws {
        var request = FetchRequest(clusterID: "c")
        request.unknownTaggedFields = [.init(tag: 5, data: [1])]
        let encoded = try bytes(request, 12)
        #expect(encoded.suffix(8) == [2, 0, 2, 2, 0x63, 5, 1, 1])
        var reader = ByteReader(SharedBytes(encoded))
        #expect(try FetchRequest(from: &reader, version: 12) == request)
    }
}

@Suite("A decoder like Kafka's")
struct DecodingRulesTests {
    @Test func `takes any negative length for null`() throws {
        var reader = ByteReader([0xff, 0xff, 0xff, 0xf0, 0])
        #expect(try MetadataRequest(from: &reader, version: 1).topics == nil)
    }

    @Test func `repairs text that is not UTF-8`() throws {
        var reader = ByteReader([0, 0, 0, 1, 0, 2, 0x61, 0xff])
        let topics = try MetadataRequest(from: &reader, version: 0).topics
        #expect(topics?.first?.name == "a\u{FFFD}")
    }

    @Test func `refuses a known tagged field of another size than it claims`() {
        var reader = ByteReader([
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1,
            1, 0, 9, 2, 0x63, 0, 0, 0, 0, 0, 0, 0, 0,
        ])
        #expect(throws: DecodeError.invalidLength(9)) {
            _ = try FetchRequest(from: &reader, version: 12)
        }
    }

    @Test func `refuses a string longer than Kafka's longest`() {
        var writer = ByteWriter()
        writer.unsignedVarint(40_001)
        writer.zeros(50_000)
        var reader = ByteReader(writer.finish())
        #expect(throws: DecodeError.invalidLength(40_000)) {
            _ = try reader.nullableString(flexible: true)
        }
    }
}

@Suite("A metadata record")
struct MetadataRecordTests {
    private let topic = MetadataRecord.topic(
        TopicRecord(name: "t", topicID: UUID(high: 0, low: 1)))

    @Test func `stands behind frame version, type and version`() throws {
        let framed = try topic.framed()
        #expect(framed.array == [1, 2, 0, 2, 0x74] + [UInt8](repeating: 0, count: 15) + [1, 0])
        #expect(try MetadataRecord(framed: framed) == topic)
        #expect(topic.type == 2)
        #expect(topic.typeName == "TOPIC_RECORD")
    }

    @Test func `is refused with another frame, an unknown type or bytes behind it`() throws {
        let framed = try topic.framed().array
        #expect(throws: DecodeError.invalidValue("frame version of a metadata record")) {
            _ = try MetadataRecord(framed: SharedBytes([2] + framed.dropFirst()))
        }
        #expect(throws: DecodeError.invalidValue("metadata record type 99")) {
            _ = try MetadataRecord(framed: [1, 99, 0])
        }
        #expect(throws: DecodeError.trailingBytes(1)) {
            _ = try MetadataRecord(framed: SharedBytes(framed + [0]))
        }
        #expect(throws: EncodeError.unsupportedVersion(1)) { _ = try topic.framed(version: 1) }
    }

    @Test func `prints as Kafka's dump tools print it`() {
        var json = JSONWriter()
        MetadataRecord.partitionChange(
            PartitionChangeRecord(
                partitionID: 1, topicID: UUID(high: 0, low: 1), isr: [1, 2], leader: 3)
        ).writeJSON(to: &json, version: 2)
        #expect(
            json.text == """
                {"partitionId":1,"topicId":"AAAAAAAAAAAAAAAAAAAAAQ","isr":[1,2],"leader":3}
                """)
    }
}

@Suite("The JSON writer")
struct JSONWriterTests {
    @Test func `escapes text and encodes bytes`() {
        var json = JSONWriter()
        json.beginArray()
        json.string("a\"\\\n\u{1}ü")
        for bytes: SharedBytes in [[], [1], [1, 2], [1, 2, 3], [255, 254, 253, 252]] {
            json.bytes(bytes)
        }
        json.beginObject()
        json.name("x")
        json.null()
        json.name("y")
        json.bool(true)
        json.endObject()
        json.endArray()
        #expect(
            json.text
                == "[\"a\\\"\\\\\\n\\u0001ü\",\"\",\"AQ==\",\"AQI=\",\"AQID\",\"//79/A==\","
                + "{\"x\":null,\"y\":true}]")
    }
}
