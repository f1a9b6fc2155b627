/// What the door of the simulator is asked to play: `200`, `17-400`, `--timeline`, `--twice`.
package struct SeedOrder: Equatable {
    /// Seeds, in order.
    package var seeds: [UInt64] = Array(1...200)
    /// All that happened is shown, for failed seeds and others.
    package var showsTimeline = false
    /// Each seed is played twice, and its two histories must be one.
    package var playsTwice = false
    /// The first seed that fails is the last that is played.
    package var endsAtFailure = false
    /// Members of a group, in place of producers and readers of their own.
    package var playsGroups = false

    /// How many nodes the clusters have, and how long faults strike them, if not as the seed draws it.
    package var size = FaultRun.Size()

    package static let usage = """
        usage: simulate [SEED | FIRST-LAST | regressions] [--groups] [--timeline] [--twice]
                        [--until-failure] [--nodes N] [--seconds N]

        Plays seeds, 1-200 if none are named; `regressions` are those that ever failed. One line
        for each; one that breaks a rule shows which, what happened before, and how to play it
        again. The exit code is then 1.

        --groups     consumers share topics as members of a group
        --timeline   show all that happened
        --twice      play each seed twice: the same history must come
        --until-failure  play no more once a seed has failed
        --nodes      clusters of so many combined nodes, 3 to 9; else the seed draws them
        --seconds    faults strike for so long, in virtual time; else 15 s
        """

    /// Reads the words of a command line; nil if they say nothing sensible.
    package init?(_ words: [String]) {
        var hasSeeds = false
        var words = words[...]
        while let word = words.popFirst() {
            switch word {
            case "--timeline": showsTimeline = true
            case "--twice": playsTwice = true
            case "--nodes":
                guard let count = Self.number(words.popFirst(), in: 3...9) else { return nil }
                size.nodeCount = count
            case "--seconds":
                guard let count = Self.number(words.popFirst(), in: 1...3_600) else { return nil }
                size.faultTime = .seconds(count)
            case "--groups": playsGroups = true
            case "--until-failure": endsAtFailure = true
            default:
                guard !hasSeeds, let named = Self.range(word) else { return nil }
                seeds = named
                hasSeeds = true
            }
        }
    }

    private static func number(_ word: String?, in range: ClosedRange<Int>) -> Int? {
        word.flatMap { Int($0) }.flatMap { range.contains($0) ? $0 : nil }
    }

    private static func range(_ word: String) -> [UInt64]? {
        if word == "regressions" { return Regressions.found.map(\.seed) }
        let parts = word.split(separator: "-", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { UInt64($0) }
        guard numbers.count == parts.count, numbers.count <= 2 else { return nil }
        guard let first = numbers.first, let last = numbers.last, first <= last else { return nil }
        return Array(first...last)
    }
}
