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
        InternalTopics.request(to: name, node.configuration.settings)
    }
}

extension InternalTopics {
    /// What makes a topic that somebody asks for: one that brokers keep for themselves in the shape that its
    /// coordinator needs, any other in the default one.
    static func request(
        to name: String, _ settings: BrokerSettings
    ) -> CreateTopicsRequest.CreatableTopic {
        var topic = CreateTopicsRequest.CreatableTopic()
        topic.name = name
        topic.numPartitions = -1
        topic.replicationFactor = -1
        func shape(_ prefix: String, _ configs: [(String, String)]) {
            topic.numPartitions = Int32(settings.int("\(prefix).num.partitions"))
            topic.replicationFactor = Int16(settings.int("\(prefix).replication.factor"))
            let segment = ("segment.bytes", "\(settings.int("\(prefix).segment.bytes"))")
            topic.configs = (configs + [segment]).map { key, value in
                var config = CreateTopicsRequest.CreatableTopicConfig()
                (config.name, config.value) = (key, value)
                return config
            }
        }
        func minInSync(_ prefix: String) -> (String, String) {
            ("min.insync.replicas", "\(settings.int("\(prefix).min.isr"))")
        }
        switch name {
        case offsets:
            shape(
                "offsets.topic",
                [("cleanup.policy", "compact"), ("compression.type", "producer")])
        case transactions:
            let prefix = "transaction.state.log"
            shape(
                prefix,
                [
                    ("cleanup.policy", "compact"), ("compression.type", "uncompressed"),
                    ("unclean.leader.election.enable", "false"), minInSync(prefix),
                ])
        case shareState:
            let prefix = "share.coordinator.state.topic"
            shape(
                prefix,
                [
                    ("cleanup.policy", "delete"), ("compression.type", "producer"),
                    ("retention.ms", "-1"), minInSync(prefix),
                ])
        default: break
        }
        return topic
    }
}
