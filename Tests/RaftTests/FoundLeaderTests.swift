import Model
import Raft
import TestSupport
import Testing

/// Its disk was exchanged, and it was restarted before the log that names the voters was on it.
@Suite("A node that knows its leader by name alone")
struct FoundLeaderTests {
    @Test func `tells of it again once it knows where it is`() {
        let configuration = Raft.Configuration(
            clusterID: "c", id: 2, directoryID: DirectoryID(UUID(high: 2, low: 2)),
            isController: true,
            bootstrapServers: [QuorumAddress(host: "n1", port: 9_093)],
            listeners: ["CONTROLLER"])
        let now = Instant(nanoseconds: 1_000_000_000)
        var raft = Raft(
            configuration: configuration,
            stored: ElectionState(term: 3, leader: 1, voted: nil),
            log: LogShape(configuredVoters: .empty), now: now, seed: 1)
        var effects: [Raft.Effect] = []
        raft.start(now: now, &effects)
        let told = Raft.Effect.leadershipChanged(LeaderAndTerm(leader: 1, term: 3))
        #expect(effects.contains(told))
        #expect(raft.leaderAddress == nil)

        effects = []
        let address = QuorumAddress(host: "n1", port: 9_093)
        let begin = Raft.Request.BeginEpochRequest(
            term: 3, leader: 1, voter: ReplicaKey(2, configuration.directoryID),
            endpoints: [.init(listener: "CONTROLLER", address: address)])
        raft.requestReceived(
            .beginEpoch(begin), token: Raft.RequestToken(1), clusterID: "c", now: now,
            wallTime: Timestamp(0), &effects)
        #expect(raft.leaderAddress == address)
        #expect(effects.contains(told))

        // Once.
        effects = []
        raft.requestReceived(
            .beginEpoch(begin), token: Raft.RequestToken(2), clusterID: "c", now: now,
            wallTime: Timestamp(0), &effects)
        #expect(!effects.contains(told))
    }
}
