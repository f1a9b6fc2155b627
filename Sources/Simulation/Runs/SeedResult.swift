/// What came of a seed.
package struct SeedResult {
    /// Lines around a violation that are shown if not all are wanted.
    static let linesAround = 80

    package let seed: UInt64
    package let isFaultless: Bool
    /// One line, without the seed.
    package let summary: String
    /// What was broken, what happened before, and how to play it again; empty if nothing was asked for or
    /// broken.
    package let details: String

    /// Plays a seed. Its timeline is only kept when it is wanted: a seed that fails is played again for it.
    package static func of(_ seed: UInt64, _ order: SeedOrder) -> SeedResult {
        let run = order.run(of: seed, records: order.showsTimeline)
        run.play()
        var isFaultless = run.isFaultless
        var summary = run.summary
        var details: [String] = []
        if order.playsTwice {
            let again = order.run(of: seed, records: false)
            again.play()
            if again.cluster.time.trace != run.cluster.time.trace {
                isFaultless = false
                summary = "FAILED, " + summary
                details.append("seedHasOneHistory: played again it was \(again.summary)")
            }
        }
        if order.showsTimeline {
            details += run.report(lines: .max)
        } else if !run.isFaultless {
            let recorded = order.run(of: seed, records: true)
            recorded.play()
            details += recorded.report(lines: linesAround)
        }
        if !isFaultless {
            let word = order.playsGroups ? "'--groups \(seed)'" : "\(seed)"
            details.append("play it again: make simulate SEED=\(word)")
        }
        return SeedResult(
            seed: seed, isFaultless: isFaultless, summary: summary,
            details: details.joined(separator: "\n"))
    }
}
