import Bytes
import InternalRecords
import Metadata
import Model
import TestSupport
import Testing

@testable import Tools

@Suite("The metadata shell")
struct MetadataShellTests {
    static let topicID = UUID(high: 0, low: 1)

    /// A topic of eleven partitions, a setting and a credential.
    static func tree() throws -> MetadataTree {
        var image = MetadataImage()
        var version = FeatureLevelRecord()
        version.name = FeatureName.metadataVersion
        version.featureLevel = 30
        var topic = TopicRecord()
        topic.name = "orders"
        topic.topicID = topicID
        var records: [MetadataRecord] = [.featureLevel(version), .topic(topic)]
        for number in 0..<Int32(11) {
            var partition = PartitionRecord()
            partition.partitionID = number
            partition.topicID = topicID
            partition.replicas = [1]
            partition.isr = [1]
            partition.leader = 1
            partition.leaderEpoch = 0
            partition.partitionEpoch = 0
            partition.directories = [UUID(high: 0, low: 9)]
            records.append(.partition(partition))
        }
        var config = ConfigRecord()
        config.resourceType = 2
        config.resourceName = "orders"
        config.name = "retention.ms"
        config.value = "60000"
        records.append(.config(config))
        var credential = UserScramCredentialRecord()
        credential.name = "ann"
        credential.mechanism = 1
        credential.iterations = 4096
        credential.salt = [1, 2, 3]
        records.append(.userScramCredential(credential))
        for record in records { _ = try image.apply(record) }
        return MetadataTree(image)
    }

    func session() throws -> ShellSession { ShellSession(try Self.tree()) }

    @Test func `shows the metadata as directories and files`() throws {
        var it = try session()
        #expect(it.run("ls /").lines == ["image", "local"])
        #expect(it.run("cat /image/features/metadata.version").lines == ["30 (4.3-IV0)"])
        #expect(it.run("cat /image/configs/topic/orders/retention.ms").lines == ["60000"])
        #expect(
            it.run("ls /image/topics/byName/orders").lines
                == (0..<11).map { "\($0)" } + ["id", "name"])
        #expect(
            it.run("cat /image/topics/byId/AAAAAAAAAAAAAAAAAAAAAQ/name").lines == ["orders"])
        let partition = it.run("cat /image/topics/byName/orders/10").lines
        #expect(partition.first?.contains("\"partitionId\":10") == true)
        #expect(it.run("ls /image/acls").lines == [])
    }

    @Test func `hides what is secret`() throws {
        var it = try session()
        #expect(
            it.run("tree /image/scram").lines == [
                "scram:", "  SCRAM-SHA-256:", #"    ann: {"iterations":4096,"keys":"[hidden]"}"#,
            ])
    }

    @Test func `goes from directory to directory`() throws {
        var it = try session()
        #expect(it.run("pwd").lines == ["/"])
        #expect(it.run("cd image/topics/byName/orders").lines == [])
        #expect(it.run("cd ../../byId/./..").lines == [])
        #expect(it.run("pwd").lines == ["/image/topics"])
        #expect(it.run("cd nowhere").lines == ["cd: nowhere: no such file or directory."])
        #expect(it.run("cd byName/orders/id").isFailure == true)
        #expect(it.run("cd ../../../..").lines == [])
        #expect(it.run("pwd").lines == ["/"])
    }

    @Test func `takes patterns`() throws {
        var it = try session()
        #expect(it.run("cat /image/topics/*/orders/nam?").lines == ["orders"])
        #expect(it.run("find /image/topics/byName/orders/1*").lines.count == 2)
        #expect(it.run("cat /image/*/nothing*").isFailure == true)
        for (name, pattern) in [("aab", "a*b"), ("ab", "*ab*"), ("abcabd", "*abd"), ("", "*")] {
            #expect(MetadataTree.fits(name, pattern))
        }
        #expect(!MetadataTree.fits("abc", "a?"))
        #expect(!MetadataTree.fits("abc", "*b"))
    }

    @Test(arguments: [
        "cat", "cat /image", "cat nowhere", "ls nowhere", "find nowhere", "fly", "man", "man fly",
        "history x", "cd a b",
    ])
    func `says what cannot be done`(_ line: String) throws {
        var it = try session()
        let answer = it.run(line)
        #expect(answer.isFailure)
        #expect(answer.lines.count == 1)
    }

    @Test func `remembers lines, and ends`() throws {
        var it = try session()
        _ = it.run("pwd")
        _ = it.run("  ")
        #expect(it.run("history").lines == ["1  pwd", "2  history"])
        #expect(it.run("history 1").lines == ["3  history 1"])
        #expect(it.run("exit").isOver == true)
        #expect(it.run("help").lines.count == 10)
        #expect(it.run("man ls").lines.first == "usage: ls [PATH...]")
    }

    @Test func `completes commands and paths`() throws {
        var it = try session()
        #expect(it.completions(of: "h") == ["help ", "history "])
        #expect(it.completions(of: "cat /im") == ["cat /image/"])
        #expect(
            it.completions(of: "cat /image/topics/byName/orders/n")
                == ["cat /image/topics/byName/orders/name"])
        _ = it.run("cd /image/topics")
        #expect(it.completions(of: "ls by") == ["ls byId/", "ls byName/"])
        #expect(it.completions(of: "ls nowhere/") == [])
        #expect(it.completions(of: "man c") == ["man cat", "man cd"])
    }
}

