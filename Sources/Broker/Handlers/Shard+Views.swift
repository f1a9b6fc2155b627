internal import Metadata
internal import Model
internal import Ports

extension Shard {
    /// Replicas that cannot serve now: on a fenced or unknown broker, or in a failed directory.
    func offlineReplicas(of partition: PartitionImage) -> [BrokerID] {
        zip(partition.replicas, partition.directories).filter { id, directory in
            guard let broker = image.broker(id), !broker.isFenced else { return true }
            return !broker.hasOnline(directory)
        }.map(\.0)
    }

    /// The broker that admin requests may be sent to. Any will do, because brokers forward; the active
    /// controller saves the way if clients can reach it.
    func shownController(on listener: String) -> BrokerID {
        if let controllerID, image.endpoint(of: controllerID, on: listener) != nil {
            return controllerID
        }
        return image.endpoint(of: nodeID, on: listener) != nil ? nodeID : .none
    }

    /// How long an answer waits for a topic that the controller has made to be known here.
    static let topicWaitMax = Duration.seconds(2)

    /// Runs `body` once all `topics` are known here, or after `topicWaitMax`.
    func whenKnown(_ topics: [String], _ body: @escaping () -> Void) {
        guard topics.contains(where: { image.topicID(named: $0) == nil }) else {
            body()
            return
        }
        let wait = TopicWait(topics: topics, body: body)
        topicWaits.append(wait)
        loop.arm(at: loop.now + Self.topicWaitMax) { [weak self] in
            wait.finish()
            self?.topicWaits.removeAll { $0.isDone }
        }
    }

    /// Called after each change of the metadata.
    func checkTopicWaits() {
        guard !topicWaits.isEmpty else { return }
        for wait in topicWaits
        where wait.topics.allSatisfy({ image.topicID(named: $0) != nil }) {
            wait.finish()
        }
        topicWaits.removeAll { $0.isDone }
    }
}

/// An answer that waits until topics are known.
final class TopicWait {
    let topics: [String]
    private let body: () -> Void
    private(set) var isDone = false

    init(topics: [String], body: @escaping () -> Void) {
        self.topics = topics
        self.body = body
    }

    func finish() {
        guard !isDone else { return }
        isDone = true
        body()
    }
}
