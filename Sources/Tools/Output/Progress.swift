internal import Model
internal import Platform

/// How far long work is: a line that is rewritten on a terminal, plain lines now and then elsewhere, on
/// standard error.
struct Progress {
    private let total: Int
    private let what: String
    private let interval: Duration
    private let output: ToolOutput
    private let isTerminal: Bool
    private let start = SystemClock.monotonic()
    private var lastLine = SystemClock.monotonic()
    private var isShown = false
    private(set) var done = 0

    private static let barWidth = 30

    init(of total: Int, _ what: String, every interval: Duration?, on output: ToolOutput) {
        self.total = total
        self.what = what
        self.output = output
        isTerminal = StandardStreams.isErrorTerminal
        self.interval = interval ?? (isTerminal ? .milliseconds(200) : .seconds(10))
    }

    mutating func advance(by count: Int) { done += count }

    /// Something went on; `detail` says what. Tells so if it is time to.
    mutating func note(_ detail: String) {
        let now = SystemClock.monotonic()
        guard now - lastLine >= interval else { return }
        lastLine = now
        let line = Self.line(done, of: total, what, after: now - start)
        if isTerminal {
            output.errorText("\r\u{1b}[K\(Self.bar(done, of: total)) \(line): \(detail)")
            isShown = true
        } else {
            output.error("\(line): \(detail)")
        }
    }

    /// Makes room for other lines.
    mutating func clear() {
        guard isShown else { return }
        output.errorText("\r\u{1b}[K")
        isShown = false
    }

    static func bar(_ done: Int, of total: Int) -> String {
        let filled = total > 0 ? min(barWidth, done * barWidth / total) : 0
        return "["
            + String(repeating: "#", count: filled)
            + String(repeating: ".", count: barWidth - filled) + "]"
    }

    /// Counts, rate and time left.
    static func line(
        _ done: Int, of total: Int, _ what: String, after elapsed: Duration
    ) -> String {
        let seconds = Double(elapsed.inNanoseconds) / 1e9
        var line = "\(done) of \(total) \(what)"
        guard done > 0, seconds > 0 else { return line }
        let rate = Double(done) / seconds
        line += ", \(Format.fixed(rate, 1)) a second"
        if done < total { line += ", \(Format.fixed(Double(total - done) / rate, 0)) s left" }
        return line
    }
}
