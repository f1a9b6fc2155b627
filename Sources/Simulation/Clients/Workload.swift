package import Model

/// Producers that write to one topic of a cluster, and the reading back that judges it.
package final class Workload {
    package let topic: String
    package let partitionCount: Int32
    package let history = History()
    private let cluster: SimulatedCluster
    private let admin: SimulatedAdmin
    private var producers: [SimulatedProducer] = []

    package init(
        on cluster: SimulatedCluster, topic: String = "orders", partitionCount: Int32 = 3
    ) {
        self.cluster = cluster
        self.topic = topic
        self.partitionCount = partitionCount
        admin = SimulatedAdmin(on: cluster.makeClient(), timeline: cluster.timeline)
    }

    /// Makes the topic; whether that succeeds within `limit`.
    package func createTopic(
        through node: BrokerID? = nil, within limit: Duration = .seconds(10)
    ) -> Bool {
        admin.createTopic(topic, partitionCount: partitionCount, through: node)
        return cluster.time.pass(atMost: limit) { admin.topics.contains(topic) }
    }

    /// Starts `count` producers with a record every `interval` each.
    package func start(_ count: Int, every interval: Duration = .milliseconds(5)) {
        for _ in 0..<count {
            let producer = SimulatedProducer(
                on: cluster.makeClient(), number: producers.count, topic: topic,
                partitionCount: partitionCount, history: history, timeline: cluster.timeline)
            producers.append(producer)
            producer.start(every: interval)
        }
    }

    /// Stops sending and waits for what is under way; whether that ends within `limit`.
    package func stop(within limit: Duration = .seconds(90)) -> Bool {
        for producer in producers { producer.stop() }
        return cluster.time.pass(atMost: limit) { producers.allSatisfy { $0.isIdle } }
    }

    /// Reads everything and reports what is wrong to the cluster's checker.
    package func check(within limit: Duration = .seconds(30)) {
        let reader = SimulatedReader(
            on: cluster.makeClient(), topic: topic, partitionCount: partitionCount,
            timeline: cluster.timeline)
        reader.start()
        if !cluster.time.pass(atMost: limit, until: { reader.hasReached(history) }) {
            cluster.checker.report("not everything that was acknowledged could be read")
        }
        // What was written without an acknowledgement lies at the end.
        cluster.time.pass(.seconds(1))
        for fault in history.faults(in: reader.records) { cluster.checker.report(fault) }
        reader.close()
    }
}
