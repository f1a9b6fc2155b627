internal import Model

/// The last things that happened, in words: what a failed seed shows.
package final class Timeline: @unchecked Sendable {
    // SAFETY: a simulated world lives on one thread.

    /// Lines that are kept.
    static let linesMax = 20_000

    private let time: VirtualTime
    private let start: Instant
    private var lines: [String] = []
    private var next = 0

    init(_ time: VirtualTime) {
        self.time = time
        start = time.now
    }

    package func add(_ line: String) {
        let microseconds = (time.now - start).inNanoseconds / 1_000
        let text = "\(microseconds) \(line)"
        if lines.count < Self.linesMax {
            lines.append(text)
        } else {
            lines[next] = text
            next = (next + 1) % Self.linesMax
        }
    }

    /// The last `count` lines that `isWanted`, oldest first.
    package func last(_ count: Int, where isWanted: (String) -> Bool = { _ in true }) -> [String] {
        let all = lines[next...] + lines[..<next]
        return all.filter(isWanted).suffix(count)
    }
}
