internal import Model

/// The last things that happened, in words: what a failed seed shows. A run that only wants to know whether
/// something fails keeps none: the seed can be played again.
package final class Timeline: @unchecked Sendable {
    // SAFETY: a simulated world lives on one thread.

    /// Lines that are kept.
    static let linesMax = 20_000

    /// Whether lines are kept.
    package var isRecording = true
    private let time: VirtualTime
    private let start: Instant
    private var lines: [(at: Instant, text: String)] = []
    private var next = 0

    package init(_ time: VirtualTime) {
        self.time = time
        start = time.now
    }

    /// `line` is made only if it is kept.
    package func add(_ line: @autoclosure () -> String) {
        guard isRecording else { return }
        let entry = (at: time.now, text: line())
        if lines.count < Self.linesMax {
            lines.append(entry)
        } else {
            lines[next] = entry
            next = (next + 1) % Self.linesMax
        }
    }

    /// The last `count` lines that `isWanted`, oldest first.
    package func last(_ count: Int, where isWanted: (String) -> Bool = { _ in true }) -> [String] {
        let all = lines[next...] + lines[..<next]
        return all.filter { isWanted($0.text) }.suffix(count).map { "\(elapsed($0.at)) \($0.text)" }
    }

    var now: Instant { time.now }

    /// How long the world had run: seconds, to the microsecond.
    package var elapsed: String { elapsed(time.now) }

    private func elapsed(_ instant: Instant) -> String {
        let microseconds = (instant - start).inNanoseconds / 1_000
        let fraction = String(microseconds % 1_000_000)
        let zeros = String(repeating: "0", count: 6 - fraction.utf8.count)
        return "\(microseconds / 1_000_000).\(zeros)\(fraction)"
    }
}