@Suite("A line that is typed")
struct LineEditorTests {
    /// Types text and keys; answers with the last event.
    @discardableResult
    func type(
        _ text: String, _ editor: inout LineEditor, _ completions: [String] = []
    ) -> LineEditor.Event? {
        var last: LineEditor.Event?
        for byte in text.utf8 {
            if let event = editor.take(byte, completing: { _ in completions }) { last = event }
        }
        return last
    }

    @Test func `is edited anywhere`() {
        var it = LineEditor()
        type("cat x", &it)
        type("\u{1b}[D\u{7f}\u{1b}[Dé", &it)
        #expect(it.line == "caétx")
        type("\u{1}\u{1b}[3~\u{5}!", &it)
        #expect(it.line == "aétx!")
        type("\u{1b}OD\u{b}", &it)
        #expect(it.line == "aétx")
        #expect(type("\r", &it) == .line("aétx"))
        #expect(it.line == "")
    }

    @Test func `loses words and halves on request`() {
        var it = LineEditor()
        type("one two  \u{17}", &it)
        #expect(it.line == "one ")
        type("\u{15}", &it)
        #expect(it.line == "")
        #expect(type("x\u{3}", &it) == .abandoned)
        #expect(type("\u{4}", &it) == .ended)
    }

    @Test func `may be an earlier one`() {
        var it = LineEditor(history: ["first", "second"])
        type("new\u{1b}[A\u{1b}[A\u{1b}[A", &it)
        #expect(it.line == "first")
        type("\u{1b}[B\u{1b}[B", &it)
        #expect(it.line == "new")
    }

    @Test func `grows by what all completions share`() {
        var it = LineEditor()
        let found = ["ls byId/", "ls byName/"]
        #expect(type("ls \t", &it, found) == .changed)
        #expect(it.line == "ls by")
        #expect(type("\t", &it, found) == .choices(found))
        #expect(type("\t", &it) == nil)
    }

    @Test func `survives any bytes, and has a limit`() {
        var it = LineEditor()
        var random = PRNG(seed: 5)
        for _ in 0..<20_000 {
            _ = it.take(UInt8(random.below(256)), completing: { [$0 + "ab"] })
            #expect(it.cursor <= it.text.count)
        }
        var long = LineEditor()
        type(String(repeating: "x", count: LineEditor.lengthMax + 5), &long)
        #expect(long.text.count == LineEditor.lengthMax)
    }
}
