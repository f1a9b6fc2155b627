internal import Model
internal import Raft
internal import Telemetry

/// The quorum's gauges, written by the metadata loop.
final class QuorumMetrics {
    private let registry: Metrics
    private let leader: Gauge
    private let term: Gauge
    private let highWatermark: Gauge
    private let logEnd: Gauge
    private let logEndEpoch: Gauge
    private let voters: Gauge
    private let voterChange: Gauge
    private let elections: Counter
    private let commitLatency: Histogram
    private var state: (name: String, gauge: Gauge)?

    init(_ registry: Metrics) {
        self.registry = registry
        leader = registry.gauge(Catalogue.raftLeader)
        term = registry.gauge(Catalogue.raftEpoch)
        highWatermark = registry.gauge(Catalogue.raftHighWatermark)
        logEnd = registry.gauge(Catalogue.raftLogEndOffset)
        logEndEpoch = registry.gauge(Catalogue.raftLogEndEpoch)
        voters = registry.gauge(Catalogue.raftVoters)
        voterChange = registry.gauge(Catalogue.raftVoterChange)
        elections = registry.counter(Catalogue.raftElections)
        commitLatency = registry.histogram(Catalogue.raftCommitLatency)
    }

    func note(_ raft: Raft) {
        leader.set(Int64(raft.leadership.leader?.rawValue ?? -1))
        term.set(Int64(raft.term.rawValue))
        highWatermark.set(raft.highWatermark?.rawValue ?? -1)
        logEnd.set(raft.log.end.rawValue)
        logEndEpoch.set(Int64(raft.log.lastEpoch.rawValue))
        voters.set(Int64(raft.voters.voters.count))
        let isCommitted = raft.log.voters.latestOffset < raft.highWatermark ?? .zero
        voterChange.set(isCommitted ? 0 : 1)
    }

    func roleChanged(to name: String) {
        if name == "candidate" { elections.add() }
        if let state { registry.remove(Catalogue.raftState, state.name) }
        let gauge = registry.gauge(Catalogue.raftState, name)
        gauge.set(1)
        state = (name, gauge)
    }

    func committed(_ took: Duration, at now: Instant) { commitLatency.record(took, at: now) }
}
