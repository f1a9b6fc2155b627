internal import Bytes
internal import Model
internal import Records
internal import Wire
internal import WireMessages

extension ConsumerCore {
    /// The cursors of a question that still want its answer.
    private func wanted(_ asked: Asked) -> [Int] {
        asked.partitions.compactMap { entry in
            guard let index = index(of: entry.partition) else { return nil }
            return cursors[index].generation == entry.generation ? index : nil
        }
    }

    // MARK: Positions

    mutating func offsetsFailed(
        at node: BrokerID, _ error: ClientError, metadata: inout MetadataCache, now: Instant
    ) {
        guard let asked = offsetQuestions.removeValue(forKey: node) else { return }
        if error.isRetriable { metadata.requestUpdate() }
        for index in wanted(asked) { offsetRefused(index, error, now: now) }
    }

    private mutating func offsetRefused(_ index: Int, _ error: ClientError, now: Instant) {
        guard case .awaitingOffset(let reset, _) = cursors[index].state else { return }
        guard error.isRetriable else { return fail(index, error) }
        cursors[index].state = .awaitingOffset(reset, isAsked: false)
        postpone(index, now: now)
    }

    mutating func offsetsAnswered(
        by node: BrokerID, version: Int16, body: SharedBytes, metadata: inout MetadataCache,
        now: Instant
    ) {
        let answer: ListOffsetsResponse
        do {
            var reader = ByteReader(body)
            answer = try ListOffsetsResponse(from: &reader, version: version)
        } catch {
            let failure = ClientError.malformedAnswer(api: "ListOffsets", error)
            return offsetsFailed(at: node, failure, metadata: &metadata, now: now)
        }
        guard let asked = offsetQuestions.removeValue(forKey: node) else { return }
        for index in wanted(asked) {
            guard case .awaitingOffset(let reset, _) = cursors[index].state else { continue }
            let partition = cursors[index].partition
            let result = answer.topics.first { $0.name == partition.topic }?.partitions
                .first { $0.partitionIndex == partition.partition }
            guard let result else {
                offsetRefused(
                    index, .refused(.unknownTopicOrPartition, message: nil), now: now)
                continue
            }
            guard result.errorCode == .none else {
                if result.errorCode.advice == .refreshAndRetry { metadata.requestUpdate() }
                offsetRefused(index, .refused(result.errorCode, message: nil), now: now)
                continue
            }
            if result.offset < 0, reset.isByTime {
                // No record is that young: go on at the end.
                cursors[index].state = .awaitingOffset(.latest, isAsked: false)
                continue
            }
            cursors[index].seek(to: Offset(max(result.offset, 0)))
            cursors[index].failures = 0
        }
    }

    // MARK: Records

    mutating func fetchFailed(
        at node: BrokerID, _ error: ClientError, metadata: inout MetadataCache, now: Instant
    ) {
        guard let asked = fetches.removeValue(forKey: node) else { return }
        sessions[node]?.failed()
        if error.isRetriable { metadata.requestUpdate() }
        for index in wanted(asked) {
            cursors[index].preferredReplica = nil
            if error.isRetriable { postpone(index, now: now) } else { fail(index, error) }
        }
    }

    mutating func fetchAnswered(
        by node: BrokerID, version: Int16, body: SharedBytes, network: inout Network,
        metadata: inout MetadataCache, now: Instant
    ) {
        let answer: FetchResponse
        do {
            var reader = ByteReader(body)
            answer = try FetchResponse(from: &reader, version: version)
        } catch {
            let failure = ClientError.malformedAnswer(api: "Fetch", error)
            return fetchFailed(at: node, failure, metadata: &metadata, now: now)
        }
        guard answer.errorCode == .none else {
            // An incremental fetch that the broker cannot place is asked for again as a full one.
            let isSessionLost =
                Self.sessionRefusals.contains(answer.errorCode) && sessions[node]?.isFull == false
            guard !isSessionLost else {
                sessions[node]?.refused()
                fetches[node] = nil
                return
            }
            let failure = ClientError.refused(answer.errorCode, message: nil)
            return fetchFailed(at: node, failure, metadata: &metadata, now: now)
        }
        guard let asked = fetches.removeValue(forKey: node) else { return }
        sessions[node]?.answered(answer.sessionID)
        learnEndpoints(answer, network: &network, metadata: &metadata, now: now)
        let interested = wanted(asked)
        for topic in answer.responses {
            let name = version >= 13 ? metadata.names[TopicID(topic.topicID)] : topic.topic
            guard let name else { continue }
            for result in topic.partitions {
                let partition = TopicPartition(name, result.partitionIndex)
                guard let index = interested.first(where: { cursors[$0].partition == partition })
                else { continue }
                take(result, for: index, metadata: &metadata, now: now)
            }
        }
    }

