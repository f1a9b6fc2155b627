import Testing

@testable import Configuration

@Suite("A properties file")
struct PropertiesTests {
    @Test(arguments: [
        ("a=b", "a", "b"), ("a = b ", "a", "b "), ("a: b", "a", "b"), ("a b", "a", "b"),
        ("  a=b", "a", "b"), ("a==b", "a", "=b"), ("a", "a", ""), ("a\\ b=c", "a b", "c"),
        ("a\\=b=c", "a=b", "c"), ("a=1,\\\n   2", "a", "1,2"), ("a=\\u00e9\\t", "a", "\u{E9}\t"),
        ("a=b\\\\\nc=d", "a", "b\\"), ("a=\\ud83d\\ude00", "a", "\u{1F600}"),
        ("a=1\r\nb=2", "a", "1"),
        ("a=1\na=2", "a", "2"), ("a=b#c", "a", "b#c"), ("a=x\\", "a", "x"),
    ])
    func `is read as Java reads it`(text: String, key: String, value: String) throws {
        #expect(try Properties(parsing: text)[key] == value)
    }

    @Test func `leaves out comments and empty lines`() throws {
        #expect(try Properties(parsing: "# a=1\n\n  ! b=2\n\t\nc=3").keys == ["c"])
    }

    @Test func `keeps its keys in order of appearance`() throws {
        #expect(try Properties(parsing: "z=1\na=2\nz=3").keys == ["z", "a"])
    }

    @Test func `is refused for half an escape`() {
        #expect(throws: Properties.ParseError.malformedEscape(line: 2)) {
            try Properties(parsing: "a=1\nb=\\u12")
        }
    }

    @Test func `gives way to an override`() throws {
        var properties = try Properties(parsing: "a=1")
        try properties.override("a=2=3")
        #expect(properties["a"] == "2=3")
        #expect(throws: Properties.ParseError.malformedOverride("a")) {
            try properties.override("a")
        }
    }
}
