import Metadata
import Model
import Simulation
import Testing

@Suite("A cluster whose leaders fail")
struct LeadershipPlayTests {
    /// Pause A, crash B, cut off C, and swap: how acknowledged writes were lost in a system that answers before
    /// the disk has them.
    @Test(arguments: [[1, 2, 3], [3, 2, 1]])
    func `keeps what it acknowledged while pause, power loss and cut go round`(order: [Int]) {
        let stage = Stage(UInt64(200 + order[0] * 10 + order[1]))
        for turn in 0..<3 {
            let (paused, crashed, cutOff) = (
                stage.cluster[order[turn]], stage.cluster[order[(turn + 1) % 3]],
                stage.cluster[order[(turn + 2) % 3]]
            )
            paused.pause()
            #expect(stage.acknowledgesMore(within: .seconds(6)))
            crashed.losePower()
            stage.isolate(cutOff)
            stage.cluster.time.pass(.seconds(1))
            // The one that slept and the one that fell are a majority: what the third knows must be theirs too.
            paused.resume()
            crashed.start()
            #expect(stage.acknowledgesMore(within: .seconds(15)))
            stage.cluster.heal()
            #expect(stage.isWhole(within: .seconds(15)))
        }
        stage.finish()
    }

    /// KIP-966. The ISR shrinks to one, which then loses what it had not synced.
    @Test(arguments: 1...2)
    func `goes on from eligible replicas when the last one standing loses its tail`(seed: UInt64)
        throws
    {
        let stage = Stage(220 + seed, .separate(controllers: 3, brokers: 3))
        let last = try stage.leader()
        let others = stage.cluster.nodes.filter { $0.role.isBroker && $0 !== last }
        for other in others { other.kill() }
        let isAlone = stage.cluster.time.pass(atMost: .seconds(5)) {
            stage.state(of: stage.place)?.isr == [last.id]
        }
        #expect(isAlone)
        // The one that left while enough were in sync may lack what came after.
        #expect(stage.state(of: stage.place)?.eligibleLeaderReplicas.count == 1)
        // Nothing is committed by one alone.
        #expect(!stage.acknowledgesMore(1, within: .seconds(2)))
        last.disk.stall(for: .seconds(1))
        stage.cluster.time.pass(.milliseconds(500))
        last.losePower()
        for other in others { other.start() }
        #expect(stage.acknowledgesMore(within: .seconds(15)))
        #expect(stage.state(of: stage.place)?.leader != last.id)
        stage.finish()
    }

    /// The controller has registered it, and it has died before it heard of that.
    @Test(arguments: 225...226)
    func `goes on from an eligible replica that was killed while it registered`(seed: UInt64) throws
    {
        let stage = Stage(seed, .separate(controllers: 3, brokers: 3))
        let (eligible, _, third) = try stage.killToTheLast()
        let before = stage.newest?.broker(eligible.id)?.epoch
        eligible.start()
        let isRegistered = stage.cluster.time.pass(atMost: .seconds(5)) {
            stage.newest?.broker(eligible.id)?.epoch != before
        }
        #expect(isRegistered)
        eligible.kill()
        eligible.start()
        third.start()
        #expect(stage.acknowledgesMore(within: .seconds(15)))
        #expect(stage.state(of: stage.place)?.leader == eligible.id)
        stage.finish()
    }

    /// The leader's clients and followers reach it, the controller does not.
    @Test func `moves a leader that the controller cannot reach, and it acknowledges nothing more`()
        throws
    {
        let stage = Stage(231, .separate(controllers: 3, brokers: 3))
        let leader = try stage.leader()
        let before = try #require(stage.state(of: stage.place))
        for controller in stage.cluster.nodes where controller.role.isController {
            stage.cluster.cut(from: leader, to: controller)
            stage.cluster.cut(from: controller, to: leader)
        }
        let isMoved = stage.cluster.time.pass(atMost: .seconds(4)) {
            stage.state(of: stage.place)?.leader != leader.id
        }
        #expect(isMoved)
        #expect(stage.acknowledgesMore(within: .seconds(2)))
        #expect(stage.workload.history.longestGap < .seconds(4))
        let after = try #require(stage.state(of: stage.place))
        #expect(after.leaderEpoch > before.leaderEpoch)
        #expect(!after.isr.contains(leader.id))
        stage.finish()
    }

    /// A replica leaves the list, so the epoch rises while the leader stays. Who waits for an acknowledgement waits on:
    /// told that this is no leader any more, a producer without sequence numbers would write twice.
    @Test(arguments: 236...237)
    func `goes on waiting for acknowledgements under its next epoch`(seed: UInt64) throws {
        let stage = Stage(seed, .separate(controllers: 3, brokers: 3), kind: .repeating)
        stage.workload.startReading()
        let leader = try stage.leader()
        let leaving = try stage.bystander()
        let before = try #require(stage.state(of: stage.place))
        leaving.disk.stall(for: .seconds(1))
        stage.cluster.time.pass(.milliseconds(300))
        let acknowledged = stage.workload.history.acknowledgedCount
        #expect(stage.workload.history.sentCount > acknowledged)
        stage.workload.admin.assign(
            before.replicas.filter { $0 != leaving.id }, to: stage.place)
        let isRaised = stage.cluster.time.pass(atMost: .milliseconds(500)) {
            stage.state(of: stage.place).map { $0.leaderEpoch > before.leaderEpoch } ?? false
        }
        #expect(isRaised)
        #expect(stage.state(of: stage.place)?.leader == leader.id)
        stage.finish()
        #expect(stage.workload.history.readCount == stage.workload.history.sentCount)
        #expect(stage.workload.history.failedCount == 0)
    }

    /// A flush overdue by `log.flush.stall.ms`, 5 s, is an offline directory.
    @Test func `moves a leader whose disk hangs for ten seconds`() throws {
        let stage = Stage(241, .separate(controllers: 3, brokers: 3))
        let leader = try stage.leader()
        leader.disk.stall(for: .seconds(10))
        let isMoved = stage.cluster.time.pass(atMost: .seconds(8)) {
            stage.state(of: stage.place)?.leader != leader.id
        }
        #expect(isMoved)
        #expect(stage.acknowledgesMore(within: .seconds(2)))
        #expect(stage.workload.history.longestGap < .seconds(8))
        stage.cluster.time.pass(.seconds(4))
        // What did not reach the disk in time is not trusted before a restart.
        leader.kill()
        stage.finish()
    }

    @Test func `goes on without a combined node whose disk hangs, though it led everything`() throws
    {
        let stage = Stage(242)
        let leader = try stage.leader()
        leader.disk.stall(for: .seconds(10))
        #expect(stage.acknowledgesMore(100, within: .seconds(10)))
        leader.kill()
        stage.finish()
    }
}
