import Bytes
import Client
import Model
import Records
import TestSupport
import Testing
import Wire
import WireMessages

/// A client's core on a stage: connections succeed, and the questions that every client asks first (API
/// versions, metadata, a producer id) are answered as `cluster` says. All other requests wait in `asked`
/// for the test to answer them.
struct Play {
    struct Asked {
        let connection: ConnectionID
        let node: BrokerID
        let header: RequestHeader
        let body: SharedBytes

        func request<M: RequestMessage>(_ type: M.Type = M.self) throws -> M {
            var reader = ByteReader(body)
            return try M(from: &reader, version: header.requestApiVersion)
        }
    }

    struct Cluster {
        var nodes: [BrokerID] = [1, 2, 3]
        /// Leaders by partition.
        var topics: [String: [BrokerID]] = [:]
        var epochs: [TopicPartition: LeaderEpoch] = [:]
        var unreachable: Set<BrokerID> = []
        /// Their machines are gone: a connection neither comes to be nor is refused.
        var gone: Set<BrokerID> = []
        /// They accept connections and say nothing.
        var hanging: Set<BrokerID> = []
        var producerID: Int64 = 7_000
        /// Highest versions, where they are not the newest.
        var versions: [ApiKey: ClosedRange<Int16>] = [:]
        /// False: metadata requests wait in `asked` too.
        var answersMetadata = true

        func id(of topic: String) -> UUID {
            UUID(high: 77, low: UInt64(topic.utf8.reduce(1000) { $0 * 31 + UInt64($1) }))
        }
        static func port(of node: BrokerID) -> UInt16 { UInt16(9000 + node.rawValue) }
    }

    var core: ClientCore
    var cluster: Cluster
    var now = Instant.zero
    var asked: [Asked] = []
    /// Metadata questions behind an unanswered request on their connection: servers answer in order.
    var held: [Asked] = []
    var deliveries: [Delivery] = []
    var answers: [CallID: ClientError?] = [:]
    var notes: [String] = []
    var rebalances: [RebalanceEvent] = []
    var commits: [UInt64: ClientError?] = [:]
    var committed: [UInt64: [TopicPartition: CommittedOffset]] = [:]
    var open: [ConnectionID: BrokerID] = [:]
    var connectCount = 0
    var metadataCount = 0

    static var configuration: ClientConfiguration {
        ClientConfiguration(bootstrapServers: [ServerAddress(host: "h", port: 9001)])
    }

    init(
        _ cluster: Cluster, configuration: ClientConfiguration = Play.configuration,
        producer: ProducerConfiguration? = nil, consumer: ConsumerConfiguration? = nil
    ) {
        self.cluster = cluster
        core = ClientCore(configuration, producer: producer, consumer: consumer, seed: 42)
    }

    /// Performs effects until there are none.
    mutating func run() throws {
        while true {
            try releaseHeld()
            core.advance(to: now)
            let effects = core.takeEffects()
            if effects.isEmpty { return }
            for effect in effects { try perform(effect) }
        }
    }

    private mutating func releaseHeld() throws {
        let free = held.filter { item in !asked.contains { $0.connection == item.connection } }
        held.removeAll { item in !asked.contains { $0.connection == item.connection } }
        for item in free { answer(item, with: metadata(try item.request())) }
    }

    /// Lets time pass, stopping at each moment the core asks to be woken at.
    mutating func pass(_ length: Duration) throws {
        let end = now + length
        try run()
        while true {
            let next = core.nextDeadline(now: now)
            #expect(next > now, "a deadline in the past would spin")
            guard next <= end, next > now else { break }
            now = next
            try run()
        }
        now = end
        try run()
    }

    private mutating func perform(_ effect: ClientEffect) throws {
        switch effect {
        case .connect(let id, let address):
            connectCount += 1
            let node = BrokerID(Int32(address.port) - 9000)
            if cluster.unreachable.contains(node) {
                core.closed(id, because: "refused", now: now)
            } else if !cluster.gone.contains(node) {
                open[id] = node
                core.connected(id, now: now)
            }
        case .send(let id, let frame): try sent(frame, on: id)
        case .close(let id): open[id] = nil
        case .answered(let id, _, _, _): answers[id] = .some(nil)
        case .failed(let id, let error): answers[id] = error
        case .delivered(let delivery): deliveries.append(delivery)
        case .bufferHasRoom: notes.append("room")
        case .flushed: notes.append("flushed")
        case .recordsReady: notes.append("records")
        case .rebalanced(let event): rebalances.append(event)
        case .committed(let wish, let error): commits[wish] = .some(error)
        case .committedOffsets(let wish, let result): committed[wish] = try result.get()
        case .left: notes.append("left")
        }
    }

    private mutating func sent(_ frame: SharedBytes, on id: ConnectionID) throws {
        guard let node = open[id], !cluster.hanging.contains(node) else { return }
        let length: Int32 = frame.integer(at: 0)
        #expect(Int(length) == frame.count - 4)
        var reader = ByteReader(frame.suffix(from: 4))
        let header = try RequestHeader(request: &reader)
        let body = frame.suffix(from: 4 + reader.position)
        let item = Asked(connection: id, node: node, header: header, body: body)
        switch header.apiKey {
        case .apiVersions: answer(item, with: versions())
        case .metadata where cluster.answersMetadata:
            metadataCount += 1
            if asked.contains(where: { $0.connection == item.connection }) {
                held.append(item)
            } else {
                answer(item, with: metadata(try item.request()))
            }
        case .initProducerId:
            var response = InitProducerIdResponse()
            response.producerID = cluster.producerID
            answer(item, with: response)
        default: asked.append(item)
        }
    }

