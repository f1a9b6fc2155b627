internal import Configuration
internal import Model
internal import Ports
internal import Telemetry
internal import WireMessages

/// Tells the controller in which directory a replica lies (KIP-858), where the metadata says nothing or something
/// else: a broker with several directories chooses itself. Without it the controller would not move the
/// leaders of a directory that fails. Lives on the metadata loop.
///
/// All that is new in one turn goes in one request, one request at a time.
final class DirectoryAssignments {
    /// Kafka's brokers send no more at once.
    static let batchMax = 2_250
    static let retryPause = Duration.milliseconds(200)

    private let node: Node
    private let loop: any Loop
    private let channel: ControllerChannel
    /// In the order of asking; a replica stands here once.
    private var waiting: [PartitionKey] = []
    private var wanted: [PartitionKey: DirectoryID] = [:]
    private var isInFlight = false
    private var isArmed = false
    var brokerEpoch = BrokerEpoch.none {
        didSet { if !waiting.isEmpty { arm() } }
    }

    init(node: Node, channel: ControllerChannel) {
        self.node = node
        self.channel = channel
        loop = node.world.metadataLoop
    }

    /// The replica of this broker lies in `directory`. Bounded by the replicas hosted here.
    func assign(_ key: PartitionKey, to directory: DirectoryID) {
        if wanted.updateValue(directory, forKey: key) == nil { waiting.append(key) }
        arm()
    }

    private func arm(after pause: Duration = .zero) {
        guard !isArmed, !isInFlight, brokerEpoch != .none else { return }
        isArmed = true
        guard pause > .zero else {
            loop.atEndOfTurn { [weak self] in self?.send() }
            return
        }
        loop.arm(at: loop.now + pause) { [weak self] in self?.send() }
    }

    private func send() {
        isArmed = false
        guard !isInFlight, !waiting.isEmpty else { return }
        isInFlight = true
        let sent = waiting.prefix(Self.batchMax).compactMap { key in
            wanted[key].map { (key: key, directory: $0) }
        }
        channel.send(request(for: sent), versions: 0...0, timeout: .seconds(5)) { [weak self] in
            self?.answered($0, sent)
        }
    }

    private func request(
        for assignments: [(key: PartitionKey, directory: DirectoryID)]
    ) -> AssignReplicasToDirsRequest {
        var request = AssignReplicasToDirsRequest()
        request.brokerID = node.configuration.nodeID.rawValue
        request.brokerEpoch = brokerEpoch.rawValue
        for (key, directory) in assignments {
            let place = request.directories.firstIndex { $0.id == directory.uuid }
            if place == nil {
                var data = AssignReplicasToDirsRequest.DirectoryData()
                data.id = directory.uuid
                request.directories.append(data)
            }
            let own = place ?? request.directories.count - 1
            var partition = AssignReplicasToDirsRequest.PartitionData()
            partition.partitionIndex = key.partition
            // Replicas of a topic are told one after the other.
            if request.directories[own].topics.last?.topicID != key.topicID.uuid {
                var topic = AssignReplicasToDirsRequest.TopicData()
                topic.topicID = key.topicID.uuid
                request.directories[own].topics.append(topic)
            }
            let last = request.directories[own].topics.count - 1
            request.directories[own].topics[last].partitions.append(partition)
        }
        return request
    }

    private func answered(
        _ result: Result<AssignReplicasToDirsResponse, PeerError>,
        _ sent: [(key: PartitionKey, directory: DirectoryID)]
    ) {
        isInFlight = false
        guard case .success(let response) = result, response.errorCode == .none else {
            // Registered anew meanwhile, or no controller: the same is asked again.
            arm(after: Self.retryPause)
            return
        }
        for directory in response.directories {
            for topic in directory.topics {
                for partition in topic.partitions where partition.errorCode != .none {
                    // The topic is gone, or the replica: there is nothing to be told any more.
                    node.log.write(
                        .info, "directoryNotAssigned", peer: "controller",
                        [
                            "topicID": TopicID(topic.topicID),
                            "partition": partition.partitionIndex, "cause": partition.errorCode,
                        ])
                }
            }
        }
        for (key, directory) in sent where wanted[key] == directory {
            wanted[key] = nil
        }
        waiting.removeAll { wanted[$0] == nil }
        if !waiting.isEmpty { arm() }
    }
}
