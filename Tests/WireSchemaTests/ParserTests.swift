import Testing
import WireSchema

@Suite("A schema file")
struct ParserTests {
    private let fetch = """
        # Reads records.
        api 1 Fetch
        listeners broker controller
        forwarded

        request v4-18 flexible v12+
            # Who asks.
            ReplicaId: int32 v4-14 = -1
            ClusterId: string? v12+ tag 0 = null ignorable
            Topics: [FetchTopic]
                Name: string v4-12 ignorable
                Partitions: [int32]
            Leader: Endpoint v16+ null v17+

            struct Endpoint v16+
                Host: string inflexible

        response v4-18 flexible v12+
            ErrorCode: int16
        """

    @Test func `gives an API and its two messages`() throws {
        let file = try SchemaParser.parse(fetch, file: "fetch")
        #expect(file.api?.key == 1)
        #expect(file.api?.listeners == [.broker, .controller])
        #expect(file.api?.isForwarded == true)
        #expect(file.api?.needsClusterAction == false)
        #expect(file.messages.map(\.name) == ["FetchRequest", "FetchResponse"])
        #expect(file.messages[0].about == ["Reads records."])
        #expect(file.messages[0].firstFlexible == 12)
        #expect(SchemaChecker.check([file]) == [])
    }

    @Test func `gives fields the versions of what they stand in`() throws {
        let fields = try SchemaParser.parse(fetch, file: "fetch").messages[0].fields
        #expect(fields[0].versions == VersionRange(4, 14))
        #expect(fields[0].about == ["Who asks."])
        #expect(fields[0].defaultValue == .integer(-1))
        #expect(fields[1].versions == VersionRange(12, 18))
        #expect(fields[1].nullable == VersionRange(12, 18))
        #expect(fields[1].tag?.number == 0)
        #expect(fields[1].isIgnorable)
        #expect(fields[2].type == .array(.structure("FetchTopic")))
        #expect(fields[2].inline?.fields[0].versions == VersionRange(4, 12))
        #expect(fields[2].inline?.fields[1].versions == VersionRange(4, 18))
        #expect(fields[3].nullable == VersionRange(17, 18))
        #expect(
            try SchemaParser.parse(fetch, file: "").messages[0].commonStructs[0].fields[0]
                .isInflexible)
    }

    @Test(arguments: [
        ("data A v0\n    B: int9", 2, "‘int9’ is no type"),
        ("data A v0\n   B: int8", 2, "indented by 3; steps are four spaces"),
        ("data A v0\n        B: int8", 2, "indented deeper than anything it could belong to"),
        ("data A v0-3\n    B: int8 v2-5", 2, "v2-5 is not within v0-3, where this could exist"),
        ("data A v0\n    B: int8 = 300", 2, "‘300’ is no default for this type"),
        ("data A v0\n    B: bool = maybe", 2, "‘maybe’ is no default for this type"),
        ("data A v0\n    B: uuid = 1", 2, "‘1’ is no default for this type"),
        ("data A v0\n    B: string = \"x", 2, "a text without its closing quote"),
        ("data A v0\n    b: int8", 2, "‘b’ is no name; names begin with a capital"),
        ("data A v0\n    B int8", 2, "a field reads ‘Name: type’"),
        ("data A v0\n    B: int8 twice", 2, "‘twice’ is not expected here"),
        ("data A v0\n    B: int8\n        C: int8", 3, "members below a field that is no struct"),
        ("data A\n    B: int8", 1, "a message needs its versions"),
        ("data A v3-1", 1, "‘v3-1’ is an empty version range"),
        ("data A v3+", 1, "‘v3+’ has no end"),
        ("data A v0 flexible 1", 1, "flexible versions read ‘v9+’"),
        ("request v0", 1, "request without an API"),
        ("api 1 A\napi 2 B", 2, "a second API in one file"),
        ("api 1 A\nlisteners moon", 2, "‘moon’ is neither broker nor controller"),
        ("message A v0", 1, "‘message’ opens nothing that is known"),
        ("metadata A v0", 1, "‘A’ is not a record type"),
        ("data A v0\n\tB: int8", 2, "a tab; indent by four spaces"),
        ("# nothing", 1, "the file defines no message"),
        (
            "data A v0\n    struct S\n        B: int8\n    C: int8", 4,
            "a field after a common struct"
        ),
    ])
    func `is refused at the line that is wrong`(text: String, line: Int, reason: String) {
        #expect(throws: SchemaError(SourceLocation(file: "f", line: line), reason)) {
            _ = try SchemaParser.parse(text, file: "f")
        }
    }

    @Test func `has errors that an editor can follow`() {
        let error = SchemaError(SourceLocation(file: "01_Fetch.schema", line: 7), "no")
        #expect(error.description == "01_Fetch.schema:7: error: no")
    }
}
