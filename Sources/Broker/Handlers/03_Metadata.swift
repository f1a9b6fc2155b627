internal import Bytes
internal import Configuration
internal import Controller
internal import Metadata
internal import Model
internal import Ports
internal import WireMessages

/// Metadata, v0 to v13 (KIP-4, 227, 430, 516, 526). Topics that are asked for by name are made on demand
/// where that is enabled; the answer waits until they are there.
enum MetadataHandler {
    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let request: MetadataRequest = try scope.request()
        let exchange = scope.exchange
        let shard = scope.shard
        let missing = topicsToCreate(request, exchange.version, shard)
        guard !missing.isEmpty else {
            exchange.respond(response(request, exchange, shard))
            return
        }
        let bound = LoopBound(shard, on: shard.loop)
        shard.cluster?.run { cluster in
            cluster.topicCreation.create(missing) { failures in
                bound.run { shard in
                    shard.whenKnown(missing.filter { failures[$0] == nil }) {
                        exchange.respond(response(request, exchange, shard, failures))
                    }
                }
            }
        }
    }

    private static func topicsToCreate(
        _ request: MetadataRequest, _ version: Int16, _ shard: Shard
    ) -> [String] {
        // Before v4 a request could not forbid it.
        guard version < 4 || request.allowAutoTopicCreation else { return [] }
        guard shard.brokerSettings.flag("auto.create.topics.enable") else { return [] }
        var names: [String] = []
        for topic in request.topics ?? [] {
            guard let name = topic.name, !name.isEmpty, shard.image.topicID(named: name) == nil,
                TopicName.fault(in: name) == nil, !names.contains(name)
            else { continue }
            names.append(name)
        }
        return names
    }

    private static func response(
        _ request: MetadataRequest, _ exchange: Exchange, _ shard: Shard,
        _ failures: [String: ErrorCode] = [:]
    ) -> MetadataResponse {
        let listener = exchange.listener.name
        var response = MetadataResponse()
        response.clusterID = shard.node.clusterID
        response.controllerID = shard.shownController(on: listener).rawValue
        for broker in shard.image.unfencedBrokers {
            guard let endpoint = broker.endpoint(of: listener) else { continue }
            var shown = MetadataResponse.MetadataResponseBroker()
            shown.nodeID = broker.id.rawValue
            shown.host = endpoint.host
            shown.port = Int32(endpoint.port)
            shown.rack = broker.rack
            response.brokers.append(shown)
        }
        if request.includeClusterAuthorizedOperations, (8...10).contains(exchange.version) {
            response.clusterAuthorizedOperations = AuthorizedOperations.cluster
        }
        let view = TopicView(
            shard: shard, listener: listener, version: exchange.version,
            showsOperations: request.includeTopicAuthorizedOperations)
        if let asked = request.topics, exchange.version >= 1 || !asked.isEmpty {
            var seen: Set<TopicWish> = []
            for topic in asked where seen.insert(TopicWish(topic)).inserted {
                response.topics.append(view.topic(topic, failures))
            }
        } else {
            shard.image.forEachTopic { response.topics.append(view.topic($0)) }
        }
        return response
    }
}

/// A topic as it is asked for; asked for twice it is answered once.
private struct TopicWish: Hashable {
    let name: String?
    let id: UUID

    init(_ topic: MetadataRequest.MetadataRequestTopic) {
        name = topic.name
        id = topic.topicID
    }
}

/// How topics look to the clients of one listener.
private struct TopicView {
    let shard: Shard
    let listener: String
    let version: Int16
    let showsOperations: Bool

    func topic(
        _ asked: MetadataRequest.MetadataRequestTopic, _ failures: [String: ErrorCode]
    ) -> MetadataResponse.MetadataResponseTopic {
        let name = asked.name ?? ""
        if name.isEmpty, !asked.topicID.isZero {
            if let found = shard.image.topic(TopicID(asked.topicID)) { return topic(found) }
            var missing = MetadataResponse.MetadataResponseTopic()
            missing.name = version >= 12 ? nil : ""
            missing.topicID = asked.topicID
            missing.errorCode = .unknownTopicId
            return missing
        }
        if let found = shard.image.topic(named: name) { return topic(found) }
        var missing = MetadataResponse.MetadataResponseTopic()
        missing.name = name
        missing.errorCode =
            failures[name]
            ?? (TopicName.fault(in: name) == nil
                ? .unknownTopicOrPartition : .invalidTopicException)
        return missing
    }

    func topic(_ topic: TopicImage) -> MetadataResponse.MetadataResponseTopic {
        var shown = MetadataResponse.MetadataResponseTopic()
        shown.name = topic.name
        shown.topicID = topic.id.uuid
        shown.isInternal = InternalTopics.contains(topic.name)
        shown.partitions.reserveCapacity(topic.partitionCount)
        topic.forEachPartition { number, partition in
            shown.partitions.append(self.partition(number, partition))
        }
        if showsOperations { shown.topicAuthorizedOperations = AuthorizedOperations.topic }
        return shown
    }

    private func partition(
        _ number: Int32, _ partition: PartitionImage
    ) -> MetadataResponse.MetadataResponsePartition {
        var shown = MetadataResponse.MetadataResponsePartition()
        shown.partitionIndex = number
        shown.leaderEpoch = partition.leaderEpoch.rawValue
        shown.replicaNodes = partition.replicas.map(\.rawValue)
        shown.isrNodes = partition.isr.map(\.rawValue)
        shown.offlineReplicas = shard.offlineReplicas(of: partition).map(\.rawValue)
        if let leader = partition.leader {
            shown.leaderID = leader.rawValue
            if shard.image.endpoint(of: leader, on: listener) == nil {
                shown.errorCode = version >= 6 ? .listenerNotFound : .leaderNotAvailable
                shown.leaderID = -1
            }
        } else {
            shown.leaderID = -1
            shown.errorCode = .leaderNotAvailable
        }
        return shown
    }
}

/// The operations that everybody is allowed while there is no authorizer, as bit n for ACL operation n.
enum AuthorizedOperations {
    static let topic = bits([3, 4, 5, 6, 7, 8, 10, 11])
    static let cluster = bits([5, 7, 8, 9, 10, 11, 12])
    static let group = bits([3, 6, 8, 10, 11])

    private static func bits(_ operations: [Int32]) -> Int32 {
        operations.reduce(0) { $0 | 1 << $1 }
    }
}
