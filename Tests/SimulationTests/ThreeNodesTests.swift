import Model
import Simulation
import Testing

@Suite("Three nodes in one thread")
struct ThreeNodesTests {
    @Test func `boot, elect a controller and serve`() {
        let cluster = SimulatedCluster(seed: 1)
        cluster.start()
        #expect(cluster.allServe(within: .seconds(10)))
        #expect(cluster.controller != nil)
        #expect(cluster.checker.violations == [])
        if !cluster.nodes.allSatisfy({ $0.isServing }) {
            print(cluster.timeline.last(100).joined(separator: "\n"))
        }
    }
}
