import Model
import Simulation
import Testing

/// Five nodes, so that a quorum is left when the controller dies and another node is cut off with it.
@Suite("A leader that is fenced")
struct LeaseTests {
    private func begin(_ seed: UInt64) -> (SimulatedCluster, Workload) {
        let cluster = SimulatedCluster(seed: seed, nodeCount: 5)
        cluster.start()
        #expect(cluster.allServe(within: .seconds(5)))
        let workload = Workload(on: cluster, partitionCount: 10)
        #expect(workload.createTopic())
        workload.start(2)
        cluster.time.pass(.seconds(1))
        return (cluster, workload)
    }

    /// A node that is not the controller; which one is the seed's choice.
    private func victim(_ cluster: SimulatedCluster) -> SimulatedNode {
        let others = cluster.nodes.filter { $0 !== cluster.controller }
        return others[cluster.draw(0...others.count - 1)]
    }

    private func isolate(_ victim: SimulatedNode, in cluster: SimulatedCluster) {
        for node in cluster.nodes where node !== victim {
            cluster.cut(from: victim, to: node)
            cluster.cut(from: node, to: victim)
        }
    }

    private func end(_ cluster: SimulatedCluster, _ workload: Workload) {
        cluster.time.pass(.seconds(4))
        cluster.heal()
        for node in cluster.nodes { node.start() }
        #expect(cluster.allServe(within: .seconds(20)))
        #expect(workload.stop())
        workload.check()
        cluster.expectNoViolation()
    }

    @Test(arguments: 200...203 as ClosedRange<UInt64>)
    func `by a new controller, as it is cut off when the old one dies, holds no lease`(
        seed: UInt64
    ) {
        let (cluster, workload) = begin(seed)
        isolate(victim(cluster), in: cluster)
        cluster.controller?.kill()
        end(cluster, workload)
    }

    @Test(arguments: 210...213 as ClosedRange<UInt64>)
    func `by a new controller, as the old one's machine falls silent, holds no lease`(
        seed: UInt64
    ) {
        let (cluster, workload) = begin(seed)
        isolate(victim(cluster), in: cluster)
        cluster.controller?.losePower()
        end(cluster, workload)
    }

    @Test(arguments: 220...225 as ClosedRange<UInt64>)
    func `on the side of a controller that is deposed holds no lease`(seed: UInt64) {
        let (cluster, workload) = begin(seed)
        guard let old = cluster.controller else {
            Issue.record("a cluster that serves has a controller")
            return
        }
        let victim = victim(cluster)
        for node in cluster.nodes where node !== victim && node !== old {
            for lost in [victim, old] {
                cluster.cut(from: lost, to: node)
                cluster.cut(from: node, to: lost)
            }
        }
        end(cluster, workload)
    }

    @Test(arguments: 230...235 as ClosedRange<UInt64>)
    func `because its connections broke and it is cut off, holds no lease`(seed: UInt64) {
        let (cluster, workload) = begin(seed)
        let victim = victim(cluster)
        isolate(victim, in: cluster)
        cluster.time.pass(.milliseconds(50))
        // Healing breaks connections as the seed wills; what comes after the break does not arrive.
        cluster.heal()
        isolate(victim, in: cluster)
        end(cluster, workload)
    }
}
