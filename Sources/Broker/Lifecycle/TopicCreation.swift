internal import Configuration
internal import Model
internal import Ports
internal import WireMessages

/// Makes topics that were asked for and do not exist: a client's on demand, and the internal ones. Lives on
/// the metadata loop.
final class TopicCreation {
    /// Topics being made at once; further names wait for the client's next request.
    static let inFlightMax = 500

    private let node: Node
    private let channel: ControllerChannel
    /// Who waits for each topic under way.
    private var waiting: [String: [(ErrorCode) -> Void]] = [:]

    init(node: Node, channel: ControllerChannel) {
        self.node = node
        self.channel = channel
    }

    /// Makes `names` and calls `completion` with the errors of those that could not be made. A topic that
    /// somebody else has made meanwhile is no error.
    func create(_ names: [String], _ completion: @escaping ([String: ErrorCode]) -> Void) {
        var failures: [String: ErrorCode] = [:]
        var missing = names.count
        var fresh: [String] = []
        for name in names {
            let done: (ErrorCode) -> Void = { error in
                if error != .none, error != .topicAlreadyExists { failures[name] = error }
                missing -= 1
                if missing == 0 { completion(failures) }
            }
            if waiting[name] != nil {
                waiting[name]?.append(done)
            } else if waiting.count < Self.inFlightMax {
                waiting[name] = [done]
                fresh.append(name)
            } else {
                done(.unknownTopicOrPartition)
            }
        }
        if !fresh.isEmpty { send(fresh) }
    }

    private func send(_ names: [String]) {
        var request = CreateTopicsRequest()
        request.timeoutMs = 5_000
        request.topics = names.map(topic)
        channel.send(request, versions: 5...7, timeout: .seconds(5)) { [weak self] result in
            var errors: [String: ErrorCode] = [:]
            if case .success(let response) = result {
                for topic in response.topics { errors[topic.name] = topic.errorCode }
            }
            for name in names {
                let error = errors[name] ?? .leaderNotAvailable
                for done in self?.waiting.removeValue(forKey: name) ?? [] { done(error) }
            }
        }
    }

    private func topic(_ name: String) -> CreateTopicsRequest.CreatableTopic {
        let settings = node.configuration.settings
        var topic = CreateTopicsRequest.CreatableTopic()
        topic.name = name
        guard name == InternalTopics.offsets else {
            topic.numPartitions = -1
            topic.replicationFactor = -1
            return topic
        }
        topic.numPartitions = Int32(settings.int("offsets.topic.num.partitions"))
        topic.replicationFactor = Int16(settings.int("offsets.topic.replication.factor"))
        for (key, value) in [
            ("cleanup.policy", "compact"), ("compression.type", "producer"),
            ("segment.bytes", "\(settings.int("offsets.topic.segment.bytes"))"),
        ] {
            var config = CreateTopicsRequest.CreatableTopicConfig()
            config.name = key
            config.value = value
            topic.configs.append(config)
        }
        return topic
    }
}
