import TestSupport
import Testing

@testable import Tools

@Suite("What is made of the tools' tables")
struct ReferenceTests {
    private let page = ToolPage(
        name: "fly", summary: "Fly away.", synopsis: "(up | down FAR | land)",
        flags: [
            Flag(
                "speed", .value("km/h"), "How fast.", letter: "s", aliases: ["pace"],
                isRequired: true),
            Flag("zookeeper", .gone(insteadUse: "wings"), ""),
        ], scripts: ["kafka-fly.sh"])

    @Test func `knows subcommands and the flags that are left`() {
        #expect(page.subcommands == ["up", "down", "land"])
        #expect(page.shownFlags.map(\.name) == ["speed"])
    }

    @Test func `names Kafka's scripts, and no tool of our own`() {
        #expect(Reference.names.contains("kafka-topics.sh"))
        #expect(Reference.names.contains("kafka-server-start.sh"))
        for name in ["kafka-up.sh", "kafka-doctor.sh", "kafka-verify.sh", "kafka-reference.sh"] {
            #expect(!Reference.names.contains(name))
        }
    }

    @Test func `completes in three shells`() {
        let bash = Completion.bash.script([page])
        #expect(bash.contains("    fly) words=\"up down land --speed -s\" ;;\n"))
        #expect(bash.contains("complete -F _martlet martlet kafka-fly.sh\n"))
        let zsh = Completion.zsh.script([page])
        #expect(zsh.hasPrefix("#compdef martlet kafka-fly.sh\n"))
        #expect(zsh.contains("    fly) known=\"up down land --speed -s\" ;;\n"))
        let fish = Completion.fish.script([page])
        #expect(fish.contains("-a fly -d 'Fly away.'\n"))
        #expect(
            fish.contains("complete -c kafka-fly.sh -l speed -s s -r -d 'Required. How fast.'\n"))
    }

    @Test func `is a manual page`() {
        let text = ManualPage.text(page)
        #expect(text.hasPrefix(".TH MARTLET\\-FLY 1 "))
        #expect(text.contains(".TP\n.B \\-s, \\-\\-speed <km/h>\nRequired. How fast.\n"))
        #expect(text.contains("Older names: \\-\\-pace.\n"))
        #expect(!text.contains("zookeeper"))
        #expect(ManualPage.escaped(".a\\b") == "\\&.a\\eb")
        #expect(ManualPage.overview([page]).contains(".BR martlet\\-fly (1)\nFly away.\n"))
    }
}

@Suite("A node's command line")
struct ServerStopTests {
    @Test(
        arguments: [
            (["martlet", "server-start", "a.properties"], "a.properties"),
            (["/x/martlet", "server-start", "-daemon", "a", "--override", "b=c"], "a"),
            (["/opt/kafka/bin/kafka-server-start.sh", "/etc/a"], "/etc/a"),
            (["martlet", "server-stop", "a"], nil), (["vi", "server-start", "a"], nil),
            (["bash", "-c", "martlet server-start a"], nil), ([], nil),
        ] as [([String], String?)])
    func `tells which file it was started with`(_ words: [String], _ file: String?) {
        #expect(ServerStop.configurationPath(words) == file)
    }
}
