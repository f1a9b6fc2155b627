import Bytes
import Client
import Model
import Records
import Testing

@testable import Tools

@Suite("A tool's input")
struct InputTests {
    func records(
        _ text: String, inPiecesOf size: Int = 3, _ change: (inout LineFormat) -> Void = { _ in }
    ) throws -> [ProducerRecord] {
        var format = LineFormat()
        change(&format)
        var reader = LineReader(format, topic: "t")
        var found: [ProducerRecord] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            let end = min(start + size, bytes.count)
            found += try reader.records(in: SharedBytes(bytes[start..<end]))
        }
        return try found + reader.finish()
    }

    @Test(arguments: [1, 2, 3, 100])
    func `is cut into lines wherever it is read`(_ size: Int) throws {
        let found = try records("one\ntwo\r\n\nlast", inPiecesOf: size)
        #expect(found.map { $0.value?.utf8 } == ["one", "two", "", "last"])
    }

    @Test func `holds headers, key and value in this order`() throws {
        let found = try records("a:1,b:2\tk\tv\tw") {
            $0.parsesKey = true
            $0.parsesHeaders = true
        }
        #expect(found[0].headers.map { $0.key.utf8 } == ["a", "b"])
        #expect(found[0].headers.map { $0.value?.utf8 } == ["1", "2"])
        #expect(found[0].key?.utf8 == "k")
        #expect(found[0].value?.utf8 == "v\tw")
    }

    @Test func `is refused with its line if a separator is missing`() {
        do {
            _ = try records("a\tb\nnokey\n") { $0.parsesKey = true }
            Issue.record("a line without a key must be refused")
        } catch ToolFailure.failed(let reason) {
            #expect(reason == "No key separator found on line number 2: 'nokey'")
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test func `may go without separators, and may hold null`() throws {
        let found = try records("nokey\nk\tNULL\n") {
            $0.parsesKey = true
            $0.ignoresErrors = true
            $0.nullMarker = "NULL"
        }
        #expect(found.map { $0.key?.utf8 } == [nil, "k"])
        #expect(found.map { $0.value?.utf8 } == ["nokey", nil])
    }

    @Test func `changes configs, with commas inside brackets`() throws {
        #expect(
            try Configs.additions("a=1,b=[x,y], c = 3") == [
                .set("a", "1"), .set("b", "x,y"), .set("c", " 3"),
            ])
        #expect(throws: ToolFailure.self) { try Configs.additions("a") }
    }

    @Test func `chooses partitions`() throws {
        func filter(_ words: String...) throws -> PartitionFilter {
            try PartitionFilter(Arguments(words, flags: GetOffsets.flags))
        }
        let chosen = try filter("--topic-partitions", "a:0-2,b:5,c,:9-")
        func isWanted(_ topic: String, _ partition: Int32) -> Bool {
            chosen.isWanted(TopicPartition(topic, partition))
        }
        #expect(isWanted("a", 0) && isWanted("a", 1) && !isWanted("a", 2))
        #expect(isWanted("b", 5) && !isWanted("b", 6))
        #expect(isWanted("c", 77) && isWanted("x", 9) && !isWanted("x", 8))
        #expect(throws: ToolFailure.self) { try filter("--topic-partitions", "a:x") }
        #expect(
            try filter("--topic", "or.*", "--partitions", "1").isWanted(TopicPartition("orders", 1))
        )
    }

    @Test func `places replicas`() throws {
        #expect(
            try TopicChange.assignment("0:1,1:2").map { $0.map(\.rawValue) } == [[0, 1], [1, 2]])
        for bad in ["0:0", "0:1,2", "a", "", "0:-1"] {
            #expect(throws: ToolFailure.self) { try TopicChange.assignment(bad) }
        }
    }

    @Test func `matches topics by whole name`() throws {
        let pattern = try TopicPattern("ord.*, pay")
        #expect(pattern.matches("orders") && pattern.matches("pay"))
        #expect(!pattern.matches("payments"))
        #expect(try TopicPattern("a.b").matches("a.b"))
        #expect(throws: ToolFailure.self) { try TopicPattern("(") }
    }

    @Test func `names the first controllers`() throws {
        let id = UUID(high: 5, low: 900).description
        let found = try Storage.controllers("2@b:9093:\(id),1@[::1]:9093:\(id)")
        #expect(found.map(\.id.rawValue) == [1, 2])
        #expect(found[0].host == "::1")
        for bad in ["1@a:9093", "x@a:1:\(id)", "1@:1:\(id)", "1@a:0:\(id)", "1@a:1:short", ","] {
            #expect(throws: ToolFailure.self) { try Storage.controllers(bad) }
        }
    }

    @Test func `names levels and releases`() throws {
        #expect(MetadataVersionName.level("4.3-IV0") == 30)
        #expect(MetadataVersionName.level("4.0") == 25)
        #expect(MetadataVersionName.level("4.0.1") == 25)
        #expect(MetadataVersionName.level("9.9") == nil)
        #expect(MetadataVersionName.text(30) == "4.3-IV0")
        #expect(try Storage.feature("kraft.version=1").level == 1)
        #expect(throws: ToolFailure.self) { try Storage.feature("kraft.version") }
    }
}
