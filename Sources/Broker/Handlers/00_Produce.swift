internal import Bytes
internal import Metadata
internal import Model
internal import Ports
internal import Records
internal import WireMessages

/// Produce, v3 to v13 (KIP-98, 467, 516, 951). Not supported: transactions.
enum ProduceHandler {
    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let request: ProduceRequest = try scope.request()
        let exchange = scope.exchange
        let shard = scope.shard
        let connection = scope.connection
        let plan = ProducePlan(
            request, version: exchange.version, image: shard.image, connection: connection)
        let acknowledgement = Acknowledgement(rawValue: request.acks)
        let operation = ProduceOperation(partCount: plan.count) { outcomes in
            for (position, first) in plan.firsts where outcomes[position].error == .none {
                connection?.firstBatches.acknowledged(first)
            }
            answer(exchange, shard, plan, outcomes, acknowledgement)
        }
        guard let acknowledgement else {
            operation.finished(
                plan.positions.map { ($0, .failure(.invalidRequiredAcks)) })
            return
        }
        if !plan.refused.isEmpty { operation.finished(plan.refused) }
        let timeout = Duration.milliseconds(max(Int64(request.timeoutMs), 0))
        shard.produce(
            plan.parts, acknowledgement, version: exchange.version,
            deadline: shard.loop.now + timeout, for: operation)
    }

    private static func answer(
        _ exchange: Exchange, _ shard: Shard, _ plan: ProducePlan, _ outcomes: [ProduceOutcome],
        _ acknowledgement: Acknowledgement?
    ) {
        var outcomes = outcomes
        // A leader that lost its lease may have been replaced: its own word is worth nothing (acks=all
        // cannot succeed then, because replaced leaders are fenced by the followers' fetches).
        if acknowledgement == .leader, !shard.node.lease.isHeld(at: shard.loop.now) {
            for index in outcomes.indices where outcomes[index].error == .none {
                outcomes[index] = .failure(.notLeaderOrFollower)
            }
        }
        guard acknowledgement != Acknowledgement.none else {
            // Without an answer, a closed connection is all that can tell of an error.
            if outcomes.contains(where: { $0.error != .none }) {
                exchange.closeConnection()
            } else {
                exchange.finishSilently()
            }
            return
        }
        exchange.respond(plan.response(outcomes, exchange, image: shard.image))
    }
}

/// First version whose answer names the new leader (KIP-951).
private let leadersToldFrom: Int16 = 10

/// A Produce request's partitions in one list, each with its place in the request.
private struct ProducePlan {
    private let request: ProduceRequest
    /// How many parts the request has.
    private(set) var count = 0
    /// Parts that go to a partition.
    private(set) var parts: [ProducePart] = []
    /// Parts that are the first of their producers.
    private(set) var firsts: [(Int, FirstBatches.Key)] = []
    /// Parts that cannot go to a partition.
    private(set) var refused: [(Int, ProduceOutcome)] = []

    init(
        _ request: ProduceRequest, version: Int16, image: MetadataImage,
        connection: ClientConnection?
    ) {
        self.request = request
        for topic in request.topicData {
            let id = version >= 13 ? TopicID(topic.topicID) : image.topicID(named: topic.name)
            let known = id.flatMap { image.topic($0) }
            for partition in topic.partitionData {
                let position = count
                count += 1
                let records = partition.records ?? .empty
                let mustBeKnown = note(position, topic, partition.index, records, connection)
                guard let known else {
                    let error =
                        version >= 13 ? ErrorCode.unknownTopicId : .unknownTopicOrPartition
                    refused.append((position, .failure(error)))
                    continue
                }
                guard !InternalTopics.contains(known.name) else {
                    refused.append((position, .failure(.invalidTopicException)))
                    continue
                }
                parts.append(
                    ProducePart(
                        index: position, key: PartitionKey(known.id, partition.index),
                        records: records, mustBeKnown: mustBeKnown))
            }
        }
    }

    /// Notes a producer's batch. Answers whether the log must know its producer.
    private mutating func note(
        _ position: Int, _ topic: ProduceRequest.TopicProduceData, _ partition: Int32,
        _ records: SharedBytes, _ connection: ClientConnection?
    ) -> Bool {
        guard let connection, let header = RecordBatchHeader.numbered(records) else { return false }
        let key = FirstBatches.Key(
            topic: topic.name, topicID: topic.topicID, partition: partition,
            producer: header.producerID)
        if header.baseSequence == 0 { firsts.append((position, key)) }
        return connection.firstBatches.mustBeKnown(key, sequence: header.baseSequence)
    }

    var positions: Range<Int> { 0..<count }

    func response(
        _ outcomes: [ProduceOutcome], _ exchange: Exchange, image: MetadataImage
    ) -> ProduceResponse {
        var response = ProduceResponse()
        let version = exchange.version
        var leaders = LeaderEndpoints(image: image, listener: exchange.listener.name)
        var position = 0
        for topic in request.topicData {
            var answered = ProduceResponse.TopicProduceResponse()
            answered.name = topic.name
            answered.topicID = topic.topicID
            for partition in topic.partitionData {
                let outcome = outcomes[position]
                answered.partitionResponses.append(.init(partition.index, outcome, version))
                if version >= leadersToldFrom { leaders.note(outcome.currentLeader) }
                position += 1
            }
            response.responses.append(answered)
        }
        response.nodeEndpoints = leaders.found.map {
            var node = ProduceResponse.NodeEndpoint()
            node.nodeID = $0.id.rawValue
            node.host = $0.host
            node.port = $0.port
            node.rack = $0.rack
            return node
        }
        return response
    }
}

extension ProduceResponse.PartitionProduceResponse {
    fileprivate init(_ index: Int32, _ outcome: ProduceOutcome, _ version: Int16) {
        self.init()
        self.index = index
        errorCode = outcome.error
        baseOffset = outcome.baseOffset.rawValue
        logAppendTimeMs = outcome.logAppendTime.rawValue
        logStartOffset = outcome.logStartOffset.rawValue
        guard version >= 8 else { return }
        errorMessage = outcome.message
        recordErrors = outcome.recordErrors.map {
            var error = ProduceResponse.BatchIndexAndErrorMessage()
            error.batchIndex = $0.batchIndex
            error.batchIndexErrorMessage = $0.message
            return error
        }
        if version >= leadersToldFrom, let leader = outcome.currentLeader {
            currentLeader.leaderID = leader.id.rawValue
            currentLeader.leaderEpoch = leader.epoch.rawValue
        }
    }
}
