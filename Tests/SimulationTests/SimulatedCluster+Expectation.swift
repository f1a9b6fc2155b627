import Simulation
import Testing

extension SimulatedCluster {
    /// No rule was broken; else tells which, the seed, and what happened last.
    func expectNoViolation(_ location: SourceLocation = #_sourceLocation) {
        guard !checker.violations.isEmpty else { return }
        let rules = checker.violations.map(\.description).joined(separator: "\n  ")
        let events = timeline.last(60).joined(separator: "\n  ")
        Issue.record(
            "seed \(seed):\n  \(rules)\nthe last events:\n  \(events)", sourceLocation: location)
    }
}
