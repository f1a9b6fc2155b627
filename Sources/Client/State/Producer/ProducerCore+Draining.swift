internal import Bytes
internal import Compression
internal import Model
internal import Wire
internal import WireMessages

extension ProducerCore {
    /// Fails what is overdue and sends what is due.
    mutating func drain(
        network: inout Network, metadata: inout MetadataCache, now: Instant,
        effects: inout [ClientEffect]
    ) {
        expireWaiting(metadata: metadata, now: now, effects: &effects)
        for queue in active {
            for batch in queue.takeExpired(now: now) {
                let error = ClientError.timedOut(
                    operation: "delivery to \(queue.partition)",
                    limit: configuration.deliveryTimeout, cause: batch.lastFailure)
                settle(batch, of: queue, .failed(error), effects: &effects)
            }
            queue.raiseEpochIfWanted()
            queue.closeIfDue(now: now, isHurried: isHurried)
        }
        active.removeAll { queue in
            queue.isActive = !queue.isIdle
            return queue.isIdle
        }
        suspect(metadata: &metadata, now: now)
        guard prepareIdentity(network: &network, metadata: metadata, now: now) else { return }
        sendDue(network: &network, metadata: &metadata, now: now)
    }

    /// Looks at the layout again while an answer is overdue: its broker may hang, and the kernel that keeps
    /// the connection open would hide that.
    private mutating func suspect(metadata: inout MetadataCache, now: Instant) {
        guard now >= nextSuspicion else { return }
        guard requests.values.contains(where: { now >= $0.suspicion }) else { return }
        nextSuspicion = now + patience
        metadata.requestUpdate()
    }

    // MARK: Identity

    /// Whether batches can be numbered, if they must be; asks for a producer id when one is needed.
    private mutating func prepareIdentity(
        network: inout Network, metadata: MetadataCache, now: Instant
    ) -> Bool {
        switch identity {
        case .notNeeded, .known: return true
        case .asked: return false
        case .unknown(let notBefore, let failures):
            guard !active.isEmpty, now >= notBefore, metadata.isKnown,
                let peer = network.anyPeer(now: now)
            else { return false }
            var request = InitProducerIdRequest()
            request.transactionalID = nil
            request.transactionTimeoutMs = .max
            identity = .asked(failures: failures)
            network.submit(
                OutgoingRequest(request), for: .initProducerID, to: peer,
                deadline: now + network.configuration.requestTimeout, now: now)
            return false
        }
    }

    mutating func identityAnswered(_ answer: InitProducerIdResponse, now: Instant) {
        guard answer.errorCode == .none else { return identityFailed(now: now) }
        identity = .known(
            ProducerIdentity(id: ProducerID(answer.producerID), epoch: answer.producerEpoch))
    }

    /// Asked again after a pause, until the records that wait for it run out of time.
    mutating func identityFailed(now: Instant) {
        guard case .asked(let failures) = identity else { return }
        let pause = retry.pause(after: failures + 1, using: &random)
        identity = .unknown(notBefore: now + pause, failures: failures + 1)
    }

    // MARK: Requests

    /// The batches of one request being put together.
    private struct Draft {
        let node: BrokerID
        let connection: ConnectionID
        var size = 0
        var batches: [(queue: PartitionQueue, batch: ProducerBatch)] = []
    }

    /// Rounds over the queues until no broker can take more. Each round makes one request per broker at
    /// most, with one batch per partition, as the protocol has it.
    private mutating func sendDue(
        network: inout Network, metadata: inout MetadataCache, now: Instant
    ) {
        while true {
            var drafts: [Draft] = []
            for queue in active where !queue.closed.isEmpty {
                draft(queue, into: &drafts, network: &network, metadata: &metadata, now: now)
            }
            guard !drafts.isEmpty else { break }
            for draft in drafts {
                submit(draft, network: &network, metadata: metadata, now: now)
            }
            // The queue that was first must not always be: a request may be full before the last.
            if active.count > 1 { active.append(active.removeFirst()) }
            for queue in active { queue.closeIfDue(now: now, isHurried: isHurried) }
        }
    }

