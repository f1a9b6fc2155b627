package import Model

/// Producers and readers of one topic of a cluster, and the reading back that judges it.
package final class Workload {
    package let topic: String
    package let partitionCount: Int32
    package let history: History
    /// Bytes that each record has beside its value, as a key that means nothing.
    let paddingBytes: Int
    private let cluster: SimulatedCluster
    package let admin: SimulatedAdmin
    private let settings: [(name: String, value: String)]
    private var producers: [SimulatedProducer] = []
    private var reader: SimulatedReader?

    /// - Parameters:
    ///   - settings: of the topic.
    ///   - isVolatile: the topic asks for no sync, so nothing is promised about what it keeps.
    ///   - paddingBytes: of each record, so that it lies in several sectors.
    ///   - keyCount: the topic is compacted, and the records have so many keys (`History.keyCount`).
    package init(
        on cluster: SimulatedCluster, topic: String = "orders", partitionCount: Int32 = 3,
        settings: [(name: String, value: String)] = [], isVolatile: Bool = false,
        keyCount: Int? = nil, paddingBytes: Int = 0
    ) {
        self.paddingBytes = paddingBytes
        self.cluster = cluster
        self.topic = topic
        self.partitionCount = partitionCount
        self.settings = settings
        history = History(isVolatile: isVolatile, keyCount: keyCount) {
            [checker = cluster.checker] in
            checker.report($0, $1)
        }
        admin = SimulatedAdmin(on: cluster.makeClient(), timeline: cluster.timeline)
    }

    /// The topic's partitions.
    package var partitions: [TopicPartition] {
        (0..<partitionCount).map { TopicPartition(topic, $0) }
    }

    /// Makes the topic; whether that succeeds within `limit`.
    package func createTopic(
        through node: BrokerID? = nil, within limit: Duration = .seconds(10)
    ) -> Bool {
        admin.createTopic(topic, partitionCount: partitionCount, settings: settings, through: node)
        return cluster.time.pass(atMost: limit) { admin.topics.contains(topic) }
    }

    /// Starts `count` producers with a record every `interval` each.
    package func start(
        _ count: Int, every interval: Duration = .milliseconds(5), kind: ProducerKind = .exact
    ) {
        for _ in 0..<count {
            let producer = SimulatedProducer(
                on: cluster.makeClient(), number: producers.count, kind: kind, of: self,
                timeline: cluster.timeline)
            if kind.isKept, !history.isVolatile {
                producer.acknowledged = { [checker = cluster.checker] offset, place in
                    checker.acknowledged(offset, of: place)
                }
            }
            producers.append(producer)
            producer.start(every: interval)
        }
    }

    /// Reads along from now on, from the replica in `rack` if there is one.
    package func startReading(in rack: String = "") {
        let reader = makeReader(in: rack)
        reader.onRecord = { [history, checker = cluster.checker] text, offset, place in
            checker.wasRead(offset, of: place)
            history.noteRead(text, at: offset, of: place)
        }
        self.reader = reader
        reader.start()
    }

    private func makeReader(in rack: String = "") -> SimulatedReader {
        SimulatedReader(
            on: cluster.makeClient(), topic: topic, partitionCount: partitionCount, rack: rack,
            timeline: cluster.timeline)
    }

    /// Sends no more; what is under way goes on.
    package func stopSending() { for producer in producers { producer.stop() } }

    /// Nothing is under way.
    package var isIdle: Bool { producers.allSatisfy(\.isIdle) }

    /// Stops sending and waits for what is under way; whether that ends within `limit`.
    package func stop(within limit: Duration = .seconds(90)) -> Bool {
        stopSending()
        return cluster.time.pass(atMost: limit) { isIdle }
    }

    /// Reads everything and reports what is wrong to the cluster's checker.
    package func check(within limit: Duration = .seconds(30)) {
        let last = makeReader()
        last.start()
        let isRead = cluster.time.pass(atMost: limit) {
            last.hasReached(history) && reader?.hasReached(history) != false
        }
        guard !cluster.time.isHalted else { return }
        if !isRead {
            cluster.checker.report(
                .comesBack, "\(topic): not everything that was acknowledged could be read")
        }
        // What was written without an acknowledgement lies at the end.
        cluster.time.pass(.seconds(1))
        reader?.close()
        history.judge(last.records)
        last.close()
    }
}
