import Model
import Simulation
import Testing

@Suite("A simulated world")
struct WorldTests {
    @Test func `stands still when something spins, and says so`() {
        let cluster = SimulatedCluster(seed: 1)
        cluster.time.eventsPerSecondMax = 1_000
        cluster.start()
        let before = cluster.time.now
        cluster.time.pass(.seconds(10))
        #expect(cluster.time.hasSpun)
        #expect(cluster.time.now < before + .seconds(1))
    }

    @Test(arguments: [false, true])
    func `has controllers of their own, whose voters stand in the log or not`(inLog: Bool) {
        var plan = ClusterPlan.separate(controllers: 3, brokers: 3)
        plan.keepsVotersInLog = inLog
        let cluster = SimulatedCluster(seed: 2, plan)
        cluster.start()
        #expect(cluster.allServe(within: .seconds(5)))
        let workload = Workload(on: cluster)
        #expect(workload.createTopic())
        workload.start(1)
        cluster.time.pass(.seconds(1))
        #expect(workload.stop())
        workload.check()
        cluster.expectNoViolation()
    }

    @Test func `has nodes with two directories, one of which fails and comes back`() {
        var plan = ClusterPlan.combined(3)
        plan.directoryCount = 2
        let cluster = SimulatedCluster(seed: 4, plan)
        cluster.start()
        #expect(cluster.allServe(within: .seconds(5)))
        let workload = Workload(on: cluster, partitionCount: 6)
        #expect(workload.createTopic())
        workload.start(1)
        cluster.time.pass(.seconds(1))
        #expect(cluster[2].disk.paths.contains { $0.hasPrefix("/data2/orders-") })
        cluster[2].disk.failingDirectories = ["/data2"]
        let isNoticed = cluster.time.pass(atMost: .seconds(5)) { cluster.checker.want != nil }
        #expect(isNoticed)
        #expect(cluster[2].isServing)
        let before = workload.history.acknowledgedCount
        cluster.time.pass(.seconds(2))
        #expect(workload.history.acknowledgedCount > before)
        cluster[2].disk.recover()
        cluster[2].kill()
        cluster[2].start()
        #expect(cluster.allServe(within: .seconds(10)))
        #expect(cluster.time.pass(atMost: .seconds(20)) { cluster.checker.want == nil })
        #expect(workload.stop())
        workload.check()
        cluster.expectNoViolation()
    }

    /// While it is copied, the copy is refused: no directory is at fault.
    @Test func `moves a replica in which a bit flipped into another directory once it is repaired`()
        throws
    {
        var plan = ClusterPlan.combined(3)
        plan.directoryCount = 2
        plan.settings = [
            "log.scrub.interval.ms=4000", "log.flush.offset.checkpoint.interval.ms=1000",
        ]
        let stage = Stage(6, plan, segmentBytes: 2_048)
        let (time, checker) = (stage.cluster.time, stage.cluster.checker)
        let node = try stage.bystander()
        let batches = stage.sealedBatches(of: node, atLeast: 3)
        let batch = try #require(batches.dropFirst().first)
        #expect(node.disk.flipBit(3, ofByte: batch.bytes.lowerBound + 30, in: batch.path))
        checker.noteDamage(of: stage.place, on: node.id)
        let directory = batch.path.hasPrefix("/data2/") ? "/data" : "/data2"
        let admin = SimulatedAdmin(
            on: stage.cluster.makeClient(), timeline: stage.cluster.timeline)
        admin.move(stage.place, of: node.id, to: directory)
        for _ in 0..<150 where checker.damage(of: [stage.place]) != nil {
            time.pass(.milliseconds(100))
        }
        let moved = "\(directory)/\(stage.place)/"
        let isMoved = time.pass(atMost: .seconds(5)) {
            node.disk.paths.contains { $0.hasPrefix(moved) }
        }
        #expect(isMoved)
        #expect(!stage.cluster.timeline.last(.max) { $0.contains("replicaMoveWaits") }.isEmpty)
        #expect(stage.cluster.timeline.last(.max) { $0.contains("logDirectoryFailed") }.isEmpty)
        stage.finish()
    }

