internal import Bytes
internal import Model
internal import Wire
internal import WireMessages

extension ProducerCore {
    /// What is still under way in a request that has ended.
    private mutating func take(
        _ id: UInt64
    ) -> [(queue: PartitionQueue, batch: ProducerBatch)] {
        guard let request = requests.removeValue(forKey: id) else { return [] }
        requestsByNode[request.node, default: 1] -= 1
        return request.batches.filter { $0.batch.flight == id }
    }

    /// The request left, and no answer is to come.
    mutating func sent(_ id: UInt64, effects: inout [ClientEffect]) {
        let batches = take(id)
        for (queue, batch) in batches {
            settle(
                batch, of: queue, .written(baseOffset: .none, appendTime: .none),
                effects: &effects)
        }
    }

    /// The connection broke, or the request could not be sent: all its batches are tried again.
    mutating func requestFailed(
        _ id: UInt64, _ error: ClientError, metadata: inout MetadataCache, now: Instant,
        effects: inout [ClientEffect]
    ) {
        let batches = take(id)
        if error.isRetriable { metadata.requestUpdate() }
        for (queue, batch) in batches {
            if error.isRetriable {
                retry(batch, of: queue, because: error.description, now: now)
            } else {
                settle(batch, of: queue, .failed(error), effects: &effects)
            }
        }
    }

    mutating func answered(
        _ id: UInt64, version: Int16, body: SharedBytes, network: inout Network,
        metadata: inout MetadataCache, now: Instant, effects: inout [ClientEffect]
    ) {
        let batches = take(id)
        let answer: ProduceResponse
        do {
            var reader = ByteReader(body)
            answer = try ProduceResponse(from: &reader, version: version)
        } catch {
            let failure = ClientError.malformedAnswer(api: "Produce", error)
            for (queue, batch) in batches {
                settle(batch, of: queue, .failed(failure), effects: &effects)
            }
            return
        }
        learnEndpoints(answer, network: &network, metadata: &metadata, now: now)
        for (queue, batch) in batches {
            guard
                let result = Self.result(
                    for: queue.partition, in: answer, version: version, metadata: metadata)
            else {
                retry(batch, of: queue, because: "the answer leaves it out", now: now)
                continue
            }
            judge(
                result, of: batch, of: queue, metadata: &metadata, now: now, effects: &effects)
        }
    }

    private func learnEndpoints(
        _ answer: ProduceResponse, network: inout Network, metadata: inout MetadataCache,
        now: Instant
    ) {
        guard !answer.nodeEndpoints.isEmpty else { return }
        for node in answer.nodeEndpoints {
            guard let port = UInt16(exactly: node.port), port > 0 else { continue }
            metadata.learned(
                BrokerID(node.nodeID), at: ServerAddress(host: node.host, port: port))
        }
        network.update(nodes: metadata.nodes, now: now)
    }

    private static func result(
        for partition: TopicPartition, in answer: ProduceResponse, version: Int16,
        metadata: MetadataCache
    ) -> ProduceResponse.PartitionProduceResponse? {
        let id = metadata.topics[partition.topic]?.id.uuid
        for topic in answer.responses {
            guard version >= 13 ? topic.topicID == id : topic.name == partition.topic else {
                continue
            }
            return topic.partitionResponses.first { $0.index == partition.partition }
        }
        return nil
    }

    /// The broker does not know the batch's producer, or not what came before it.
    private static let sequenceRefusals: [ErrorCode] = [
        .outOfOrderSequenceNumber, .unknownProducerId, .invalidProducerEpoch,
    ]

    private mutating func judge(
        _ result: ProduceResponse.PartitionProduceResponse, of batch: ProducerBatch,
        of queue: PartitionQueue, metadata: inout MetadataCache, now: Instant,
        effects: inout [ClientEffect]
    ) {
        let code = result.errorCode
        switch code {
        case .none, .duplicateSequenceNumber:
            let isKnown = code == .none
            settle(
                batch, of: queue,
                .written(
                    baseOffset: isKnown ? Offset(result.baseOffset) : .none,
                    appendTime: Timestamp(result.logAppendTimeMs)),
                effects: &effects)
        case _ where batch.sequence != nil && Self.sequenceRefusals.contains(code):
            sequenceRefused(batch, of: queue, code: code, now: now, effects: &effects)
        case _ where code.advice != .fail:
            if code.advice == .refreshAndRetry { metadata.requestUpdate() }
            retry(batch, of: queue, because: code.name, now: now)
            // Whoever follows the leader is known at once: no pause (KIP-951).
            _ = metadata.leaderChanged(
                of: queue.partition, to: BrokerID(result.currentLeader.leaderID),
                epoch: LeaderEpoch(result.currentLeader.leaderEpoch))
        default:
            let error = ClientError.refused(code, message: result.errorMessage)
            settle(batch, of: queue, .failed(error), effects: &effects)
        }
    }

    /// The broker saw a gap. If an earlier batch is still to be sent again, that is the gap, and it will
    /// close. If not, the broker has lost, or never saw, what came before; the refusal also tells that this
    /// batch is not in the log. So it goes again in a new epoch, where any broker begins to count anew.
    private mutating func sequenceRefused(
        _ batch: ProducerBatch, of queue: PartitionQueue, code: ErrorCode, now: Instant,
        effects: inout [ClientEffect]
    ) {
        guard queue.isFirst(batch) else {
            retry(batch, of: queue, because: code.name, now: now)
            return
        }
        queue.wantNewEpoch()
        retry(batch, of: queue, because: code.name, now: now)
        queue.raiseEpochIfWanted()
        if queue.identity == nil, case .known = identity {
            identity = .unknown(notBefore: now, failures: 0)
        }
    }

    private mutating func retry(
        _ batch: ProducerBatch, of queue: PartitionQueue, because reason: String, now: Instant
    ) {
        batch.lastFailure = reason
        queue.putBack(batch)
        let pause = retry.pause(after: max(batch.attempts, 1), using: &random)
        // The partition waits as long as its first batch: the others come behind it.
        if queue.closed.first === batch { queue.notBefore = now + pause }
    }
}
