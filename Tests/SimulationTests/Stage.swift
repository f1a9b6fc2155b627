import Metadata
import Model
import Simulation
import Testing

/// A cluster under load, on which a play is performed: faults at exactly the places the play names.
struct Stage {
    let cluster: SimulatedCluster
    let workload: Workload

    init(_ seed: UInt64, _ plan: ClusterPlan = .combined(3)) {
        cluster = SimulatedCluster(seed: seed, plan)
        workload = Workload(on: cluster)
        cluster.start()
        #expect(cluster.allServe(within: .seconds(5)))
        #expect(workload.createTopic())
        workload.start(1, every: .milliseconds(20))
        cluster.time.pass(.milliseconds(500))
        workload.history.forgetGap()
    }

    /// The first partition of the load.
    var place: TopicPartition { TopicPartition(workload.topic, 0) }

    /// A partition as the newest metadata that a node has describes it.
    func state(of place: TopicPartition) -> PartitionImage? {
        let images = cluster.nodes.compactMap(\.metadata)
        let newest = images.max { $0.position.lastOffset < $1.position.lastOffset }
        return newest?.topic(named: place.topic)?.partition(place.partition)
    }

    /// The node that leads the first partition.
    func leader() throws -> SimulatedNode {
        let id = try #require(state(of: place)?.leader)
        return try #require(cluster.nodes.first { $0.id == id })
    }

    /// A node with a replica of the first partition that is neither its leader nor the controller, if it can be.
    func bystander() throws -> SimulatedNode {
        let leader = try leader()
        let others = cluster.nodes.filter { $0.role.isBroker && $0 !== leader }
        return try #require(others.first { !$0.isController } ?? others.first)
    }

    /// Cuts both ways between a node and all others.
    func isolate(_ node: SimulatedNode) {
        for other in cluster.nodes where other !== node {
            cluster.cut(from: node, to: other)
            cluster.cut(from: other, to: node)
        }
    }

    /// Goes on until something more is acknowledged; whether that happens within `limit`.
    func acknowledgesMore(_ count: Int = 20, within limit: Duration) -> Bool {
        let before = workload.history.acknowledgedCount
        return cluster.time.pass(atMost: limit) {
            workload.history.acknowledgedCount >= before + count
        }
    }

    /// Whether all replicas are in sync within `limit`.
    func isWhole(within limit: Duration) -> Bool {
        cluster.time.pass(atMost: limit) {
            (0..<workload.partitionCount).allSatisfy { number in
                let state = state(of: TopicPartition(workload.topic, number))
                return state.map { $0.isr.count == $0.replicas.count } ?? false
            }
        }
    }

    /// Peace: everything works, nothing that was acknowledged is lost, no rule was broken.
    func finish() {
        cluster.heal()
        for node in cluster.nodes {
            node.resume()
            node.start()
        }
        #expect(cluster.allServe(within: .seconds(20)))
        #expect(isWhole(within: .seconds(20)))
        #expect(workload.stop())
        workload.check()
        cluster.expectNoViolation()
    }
}
