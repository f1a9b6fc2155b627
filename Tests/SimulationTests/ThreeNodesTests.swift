import Model
import Simulation
import Testing

@Suite("Three nodes in one thread")
struct ThreeNodesTests {
    @Test func `boot, elect a controller and serve`() {
        let cluster = SimulatedCluster(seed: 1)
        cluster.start()
        #expect(cluster.allServe(within: .seconds(2)))
        #expect(cluster.controller != nil)
        cluster.expectNoViolation()
    }

    @Test func `lose no time when one of them starts alone`() {
        let cluster = SimulatedCluster(seed: 2, nodeCount: 1)
        cluster.start()
        // Half of what a single pause between two attempts to register once was.
        #expect(cluster.allServe(within: .milliseconds(25)))
    }

    @Test(arguments: 1...3)
    func `make a topic through any of them, and give back what was written`(node: Int) {
        let cluster = SimulatedCluster(seed: UInt64(10 + node))
        cluster.start()
        #expect(cluster.allServe(within: .seconds(2)))
        let workload = Workload(on: cluster)
        #expect(workload.createTopic(through: BrokerID(Int32(node))))
        workload.start(2)
        cluster.time.pass(.seconds(2))
        #expect(workload.stop())
        #expect(workload.history.acknowledgedCount > 500)
        #expect(workload.history.failedCount == 0)
        workload.check()
        cluster.expectNoViolation()
    }
}