    private mutating func draft(
        _ queue: PartitionQueue, into drafts: inout [Draft], network: inout Network,
        metadata: inout MetadataCache, now: Instant
    ) {
        guard let view = metadata.partition(queue.partition), view.leader != .none else {
            metadata.requestUpdate()
            return
        }
        let node = view.leader
        guard let connection = network.readyConnection(of: node) else {
            network.wantConnection(to: .node(node), now: now)
            return
        }
        guard queue.maySend(on: connection, leaderEpoch: view.leaderEpoch, now: now) else { return }
        var index = drafts.firstIndex { $0.node == node }
        if index == nil {
            guard requestsByNode[node, default: 0] < configuration.inFlightMax else { return }
            drafts.append(Draft(node: node, connection: connection))
            index = drafts.count - 1
        }
        guard let index else { return }
        let size = queue.closed.first?.bytes.count ?? 0
        guard drafts[index].size == 0 || drafts[index].size + size <= configuration.requestBytesMax
        else { return }
        var fresh: ProducerIdentity?
        if case .known(let known) = identity { fresh = known }
        let batch = queue.send(on: connection, leaderEpoch: view.leaderEpoch, identity: fresh)
        drafts[index].size += size
        drafts[index].batches.append((queue, batch))
    }

    private mutating func submit(
        _ draft: Draft, network: inout Network, metadata: MetadataCache, now: Instant
    ) {
        var request = ProduceRequest()
        request.acks = configuration.acks.rawValue
        request.timeoutMs = Int32(clamping: network.configuration.requestTimeout.inMilliseconds)
        var hasIDs = true
        for (queue, batch) in draft.batches {
            var data = ProduceRequest.PartitionProduceData()
            data.index = queue.partition.partition
            data.records = batch.bytes
            let name = queue.partition.topic
            if let at = request.topicData.firstIndex(where: { $0.name == name }) {
                request.topicData[at].partitionData.append(data)
                continue
            }
            var topic = ProduceRequest.TopicProduceData()
            let id = metadata.topics[name]?.id ?? .zero
            topic.name = name
            topic.topicID = id.uuid
            topic.partitionData = [data]
            hasIDs = hasIDs && id != .zero
            request.topicData.append(topic)
        }
        let id = nextRequest
        nextRequest += 1
        for (_, batch) in draft.batches { batch.flight = id }
        requests[id] = Request(
            node: draft.node, batches: draft.batches, suspicion: now + patience)
        requestsByNode[draft.node, default: 0] += 1
        // zstd needs version 7; topic ids replace names in 13.
        let lowest: Int16 = configuration.compression == .zstd ? 7 : 3
        let highest = hasIDs ? ProduceRequest.validVersions.upperBound : 12
        network.submit(
            OutgoingRequest(
                request, versions: lowest...highest, expectsAnswer: configuration.acks != .none,
                sizeHint: draft.size + 64 * draft.batches.count),
            for: .produce(id), to: .node(draft.node),
            deadline: now + network.configuration.requestTimeout, now: now)
    }

    // MARK: Time

    /// When `drain` is due without an event.
    func nextDeadline(now: Instant) -> Instant {
        var next = Instant.distantFuture
        if case .unknown(let notBefore, _) = identity, notBefore > now, !active.isEmpty {
            next = notBefore
        }
        for request in requests.values {
            next = min(next, max(request.suspicion, nextSuspicion))
        }
        for queue in active {
            next = min(next, queue.nextExpiry)
            if queue.notBefore > now, !queue.closed.isEmpty { next = min(next, queue.notBefore) }
            if queue.hasOpen, queue.closed.isEmpty {
                next = min(next, queue.openedAt + configuration.linger)
            }
        }
        for topic in topics {
            if let first = topic.waiting.first { next = min(next, first.deadline) }
        }
        return next
    }
}