    /// Names of its files wait for a sync when it goes.
    @Test(arguments: 7...9)
    func `deletes a topic under load, and no directory is at fault`(seed: UInt64) {
        var plan = ClusterPlan.combined(3)
        plan.settings = ["auto.create.topics.enable=false"]
        let stage = Stage(seed, plan)
        let doomed = Workload(
            on: stage.cluster, topic: "doomed", partitionCount: 6,
            settings: [("internal.segment.bytes", "1024")])
        #expect(doomed.createTopic())
        doomed.start(2)
        let admin = SimulatedAdmin(
            on: stage.cluster.makeClient(), timeline: stage.cluster.timeline)
        stage.cluster.time.pass(.milliseconds(700))
        admin.deleteTopic("doomed")
        stage.cluster.time.pass(.seconds(2))
        doomed.stopSending()
        #expect(stage.cluster.timeline.last(.max) { $0.contains("logDirectoryFailed") }.isEmpty)
        stage.finish()
    }

    @Test func `goes on when a voter's disk is exchanged and formatted anew`() {
        var plan = ClusterPlan.combined(3)
        plan.keepsVotersInLog = true
        let cluster = SimulatedCluster(seed: 3, plan)
        cluster.start()
        #expect(cluster.allServe(within: .seconds(5)))
        let workload = Workload(on: cluster)
        #expect(workload.createTopic())
        workload.start(1)
        cluster.time.pass(.seconds(1))
        let before = cluster[2].directoryID
        cluster[2].replaceDisk()
        #expect(cluster[2].directoryID != before)
        cluster[2].start()
        #expect(cluster.allServe(within: .seconds(20)))
        cluster.time.pass(.seconds(2))
        #expect(workload.stop())
        workload.check()
        cluster.expectNoViolation()
    }

    @Test func `shows its nodes walls' clocks that are wrong, and goes on`() {
        let cluster = SimulatedCluster(seed: 4)
        cluster[1].clock.set(aheadBy: .seconds(3_600))
        cluster.start()
        #expect(cluster.allServe(within: .seconds(5)))
        let workload = Workload(on: cluster)
        #expect(workload.createTopic())
        workload.start(1)
        cluster.time.pass(.seconds(1))
        cluster[2].clock.set(aheadBy: .seconds(-86_400))
        cluster.time.pass(.seconds(2))
        #expect(workload.stop())
        workload.check()
        cluster.expectNoViolation()
    }

    @Test func `delivers attempts to connect twice, slowly and with losses`() {
        let cluster = SimulatedCluster(seed: 5)
        cluster.network.doubledConnectionOneIn = 2
        for node in cluster.nodes {
            for other in cluster.nodes where other !== node {
                cluster.network.degrade(
                    from: node.host, to: other.host,
                    .init(extraDelay: .milliseconds(5), lossOneIn: 50))
            }
        }
        cluster.start()
        #expect(cluster.allServe(within: .seconds(20)))
        let workload = Workload(on: cluster)
        #expect(workload.createTopic())
        workload.start(1)
        cluster.time.pass(.seconds(3))
        cluster.network.breakSilently(at: cluster[1].host, to: cluster[2].host)
        cluster.time.pass(.seconds(3))
        cluster.heal()
        #expect(workload.stop())
        workload.check()
        cluster.expectNoViolation()
    }

    @Test func `knows what a cluster still wants, and when it wants nothing`() {
        let cluster = SimulatedCluster(seed: 6)
        cluster.start()
        #expect(cluster.allServe(within: .seconds(5)))
        #expect(Workload(on: cluster).createTopic())
        #expect(cluster.time.pass(atMost: .seconds(5)) { cluster.checker.want == nil })
        cluster[3].kill()
        #expect(cluster.time.pass(atMost: .seconds(5)) { cluster.checker.want != nil })
        cluster[3].start()
        #expect(cluster.time.pass(atMost: .seconds(5)) { cluster.checker.want == nil })
        cluster.expectNoViolation()
    }
}
