import Testing

@testable import Patterns

@Suite("A pattern of topics")
struct TopicPatternTests {
    private let names = ["orders", "orders-eu", "billing", "bill\u{e9}"]

    private func found(_ pattern: String, _ names: [String]) throws -> [String] {
        try TopicPattern.compile(pattern).matching(names)
    }

    @Test func `matches whole names`() throws {
        #expect(try found("orders.*", names) == ["orders", "orders-eu"])
        #expect(try found("order", names) == [])
        #expect(try found("orders|billing", names) == ["orders", "billing"])
        #expect(try found("^bill.$", names) == ["bill\u{e9}"])
        #expect(try found("", names + [""]) == [""])
    }

    @Test(arguments: ["(", "[a", "a**", "(?=x)", "\\1", "a{1001}"])
    func `is refused where it is not RE2's language`(text: String) {
        #expect(throws: PatternError.self) { _ = try found(text, ["x"]) }
    }

    @Test func `has limits of length, memory and work`() throws {
        let long = String(repeating: "a", count: TopicPattern.lengthMax + 1)
        #expect(throws: PatternError.tooLong(limit: TopicPattern.lengthMax)) {
            _ = try found(long, ["x"])
        }
        #expect(throws: PatternError.self) {
            _ = try found("((a{100}){100}){100}", ["x"])
        }
        let many = Array(repeating: String(repeating: "a", count: 249), count: 20_000)
        #expect(throws: PatternError.tooCostly) {
            _ = try found("(a{0,100}){0,10}", many)
        }
        #expect(try found("a*", many).count == 20_000)
    }

    @Test func `takes no longer for what makes others go back and forth`() throws {
        let pattern = try TopicPattern.compile("(a*)*b")
        let isMatch = pattern.matches(String(repeating: "a", count: 200))
        #expect(!isMatch)
    }
}
