import Glibc
import Testing

@testable import Platform

@Suite("The process")
struct HostProcessTests {
    @Test func `knows itself`() throws {
        let facts = try HostProcess.facts()
        #expect(facts.residentBytes > 1 << 20)
        #expect(facts.cpuTime > .zero)
        #expect(facts.openDescriptors >= 3)
        #expect(facts.descriptorsMax > facts.openDescriptors)
        #expect(try HostProcess.raiseDescriptorLimit() >= facts.descriptorsMax)
        #expect(HostProcess.processorCount >= 1)
        #expect(!HostProcess.hostName.isEmpty)
        #expect(try HostProcess.executablePath().hasPrefix("/"))
    }

    @Test func `starts others and hears how they end`() throws {
        func shell(_ script: String) throws -> ChildProcess {
            try ChildProcess(path: "/bin/sh", arguments: ["sh", "-c", script])
        }
        #expect(try shell("exit 7").wait() == 7)
        let endless = try shell("exec sleep 1000")
        try endless.terminate()
        #expect(try endless.wait() == 128 + SIGTERM)
        let stubborn = try shell("kill -STOP $$")
        try stubborn.kill()
        #expect(try stubborn.wait() == 128 + SIGKILL)
        #expect(throws: Errno(ENOENT)) {
            try ChildProcess(path: "/no/such/program", arguments: ["x"])
        }
    }

    @Test func `hears signals on a thread of its own`() async {
        await #expect(processExitsWith: .exitCode(42)) {
            let heard = Inbox<Signal>()
            try Signals.watch([.terminate, .hangUp]) { heard.put($0) }
            kill(getpid(), SIGTERM)
            let first = try heard.take()
            kill(getpid(), SIGHUP)
            let second = try heard.take()
            Signals.ignoreBrokenPipes()
            kill(getpid(), SIGPIPE)
            HostProcess.exit(first == .terminate && second == .hangUp ? 42 : 1)
        }
    }
}
