import Metadata
import Model
import Simulation
import Testing

/// A cluster under load, on which a play is performed: faults at exactly the places the play names.
struct Stage {
    let cluster: SimulatedCluster
    let workload: Workload

    /// - Parameters:
    ///   - segmentBytes: of the load's topic, if not as many as usual.
    ///   - settings: of that topic.
    init(
        _ seed: UInt64, _ plan: ClusterPlan = .combined(3), kind: ProducerKind = .exact,
        segmentBytes: Int? = nil, settings: [(name: String, value: String)] = []
    ) {
        cluster = SimulatedCluster(seed: seed, plan)
        workload = Workload(
            on: cluster,
            settings: settings + (segmentBytes.map { [("internal.segment.bytes", "\($0)")] } ?? []))
        cluster.start()
        #expect(cluster.allServe(within: .seconds(5)))
        #expect(workload.createTopic())
        workload.start(1, every: .milliseconds(20), kind: kind)
        cluster.time.pass(.milliseconds(500))
        workload.history.forgetGap()
    }

    /// The first partition of the load.
    var place: TopicPartition { TopicPartition(workload.topic, 0) }

    /// A partition as the newest metadata that a node has describes it.
    func state(of place: TopicPartition) -> PartitionImage? {
        newest?.topic(named: place.topic)?.partition(place.partition)
    }

    /// The newest metadata that a node has.
    var newest: MetadataImage? {
        let images = cluster.nodes.compactMap(\.metadata)
        return images.max { $0.position.lastOffset < $1.position.lastOffset }
    }

    /// Kills all brokers with the first partition, so that only two of them may be made its leader: one that left the
    /// ISR when it was at its minimum, and the one that was left.
    func killToTheLast() throws -> (
        eligible: SimulatedNode, last: SimulatedNode, third: SimulatedNode
    ) {
        let last = try leader()
        let others = cluster.nodes.filter { $0.role.isBroker && $0 !== last }
        for other in others { other.kill() }
        let isAlone = cluster.time.pass(atMost: .seconds(5)) { state(of: place)?.isr == [last.id] }
        #expect(isAlone)
        let eligible = state(of: place)?.eligibleLeaderReplicas ?? []
        last.kill()
        let isOver = cluster.time.pass(atMost: .seconds(5)) {
            state(of: place)?.leader == nil
        }
        #expect(isOver)
        return (
            try #require(others.first { eligible.contains($0.id) }), last,
            try #require(others.first { !eligible.contains($0.id) })
        )
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

    /// Batches of the first partition in closed segments, which all replicas have: waits until there are so many.
    func sealedBatches(of node: SimulatedNode, atLeast count: Int) -> [SealedBatch] {
        var batches: [SealedBatch] = []
        for _ in 0..<100 where batches.count < count {
            cluster.time.pass(.milliseconds(100))
            batches = cluster.checker.repairable(place, on: node.id)
        }
        return batches
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
