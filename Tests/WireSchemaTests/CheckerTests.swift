import Testing
import WireSchema

@Suite("The checker of schemas")
struct CheckerTests {
    @Test(arguments: [
        ("data A v0\n    B: int8\n    B: int8", 3, "field b is already at f:2"),
        ("data A v0\n    BId: int8\n    BID: int8", 3, "field bID is already at f:2"),
        ("data A v0\ndata A v0", 2, "message A is already at f:1"),
        ("metadata 1 A v0\nmetadata 1 B v0", 2, "metadata type 1 is already at f:1"),
        ("metadata 1 A v0\ngroup-key 1 B v0", 2, nil),
        ("data A v0\n    B: C", 2, "no struct C in A"),
        ("data A v0\n    struct C\n        D: int8", 2, "no field uses struct C"),
        (
            "data A v0\n    B: C\n        D: int8\n    E: C\n        F: int8", 4,
            "struct C is already at f:2"
        ),
        ("data A v0\n    B: A\n        D: int8", 2, "a struct with the name of its message"),
        ("data A v0\n    B: [C]\n    struct C\n        D: [C]", 3, "struct C contains itself"),
        (
            "data A v0-2\n    B: C\n    struct C v1+\n        D: int8", 2,
            "B exists in v0-2, but C in v1-2"
        ),
        ("data A v0\n    B: int8?", 2, "B is of a type that has no null"),
        (
            "data A v0-1\n    B: string null v1+ = null", 2,
            "null is the default where it is not always allowed"
        ),
        (
            "data A v0\n    B: string = null", 2,
            "null is the default where it is not always allowed"
        ),
        ("data A v0\n    B: int8 tag 0", 2, "a tag in a version that is not flexible"),
        (
            "data A v0-2 flexible v2+\n    B: int8 v1+ tag 0", 2,
            "a tag in a version that is not flexible"
        ),
        ("data A v0-2 flexible v2+\n    B: int8 v1+ tag 0 v2+", 2, nil),
        (
            "data A v0-2 flexible v0+\n    B: int8 tag 0 v0-1", 2,
            "a tagged field that goes back to its place later"
        ),
        (
            "data A v0 flexible v0+\n    B: int8 tag 1", 2,
            "tags count up from 0 without gaps; 0 was expected here"
        ),
        (
            "data A v0 flexible v0+\n    B: int8 tag 0\n    C: int8 tag 0", 3,
            "tags count up from 0 without gaps; 1 was expected here"
        ),
        ("data A v0 flexible v1+", 1, "flexible from a version that does not exist"),
        ("data A v0\n    B: int8 inflexible", 2, "only strings and bytes can be inflexible"),
        ("data A v0\n    B: [bytes]", 2, "an array of a type that arrays do not hold"),
        ("api 1 A\nrequest v0\nresponse v0", 1, "an API without listeners"),
        (
            "api 1 A\nlisteners broker\nrequest v0", 1,
            "an API has one request and one response, and no more"
        ),
        (
            "api 1 A\nlisteners broker\nrequest v0\nresponse v0-1", 4,
            "v0-1, but its request has v0"
        ),
        (
            "api 1 A\nlisteners broker\nrequest v0-1 flexible v1+\nresponse v0-1", 4,
            "request and response become flexible at different versions"
        ),
        (
            "api 1 A\nlisteners broker\nlatest-unstable\nrequest v0\nresponse v0", 1,
            "an API with no stable version"
        ),
    ])
    func `reports what is wrong and where`(text: String, line: Int, reason: String?) throws {
        let errors = SchemaChecker.check([try SchemaParser.parse(text, file: "f")])
        let expected = reason.map { [SchemaError(SourceLocation(file: "f", line: line), $0)] } ?? []
        #expect(errors == expected)
    }

    @Test func `compares files with each other`() throws {
        let text = "api 1 A\nlisteners broker\nrequest v0\nresponse v0"
        let one = try SchemaParser.parse(text, file: "x/1.schema")
        let two = try SchemaParser.parse(text, file: "y/1.schema")
        #expect(
            SchemaChecker.check([one, two]).map(\.reason) == [
                "API key 1 is already at x/1.schema:1",
                "message ARequest is already at x/1.schema:3",
                "message AResponse is already at x/1.schema:4",
                "file 1.schema is already at x/1.schema:1",
            ])
    }
}

@Suite("Rendered Swift")
struct RendererTests {
    private func render(_ text: String) throws -> String {
        SwiftRenderer.messages(of: try SchemaParser.parse(text, file: "f"))
    }

    @Test func `names properties by the house's rules`() throws {
        let text = try render(
            "data A v0\n    TopicIds: [uuid]\n    NewIsr: [int32]\n    Isr: [int32]\n"
                + "    Protocol: string"
        )
        for name in ["topicIDs: [UUID]", "newISR: [Int32]", "isr: [Int32]", "`protocol`: String"] {
            #expect(text.contains("public var \(name)"))
        }
    }

    @Test func `types error codes and leaves other int16 fields raw`() throws {
        let text = try render("data A v0\n    ErrorCode: int16\n    Epoch: int16 = -1")
        #expect(text.contains("public var errorCode: ErrorCode = .none"))
        #expect(text.contains("public var epoch: Int16 = -1"))
    }

    @Test func `depends on its input alone`() throws {
        let schema = "data A v0\n    B: [C]\n        D: int8\n    E: [F]\n        G: int8"
        #expect(try render(schema) == render(schema))
    }
}
