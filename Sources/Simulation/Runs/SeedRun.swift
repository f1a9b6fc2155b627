/// One seed, from its cluster to its judgement.
protocol SeedRun: AnyObject {
    var cluster: SimulatedCluster { get }
    var isFaultless: Bool { get }
    /// One line.
    var summary: String { get }
    /// Plays it to the end, or to the first rule that is broken.
    func play()
    /// What was broken, and what happened last.
    func report(lines: Int) -> [String]
}

extension FaultRun: SeedRun {}
extension GroupRun: SeedRun {}

extension SeedOrder {
    /// A run of the kind that is asked for.
    ///
    /// - Parameter records: whether the timeline is kept.
    func run(of seed: UInt64, records: Bool) -> any SeedRun {
        playsGroups
            ? GroupRun(seed: seed, records: records) : FaultRun(seed: seed, size, records: records)
    }
}
