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