    private static let sessionRefusals: [ErrorCode] = [
        .fetchSessionIdNotFound, .invalidFetchSessionEpoch, .fetchSessionTopicIdError,
    ]

    private func learnEndpoints(
        _ answer: FetchResponse, network: inout Network, metadata: inout MetadataCache,
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

    private mutating func take(
        _ result: FetchResponse.PartitionData, for index: Int, metadata: inout MetadataCache,
        now: Instant
    ) {
        guard result.errorCode == .none else {
            return refused(result, for: index, metadata: &metadata, now: now)
        }
        cursors[index].failures = 0
        cursors[index].notBefore = .zero
        cursors[index].highWatermark = Offset(result.highWatermark)
        cursors[index].logStartOffset = Offset(result.logStartOffset)
        if result.divergingEpoch.endOffset >= 0 {
            truncated(index, to: Offset(result.divergingEpoch.endOffset))
            return
        }
        if result.preferredReadReplica >= 0 {
            cursors[index].preferredReplica = (
                BrokerID(result.preferredReadReplica), now + preferredReplicaMax
            )
            return
        }
        guard let records = result.records, !records.isEmpty else { return }
        let isCommitted = configuration.isolationLevel == .readCommitted
        keep(
            records, for: index, highWatermark: Offset(result.highWatermark),
            aborted: AbortedFilter(isCommitted ? result.abortedTransactions : nil))
    }

    /// The log we read from has lost records that we have read: an unclean election. We go on where the
    /// logs part.
    private mutating func truncated(_ index: Int, to offset: Offset) {
        guard configuration.offsetReset != .none else {
            let partition = cursors[index].partition
            return fail(
                index, .offsetOutOfRange(partition, offset: cursors[index].fetchOffset))
        }
        let target = min(offset, cursors[index].fetchOffset)
        chunks.removeAll { $0.chunk.partition == cursors[index].partition }
        cursors[index].seek(to: target)
        recount()
    }

    private mutating func refused(
        _ result: FetchResponse.PartitionData, for index: Int, metadata: inout MetadataCache,
        now: Instant
    ) {
        let partition = cursors[index].partition
        let code = result.errorCode
        let wasPreferred = cursors[index].preferredReplica != nil
        cursors[index].preferredReplica = nil
        if code == .offsetOutOfRange {
            // A follower may only be behind; the leader knows.
            if wasPreferred { return }
            guard configuration.offsetReset != .none else {
                let offset = cursors[index].fetchOffset
                return fail(index, .offsetOutOfRange(partition, offset: offset))
            }
            // What is buffered is still good; only where to go on is not known.
            guard cursors[index].bufferedBytes == 0 else { return postpone(index, now: now) }
            return cursors[index].reset(to: configuration.offsetReset)
        }
        guard code.advice != .fail else {
            return fail(index, .refused(code, message: nil))
        }
        metadata.requestUpdate()
        postpone(index, now: now)
        _ = metadata.leaderChanged(
            of: partition, to: BrokerID(result.currentLeader.leaderID),
            epoch: LeaderEpoch(result.currentLeader.leaderEpoch))
    }

    /// Checks the batches of an answer and puts them where they wait to be taken.
    private mutating func keep(
        _ records: SharedBytes, for index: Int, highWatermark: Offset, aborted: AbortedFilter
    ) {
        var aborted = aborted
        let start = cursors[index].fetchOffset
        var batches: [RecordBatchView] = []
        var next = start
        var epoch = LeaderEpoch.none
        var size = 0
        var sequence = RecordBatchSequence(records)
        do {
            while let batch = try sequence.next() {
                guard batch.nextOffset > next else { continue }
                if configuration.checksCRC { try batch.checkCRC() }
                next = batch.nextOffset
                epoch = batch.partitionLeaderEpoch
                let isLeftOut = aborted.leavesOut(batch)
                guard !batch.isControl, !isLeftOut else { continue }
                size += batch.sizeInBytes
                batches.append(batch)
            }
        } catch {
            let at = ClientError.damagedBatch(
                cursors[index].partition, offset: next, reason: "\(error)")
            return fail(index, at)
        }
        guard next > start else { return }
        cursors[index].fetchOffset = next
        cursors[index].fetchEpoch = epoch
        cursors[index].bufferedBytes += size
        bufferedBytes += size
        let chunk = FetchedChunk(
            partition: cursors[index].partition, firstOffset: start, batches: batches,
            nextOffset: next, lastEpoch: epoch, highWatermark: highWatermark, size: size)
        chunks.append((cursors[index].generation, chunk))
    }
}
