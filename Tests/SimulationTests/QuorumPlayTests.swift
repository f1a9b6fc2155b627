import Model
import Simulation
import Testing

@Suite("The quorum of a cluster")
struct QuorumPlayTests {
    private func controller(of stage: Stage) throws -> SimulatedNode {
        try #require(stage.cluster.controller)
    }

    /// Raft §9.6, KIP-996: who cannot hear the leader asks before it raises the term, and is refused.
    @Test func `is not disturbed by a voter that hears nothing of its leader`() throws {
        let stage = Stage(300)
        let leader = try controller(of: stage)
        let deaf = try #require(stage.cluster.nodes.first { $0 !== leader })
        let terms = stage.cluster.checker.leaderCount
        stage.cluster.cut(from: leader, to: deaf)
        stage.cluster.time.pass(.seconds(15))
        #expect(stage.cluster.controller === leader)
        #expect(stage.cluster.checker.leaderCount == terms)
        stage.cluster.heal()
        #expect(stage.isWhole(within: .seconds(15)))
        #expect(stage.cluster.checker.leaderCount == terms)
        stage.finish()
    }

    @Test func `is not disturbed by a voter that comes back after long isolation`() throws {
        let stage = Stage(301)
        let leader = try controller(of: stage)
        let away = try #require(stage.cluster.nodes.first { $0 !== leader })
        let terms = stage.cluster.checker.leaderCount
        stage.isolate(away)
        stage.cluster.time.pass(.seconds(15))
        stage.cluster.heal()
        #expect(stage.isWhole(within: .seconds(15)))
        #expect(stage.cluster.controller === leader)
        #expect(stage.cluster.checker.leaderCount == terms)
        stage.finish()
    }

    /// KIP-853. Its vote would be a second one, from a log without what the first one promised.
    @Test func `does not count a voter that comes back on an empty disk`() throws {
        var plan = ClusterPlan.combined(3)
        plan.keepsVotersInLog = true
        let stage = Stage(310, plan)
        let wiped = stage.cluster[2]
        wiped.replaceDisk()
        wiped.start()
        #expect(stage.acknowledgesMore(within: .seconds(10)))
        #expect(stage.isWhole(within: .seconds(20)))
        // With it and one other there are two of three processes, but one of three voters.
        let leader = try controller(of: stage)
        leader.kill()
        let hasLeader = stage.cluster.time.pass(atMost: .seconds(10)) {
            stage.cluster.controller != nil
        }
        #expect(!hasLeader)
        leader.start()
        #expect(stage.cluster.allServe(within: .seconds(15)))
        stage.finish()
    }
}
