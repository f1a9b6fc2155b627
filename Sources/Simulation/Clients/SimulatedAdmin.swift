internal import Bytes
internal import Client
package import Model
internal import Ports
internal import Wire
internal import WireMessages

/// A client that changes the cluster. What it is asked to do it tries until it is done; the cluster may have
/// done it at an attempt whose answer was lost.
package final class SimulatedAdmin: @unchecked Sendable {
    // SAFETY: a simulated world lives on one thread.
    private static let pause = Duration.milliseconds(200)
    private static let serverTimeout: Int32 = 5_000

    private let host: SimulatedClientHost
    private let timeline: Timeline
    private var driver: ClientDriver?
    private var openCount = 0
    /// How often something was asked.
    private(set) var attemptCount = 0
    /// Topics that are made.
    package private(set) var topics: Set<String> = []

    package init(on host: SimulatedClientHost, timeline: Timeline) {
        self.host = host
        self.timeline = timeline
    }

    /// Everything asked for is done.
    package var isIdle: Bool { openCount == 0 }

    // MARK: Wishes

    /// Makes a topic, by asking `node` if one is named.
    package func createTopic(
        _ name: String, partitionCount: Int32, replicationFactor: Int16 = 3,
        settings: [(name: String, value: String)] = [], through node: BrokerID? = nil
    ) {
        var topic = CreateTopicsRequest.CreatableTopic()
        topic.name = name
        topic.numPartitions = partitionCount
        topic.replicationFactor = replicationFactor
        topic.configs = settings.map { setting in
            var config = CreateTopicsRequest.CreatableTopicConfig()
            config.name = setting.name
            config.value = setting.value
            return config
        }
        var request = CreateTopicsRequest()
        request.timeoutMs = Self.serverTimeout
        request.topics = [topic]
        begin("create \(name)", request, to: node.map { .node($0) } ?? .any) { [self] answer in
            let error = answer.topics.first?.errorCode ?? .unknownServerError
            guard error == .none || error == .topicAlreadyExists else { return error }
            topics.insert(name)
            return .none
        }
    }

    package func deleteTopic(_ name: String) {
        var topic = DeleteTopicsRequest.DeleteTopicState()
        topic.name = name
        var request = DeleteTopicsRequest()
        request.timeoutMs = Self.serverTimeout
        request.topics = [topic]
        request.topicNames = [name]
        begin("delete \(name)", request) { [self] answer in
            let error = answer.responses.first?.errorCode ?? .unknownServerError
            guard error == .none || error == .unknownTopicOrPartition else { return error }
            topics.remove(name)
            return .none
        }
    }

    /// Raises a topic's number of partitions.
    package func raisePartitions(of name: String, to count: Int32) {
        var topic = CreatePartitionsRequest.CreatePartitionsTopic()
        topic.name = name
        topic.count = count
        topic.assignments = nil
        var request = CreatePartitionsRequest()
        request.timeoutMs = Self.serverTimeout
        request.topics = [topic]
        begin("raise \(name) to \(count)", request) { answer in
            let error = answer.results.first?.errorCode ?? .unknownServerError
            // It has so many already: an answer was lost. Or it is gone.
            return error == .invalidPartitions || error == .unknownTopicOrPartition ? .none : error
        }
    }

    /// Sets one of a topic's settings.
    package func configure(_ topic: String, _ setting: String, _ value: String) {
        var config = IncrementalAlterConfigsRequest.AlterableConfig()
        config.name = setting
        config.value = value
        var entry = IncrementalAlterConfigsRequest.AlterConfigsResource()
        entry.resourceType = 2
        entry.resourceName = topic
        entry.configs = [config]
        var request = IncrementalAlterConfigsRequest()
        request.resources = [entry]
        begin("set \(setting)=\(value) of \(topic)", request) { answer in
            let error = answer.responses.first?.errorCode ?? .unknownServerError
            return error == .unknownTopicOrPartition ? .none : error
        }
    }

    /// Brings leaderships back to where they belong, as far as that is possible now.
    package func electPreferredLeaders() {
        var request = ElectLeadersRequest()
        request.electionType = 0
        request.timeoutMs = Self.serverTimeout
        request.topicPartitions = nil
        begin("elect preferred leaders", request) { $0.errorCode }
    }

    /// Gives a partition other replicas.
    package func assign(_ replicas: [BrokerID], to place: TopicPartition) {
        var partition = AlterPartitionReassignmentsRequest.ReassignablePartition()
        partition.partitionIndex = place.partition
        partition.replicas = replicas.map(\.rawValue)
        var topic = AlterPartitionReassignmentsRequest.ReassignableTopic()
        topic.name = place.topic
        topic.partitions = [partition]
        var request = AlterPartitionReassignmentsRequest()
        request.timeoutMs = Self.serverTimeout
        request.topics = [topic]
        begin("assign \(place) to \(replicas.map(\.rawValue))", request) { answer in
            guard answer.errorCode == .none else { return answer.errorCode }
            return answer.responses.first?.partitions.first?.errorCode ?? .unknownServerError
        }
    }

    /// Has a broker move its replica into another of its log directories. A broker that has none, or cannot now,
    /// is not asked again.
    package func move(_ place: TopicPartition, of broker: BrokerID, to directory: String) {
        var topic = AlterReplicaLogDirsRequest.AlterReplicaLogDirTopic()
        topic.name = place.topic
        topic.partitions = [place.partition]
        var target = AlterReplicaLogDirsRequest.AlterReplicaLogDir()
        target.path = directory
        target.topics = [topic]
        var request = AlterReplicaLogDirsRequest()
        request.dirs = [target]
        begin(
            "move \(place) of \(broker.rawValue) into \(directory)", request, to: .node(broker),
            attemptsMax: 1
        ) { _ in .none }
    }

    // MARK: Asking

    /// Asks until `judge` answers `.none`, or so often.
    func begin<Request: RequestMessage>(
        _ wish: String, _ request: Request, to destination: Destination = .any,
        attemptsMax: Int = .max, judge: @escaping (Request.Response) -> ErrorCode
    ) {
        openCount += 1
        let judge = Judge(judge)
        host.run { [self] in
            if driver == nil { driver = ClientDriver(host.configuration, runtime: host.runtime) }
            timeline.add("admin: \(wish)")
            ask(wish, request, to: destination, attemptsLeft: attemptsMax, judge)
        }
    }

    /// Hands a closure of this one thread to a loop of it.
    private struct Judge<Response>: @unchecked Sendable {
        // SAFETY: a simulated world lives on one thread.
        let judge: (Response) -> ErrorCode

        init(_ judge: @escaping (Response) -> ErrorCode) { self.judge = judge }
    }

    private func ask<Request: RequestMessage>(
        _ wish: String, _ request: Request, to destination: Destination, attemptsLeft: Int,
        _ judge: Judge<Request.Response>
    ) {
        attemptCount += 1
        driver?.call(OutgoingRequest(request), to: destination) { [weak self] result in
            guard let self else { return }
            if let answer: Request.Response = Self.answer(result) {
                let error = judge.judge(answer)
                guard error != .none else {
                    timeline.add("admin: done: \(wish)")
                    openCount -= 1
                    return
                }
                timeline.add("admin: \(wish): \(error)")
            } else {
                timeline.add("admin: \(wish): \(result)")
            }
            guard attemptsLeft > 1 else {
                openCount -= 1
                return
            }
            let loop = host.runtime.loop
            loop.arm(at: loop.now + Self.pause) { [weak self] in
                self?.ask(
                    wish, request, to: destination, attemptsLeft: attemptsLeft - 1, judge)
            }
        }
    }

    private static func answer<Response: ResponseMessage>(
        _ result: Result<CallAnswer, ClientError>
    ) -> Response? {
        guard case .success(let answer) = result else { return nil }
        do throws(DecodeError) {
            var reader = ByteReader(answer.body)
            return try Response(from: &reader, version: answer.version)
        } catch {
            return nil
        }
    }
}
