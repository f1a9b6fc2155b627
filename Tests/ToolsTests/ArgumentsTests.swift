import Testing

@testable import Tools

@Suite("A tool's arguments")
struct ArgumentsTests {
    static let flags = [
        Flag.bootstrapServer, Flag.zookeeper,
        Flag("list", "On or off."),
        Flag("topic", .value("name"), "One value."),
        Flag("config", .values("k=v"), "Many values."),
        Flag("props", .list("k=v"), "A list."),
        Flag("offset", .value("n"), "A number.", letter: "o"),
    ]

    func parse(_ line: String, positionals: Int = 0) throws -> Arguments {
        try Arguments(
            line.split(separator: " ").map(String.init), flags: Self.flags,
            positionalsMax: positionals)
    }

    func refusal(_ line: String) -> String? {
        do {
            _ = try parse(line)
            return nil
        } catch ToolFailure.usage(let reason) {
            return reason
        } catch {
            return "\(error)"
        }
    }

    @Test func `are written with a blank, an equals sign or one letter`() throws {
        #expect(try parse("--topic a").value("topic") == "a")
        #expect(try parse("--topic=a=b").value("topic") == "a=b")
        #expect(try parse("-o -5").number("offset") == -5)
        #expect(try parse("--list").has("list"))
        #expect(try parse("--topic a --topic b").value("topic") == "b")
        #expect(try parse("--config a=1 --config b=2").values("config") == ["a=1", "b=2"])
        #expect(try parse("--props a=1 b=2 --list").values("props") == ["a=1", "b=2"])
    }

    @Test func `keep subcommands apart`() throws {
        let arguments = try parse("--topic a describe --list", positionals: 1)
        #expect(arguments.positionals == ["describe"])
        #expect(arguments.has("list"))
        #expect(refusal("describe") == "describe is not an option")
    }

    @Test func `are refused if the tool has no such flag`() {
        #expect(refusal("--bogus") == "bogus is not a recognized option")
        #expect(refusal("-x") == "x is not a recognized option")
        #expect(refusal("--topic") == "Option topic requires an argument")
        #expect(refusal("--topic --list") == "Option topic requires an argument")
        #expect(refusal("--list=yes") == "--list takes no value")
    }

    @Test func `say what to use instead of a flag that is gone`() {
        #expect(refusal("--zookeeper h:2181") == "--zookeeper is gone: use --bootstrap-server")
    }

    @Test func `take an older name and tell the new one`() throws {
        let arguments = try parse("--broker-list h:1")
        #expect(arguments.value("bootstrap-server") == "h:1")
        #expect(arguments.outdated.map(\.old) == ["--broker-list"])
        #expect(arguments.outdated.map(\.new) == ["--bootstrap-server"])
    }

    @Test func `are numbers within their range`() throws {
        #expect(throws: ToolFailure.self) { try parse("--offset x").number("offset") }
        #expect(throws: ToolFailure.self) { try parse("--offset 7").number("offset", in: 0...5) }
    }

    @Test func `name exactly one action`() throws {
        #expect(try parse("--list").only(of: ["list", "topic"]) == "list")
        #expect(throws: ToolFailure.self) {
            try parse("--list --topic a").only(of: ["list", "topic"])
        }
        #expect(throws: ToolFailure.self) { try parse("").only(of: ["list", "topic"]) }
    }
}

@Suite("A tool's name")
struct ToolNameTests {
    @Test func `is the program's own name or its first word`() {
        func name(_ words: String...) -> String? { Tools.toolName(words)?.name }
        #expect(name("/usr/bin/kafka-topics.sh", "--list") == "topics")
        #expect(name("kafka-console-producer") == "console-producer")
        #expect(name("martlet", "topics", "--list") == "topics")
        #expect(name("martlet") == nil)
        #expect(Tools.toolName(["kafka-topics", "--list"])?.words == ["--list"])
    }

    @Test func `is unique`() {
        let names = Tools.all.map { $0.name }
        #expect(Set(names).count == names.count)
    }

    @Test func `stands for flags that do not clash`() {
        for tool in Tools.all {
            let names = (tool.flags + Tools.commonFlags).flatMap { [$0.name] + $0.aliases }
            #expect(Set(names).count == names.count, "\(tool.name)")
            let letters = tool.flags.compactMap(\.letter)
            #expect(Set(letters).count == letters.count, "\(tool.name)")
        }
    }
}