    private func versions() -> ApiVersionsResponse {
        var response = ApiVersionsResponse()
        response.apiKeys = ApiKey.all.map { facts in
            var entry = ApiVersionsResponse.ApiVersion()
            let range = cluster.versions[facts.key] ?? facts.stableVersions
            entry.apiKey = facts.key.rawValue
            entry.minVersion = range.lowerBound
            entry.maxVersion = range.upperBound
            return entry
        }
        return response
    }

    private func metadata(_ request: MetadataRequest) -> MetadataResponse {
        var response = MetadataResponse()
        response.clusterID = "cluster"
        response.controllerID = cluster.nodes.first?.rawValue ?? -1
        response.brokers = cluster.nodes.map { node in
            var broker = MetadataResponse.MetadataResponseBroker()
            broker.nodeID = node.rawValue
            broker.host = "h"
            broker.port = Int32(Cluster.port(of: node))
            return broker
        }
        let all = cluster.topics.keys.sorted().map { name in
            var topic = MetadataRequest.MetadataRequestTopic()
            topic.name = name
            return topic
        }
        response.topics = (request.topics ?? all).map { wanted in
            var topic = MetadataResponse.MetadataResponseTopic()
            let name = wanted.name ?? ""
            topic.name = name
            guard let leaders = cluster.topics[name] else {
                topic.errorCode = .unknownTopicOrPartition
                return topic
            }
            topic.topicID = cluster.id(of: name)
            topic.partitions = leaders.enumerated().map { index, leader in
                var partition = MetadataResponse.MetadataResponsePartition()
                partition.partitionIndex = Int32(index)
                partition.leaderID = leader.rawValue
                partition.errorCode = leader == .none ? .leaderNotAvailable : .none
                partition.leaderEpoch =
                    cluster.epochs[TopicPartition(name, Int32(index)), default: 0].rawValue
                return partition
            }
            return topic
        }
        return response
    }

    /// Answers a request; the frame reaches the core at once.
    mutating func answer(_ item: Asked, with response: some ResponseMessage) {
        do {
            let frame = try encodeResponse(
                response, version: item.header.requestApiVersion,
                correlationID: item.header.correlationID)
            core.received([frame.suffix(from: 4)], on: item.connection, now: now)
        } catch {
            Issue.record("cannot encode: \(error)")
        }
    }

    /// Breaks every connection to a node.
    mutating func breakConnections(to node: BrokerID) {
        for (id, at) in open.sorted(by: { $0.key.rawValue < $1.key.rawValue }) where at == node {
            open[id] = nil
            asked.removeAll { $0.connection == id }
            core.closed(id, because: "reset", now: now)
        }
    }
}

// MARK: - Producing

extension Play {
    mutating func send(
        _ topic: String, _ partition: Int32?, key: String? = nil, value: String = "v",
        token: UInt64 = 0
    ) throws -> AppendOutcome {
        try core.send(
            ProducerRecord(
                topic: topic, partition: partition, key: key.map { SharedBytes(utf8: $0) },
                value: SharedBytes(utf8: value)),
            token: token, now: now, wallTime: Timestamp(1_000))
    }

    /// What a produce request carries: per partition, the batch's header.
    func batches(_ item: Asked) throws -> [(partition: Int32, batch: RecordBatchView)] {
        let request: ProduceRequest = try item.request()
        return try request.topicData.flatMap { topic in
            try topic.partitionData.map { data in
                (data.index, try RecordBatchView(try #require(data.records)))
            }
        }
    }

    /// Answers the oldest waiting produce request: the same for all its partitions.
    mutating func answerProduce(
        _ code: ErrorCode = .none, baseOffset: Int64 = 0, leader: (BrokerID, LeaderEpoch)? = nil
    ) throws {
        let item = asked.removeFirst()
        let request: ProduceRequest = try item.request()
        var response = ProduceResponse()
        response.responses = request.topicData.map { data in
            var topic = ProduceResponse.TopicProduceResponse()
            topic.name = data.name
            topic.topicID = data.topicID
            topic.partitionResponses = data.partitionData.map { partition in
                var result = ProduceResponse.PartitionProduceResponse()
                result.index = partition.index
                result.errorCode = code
                result.baseOffset = baseOffset
                if let leader {
                    result.currentLeader.leaderID = leader.0.rawValue
                    result.currentLeader.leaderEpoch = leader.1.rawValue
                }
                return result
            }
            return topic
        }
        if let leader {
            var endpoint = ProduceResponse.NodeEndpoint()
            endpoint.nodeID = leader.0.rawValue
            endpoint.host = "h"
            endpoint.port = Int32(Cluster.port(of: leader.0))
            response.nodeEndpoints = [endpoint]
        }
        answer(item, with: response)
        try run()
    }
}
