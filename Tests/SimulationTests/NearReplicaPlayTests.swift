import Model
import Simulation
import Testing

@Suite("A reader in the rack of a follower")
struct NearReplicaPlayTests {
    /// The reader reads along through all that may befall the replica it reads from, and its leader. The
    /// checker looks at every record: that it is committed, and that none is missing or comes twice.
    @Test(arguments: [201, 202, 203] as [UInt64])
    func `reads what is committed, whatever befalls its replica`(_ seed: UInt64) throws {
        var plan = ClusterPlan.combined(3)
        plan.readsNearby = true
        let stage = Stage(seed, plan)
        let near = try stage.bystander()
        stage.workload.startReading(in: ClusterPlan.rack(of: near.id))
        #expect(stage.acknowledgesMore(within: .seconds(5)))

        near.kill()
        #expect(stage.acknowledgesMore(within: .seconds(10)))
        near.start()
        #expect(stage.isWhole(within: .seconds(10)))

        // Alone with its reader, it believes in a high watermark that others have left behind.
        stage.isolate(near)
        #expect(stage.acknowledgesMore(within: .seconds(10)))
        stage.cluster.heal()
        #expect(stage.isWhole(within: .seconds(20)))

        // The leader falls, its follower may lead now, and what is left of the old log is cut.
        let leader = try stage.leader()
        leader.pause()
        #expect(stage.acknowledgesMore(within: .seconds(15)))
        leader.resume()
        #expect(stage.isWhole(within: .seconds(20)))
        near.losePower()
        #expect(stage.acknowledgesMore(within: .seconds(15)))
        stage.finish()
    }
}
