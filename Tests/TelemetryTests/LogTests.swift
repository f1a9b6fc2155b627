import Model
import Synchronization
import Testing

@testable import Telemetry

/// Keeps lines and tells a time that tests set.
private final class Notebook: Sendable {
    private let state = Mutex((time: Int64(0), lines: [String]()))

    var lines: [String] { state.withLock { $0.lines } }
    var time: Int64 {
        get { state.withLock { $0.time } }
        set { state.withLock { $0.time = newValue } }
    }
    func add(_ line: String) { state.withLock { $0.lines.append(line) } }
    func logging(_ level: LogLevel = .info) -> Logging {
        Logging(level: level, clock: { Timestamp(self.time) }, sink: { self.add($0) })
    }
}

@Suite("A log")
struct LogTests {
    @Test func `writes events with their fields in order`() {
        let notebook = Notebook()
        notebook.time = 1_795_251_600_123
        notebook.logging().log("controller").info(
            "leaderElected", ["partition": TopicPartition("orders", 3), "epoch": 7])
        #expect(
            notebook.lines == [
                "2026-11-21T09:00:00.123Z INFO leaderElected partition=orders-3 epoch=7"
            ])
    }

    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00.000Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (1_709_251_199_000, "2024-02-29T23:59:59.000Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
    ])
    func `knows the calendar`(time: Int64, text: String) {
        #expect(Timestamp(time).iso8601 == text)
    }

    @Test func `does not build lines that nobody reads`() {
        let notebook = Notebook()
        let log = notebook.logging().log("raft")
        var built = 0
        func count() -> Int {
            built += 1
            return built
        }
        log.debug("fetched", ["count": count()])
        #expect(built == 0)
        log.info("fetched", ["count": count()])
        #expect(built == 1)
    }

    @Test func `changes a logger's level while it runs, and root's for the others`() {
        let notebook = Notebook()
        let logging = notebook.logging()
        let raft = logging.log("raft")
        let storage = logging.log("storage")
        logging.setLevel("raft", .debug)
        logging.setLevel(Logging.root, .error)
        #expect(raft.isWriting(.debug))
        #expect(!storage.isWriting(.warn))
        #expect(logging.levels.map(\.name) == ["root", "raft", "storage"])
        logging.setLevel("raft", nil)
        #expect(!raft.isWriting(.warn))
    }

    @Test func `lets no peer forge a line`() {
        let notebook = Notebook()
        notebook.logging().log("net").warn(
            "refused", ["reason": "a\nb \"c\" \u{1B}[0m", "client": ""])
        #expect(
            notebook.lines.first?.hasSuffix(
                #"refused reason="a\nb \"c\" \u{1b}[0m" client="""#) ?? false)
    }

    @Test func `cuts what a peer made long`() {
        let notebook = Notebook()
        notebook.logging().log("net").warn(
            "refused", ["reason": String(repeating: "x", count: 100_000)])
        #expect(notebook.lines[0].utf8.count < 1200)
    }

    @Test func `writes one line per interval, event and peer, and tells how many it held back`() {
        let notebook = Notebook()
        let logging = notebook.logging()
        let log = logging.log("net")
        for _ in 0..<5 {
            log.write(.warn, "invalidFrame", peer: "10.0.0.5", ["peer": "10.0.0.5:1"])
        }
        log.write(.warn, "invalidFrame", peer: "10.0.0.6", ["peer": "10.0.0.6:1"])
        #expect(notebook.lines.count == 2)
        notebook.time += LogLimiter.interval
        log.write(.warn, "invalidFrame", peer: "10.0.0.5", ["peer": "10.0.0.5:9"])
        #expect(notebook.lines.last?.hasSuffix("peer=10.0.0.5:9 suppressed=4") ?? false)
    }

    @Test func `tells of what it held back even when nothing follows`() {
        let notebook = Notebook()
        let logging = notebook.logging()
        for _ in 0..<3 { logging.log("net").write(.warn, "invalidFrame", peer: "a") }
        logging.reportSuppressed()
        #expect(notebook.lines.count == 1)
        notebook.time += LogLimiter.interval
        logging.reportSuppressed()
        logging.reportSuppressed()
        #expect(notebook.lines.count == 2)
        #expect(notebook.lines.last?.hasSuffix("WARN invalidFrame peer=a suppressed=2") ?? false)
    }

    @Test func `bounds what it remembers of peers`() {
        let notebook = Notebook()
        let log = notebook.logging().log("net")
        for peer in 0..<5000 { log.write(.warn, "invalidFrame", peer: "\(peer)") }
        #expect(notebook.lines.count == LogLimiter.entriesMax + 1)
    }
}
