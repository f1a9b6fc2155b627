internal import Model

/// What some worlds have and most have not. Every third seed is of another kind than the rest, by a draw of its own: so
/// what is added here changes no history of the others.
struct WorldTraits {
    /// Bits flip at rest, and the nodes look for that all the time.
    private(set) var forgets = false
    /// A topic is compacted.
    private(set) var compacts = false
    /// Brokers have two log directories, which can fail on their own, and replicas move between them.
    private(set) var hasTwoDirectories = false
    /// Partitions move between brokers.
    private(set) var reassigns = false
    /// Controllers are taken out of the voters and put back.
    private(set) var changesVoters = false
    /// The power often fails soon after a log was cut.
    private(set) var losesPowerAtCuts = false

    /// Of each record of the topics with a promise: records that lie in several sectors can be torn within.
    private(set) var paddingBytes = 0

    init(of seed: UInt64) {
        guard seed.isMultiple(of: 3) else {
            changesVoters = seed % 4 == 1
            return
        }
        var random = PRNG(seed: seed &* 0x9e37_79b9_7f4a_7c15)
        forgets = random.below(2) == 0
        compacts = random.below(2) == 0
        hasTwoDirectories = random.below(3) == 0
        reassigns = random.below(3) == 0
        losesPowerAtCuts = random.below(2) == 0
        if random.below(2) == 0 { paddingBytes = 1_200 }
    }

    /// Lines of `server.properties`.
    var settings: [String] {
        (forgets ? ["log.scrub.interval.ms=2000"] : [])
            + (compacts
                ? ["log.cleaner.backoff.ms=300", "log.cleaner.dedupe.buffer.size=2097152"] : [])
    }

    /// Of the topics with a promise, in which bits flip: only closed segments are looked at.
    var segmentBytes: String { forgets ? "4096" : "16384" }

    /// In words, for one who reads of a seed.
    var description: String {
        let words: [(Bool, String)] = [
            (forgets, "bits flip"), (compacts, "compaction"),
            (hasTwoDirectories, "two directories"), (reassigns, "reassignment"),
            (changesVoters, "voters change"),
            (losesPowerAtCuts, "power fails at cuts"), (paddingBytes > 0, "large records"),
        ]
        return words.filter(\.0).map { ", \($0.1)" }.joined()
    }
}
