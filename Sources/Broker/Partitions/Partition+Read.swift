internal import Bytes
internal import Configuration
internal import LogStorage
internal import Metadata
internal import Model
internal import Ports
internal import ProducerState
internal import Records
internal import Replication

extension Partition {
    /// Records runs up to this size are copied into the answer: one write carries many of them, while each
    /// file piece costs a system call of its own.
    private static let copiedRunMax = 16 << 10

    /// The leader-epoch checks of every client request (KIP-320); nil if the request may go on. Without a `reader`
    /// only the leader answers.
    func refusal(
        currentLeaderEpoch: LeaderEpoch, to reader: FetchReader? = nil
    ) -> FetchAnswer? {
        if isOffline { return .failure(.kafkaStorageError) }
        if currentLeaderEpoch != .none {
            if currentLeaderEpoch < assigned.leaderEpoch {
                return .failure(.fencedLeaderEpoch, leader: currentLeader)
            }
            if currentLeaderEpoch > assigned.leaderEpoch { return .failure(.unknownLeaderEpoch) }
        }
        guard serves(reader) else {
            return .failure(.notLeaderOrFollower, leader: currentLeader)
        }
        return nil
    }

    /// Whether the present role allows `reader` to be served; none is served by leaders only.
    func serves(_ reader: FetchReader?) -> Bool {
        leader != nil || (follower != nil && reader.map(mayFollow(for:)) == true)
    }

    /// Whether a follower may serve it: the leader, which repairs its log, a tool that compares replicas, and consumers
    /// where they are sent to near ones (KIP-392).
    private func mayFollow(for reader: FetchReader) -> Bool {
        switch reader {
        case .follower(let id, _): return id == assigned.leader
        case .consumer(_, let place):
            guard let place else { return false }
            return place.isTool || shard.node.configuration.sendsConsumersNear
        }
    }

    /// Whether the next fetch of a follower, if nothing happens, need not look at this partition: it is in sync, knows
    /// all there is to know, and is refused nothing.
    func isSettled(for reader: FetchReader, _ seen: FetchSight) -> Bool {
        guard case .follower(let id, _) = reader, let leader, holes.isEmpty else { return false }
        return leader.inSyncReplicas.contains(id) && highWatermark == seen.highWatermark
            && log.logStartOffset == seen.logStartOffset
    }

    /// A follower's fetch is its acknowledgement of everything below its fetch offset. Nil if it counts.
    func acknowledge(
        fetch target: FetchTarget, by follower: BrokerID, brokerEpoch: BrokerEpoch
    ) -> FetchAnswer? {
        guard leader != nil else { return nil }
        guard
            let outcome = leader?.followerFetched(
                follower, brokerEpoch: brokerEpoch, from: target.fetchOffset,
                isEligible: shard.isEligibleForISR(follower, brokerEpoch), now: shard.loop.now)
        else { return nil }
        switch outcome {
        case .recorded(let moved, let change):
            leader?.followerTold(follower, logStart: target.logStartOffset)
            finishDeletions()
            if let change { shard.propose(change, for: self) }
            if moved { highWatermarkMoved() }
            return nil
        case .unknownReplica:
            // One that tells the right epoch may know of an assignment that this leader has not heard of yet.
            return .failure(
                target.currentLeaderEpoch == .none ? .notLeaderOrFollower : .unknownLeaderEpoch)
        case .staleBroker:
            return .failure(.notLeaderOrFollower)
        }
    }

    /// Reads for a fetch.
    ///
    /// - Parameters:
    ///   - limit: bytes that may still go into the answer.
    ///   - takesOversized: whether the first batch is taken even if it exceeds `limit` (KIP-74).
    ///   - isArrival: true when the request has just come, false when it was woken.
    func read(
        _ target: FetchTarget, for reader: FetchReader, limit: Int, takesOversized: Bool,
        isArrival: Bool
    ) -> FetchAnswer {
        let refusal = refusal(currentLeaderEpoch: target.currentLeaderEpoch, to: reader)
        if let refusal { return refusal }
        // A follower that is behind cannot tell a consumer's past from a false one: the leader can.
        if target.lastFetchedEpoch != .none, leader != nil || reader.isFollower,
            let answer = divergence(from: target)
        {
            return answer
        }
        if case .follower(let id, let epoch) = reader, isArrival,
            let refusal = acknowledge(fetch: target, by: id, brokerEpoch: epoch)
        {
            return refusal
        }
        var answer = FetchAnswer()
        answer.highWatermark = highWatermark
        answer.logStartOffset = log.logStartOffset
        answer.lastStableOffset = log.lastStableOffset(highWatermark: highWatermark)
        answer.readableEnd = readableEnd(for: reader)
        answer.tellsHighWatermark = target.lacks(highWatermark)
        answer.preferredReplica = nearReplica(for: reader, from: target.fetchOffset)
        guard answer.preferredReplica == nil else { return answer }
        if case .follower(let id, _) = reader, isHeldBack(for: id) { return answer }
        let hole = hole(from: target.fetchOffset)
        if let hole, hole.from <= target.fetchOffset {
            return .failure(hole.isLeft ? .corruptMessage : .kafkaStorageError)
        }
        do throws(LogError) {
            let slice = try log.read(
                from: target.fetchOffset,
                upTo: min(answer.readableEnd, hole?.from ?? answer.readableEnd),
                maxBytes: min(limit, target.maxBytes), minOneBatch: takesOversized)
            guard let pieces = try pieces(of: slice) else { return .failure(.kafkaStorageError) }
            answer.records = pieces
            if case .follower(let id, _) = reader, !slice.isEmpty, isThrottled(for: id) {
                shard.node.leaderQuota.copied(slice.count, at: shard.loop.now)
            }
            if case .consumer(readCommitted: true, _) = reader {
                answer.abortedTransactions = try log.abortedTransactions(
                    from: target.fetchOffset, to: answer.readableEnd
                ).map { .init(producerID: $0.producerID, firstOffset: $0.firstOffset) }
            }
            return answer
        } catch {
            // With an error nothing else is told: a position out of range may be another log's.
            return .failure(errorCode(reading: error))
        }
    }

    /// The follower in the consumer's rack that it shall read from, if this leader is not there itself
    /// (KIP-392).
    private func nearReplica(for reader: FetchReader, from offset: Offset) -> BrokerID? {
        guard case .consumer(_, let place?) = reader, let leader, !place.rack.isEmpty,
            shard.node.configuration.sendsConsumersNear,
            shard.node.configuration.rack != place.rack
        else { return nil }
        return leader.nearReplica(holding: offset) { id in
            guard let broker = shard.image.broker(id), !broker.isFenced else { return false }
            return broker.rack == place.rack
                && broker.endpoints.contains { $0.listener == place.listener }
        }
    }

    /// Nil where there is damage: the reader asks again when it was looked at.
    private func pieces(of slice: LogSlice) throws(LogError) -> [OutgoingPiece]? {
        guard !slice.isEmpty else { return [] }
        let check = check(from: slice.start.offset)
        guard slice.count <= Self.copiedRunMax else { return slice.piece(check).map { [$0] } ?? [] }
        let bytes = try slice.load()
        guard let whole = check.wholeBytes(bytes) else { return nil }
        slice.noteChecked(whole)
        return [.bytes(bytes)]
    }

    /// Looks at the checksums of batches before they are sent, where they pass through this process: that is what has
    /// to come from the disk. Damage has the segment scrubbed at once.
    private func check(from start: Offset) -> PieceCheck {
        let (shard, key) = (LoopBound(shard, on: shard.loop), key)
        return PieceCheck { bytes in
            var batches = RecordBatchSequence(bytes)
            var place = start..<start.next
            do throws(RecordBatchError) {
                while let batch = try batches.next() {
                    let end = batch.header.nextOffset
                    place = place.lowerBound..<max(end, place.upperBound)
                    try batch.checkCRC()
                    place = end..<end.next
                }
                return batches.position
            } catch {
                let damaged = place
                shard.post { $0.damageRead(in: key, damaged) }
                return nil
            }
        }
    }

    /// Where the histories part, if the asker's last epoch does not end where ours does (KIP-595).
    private func divergence(from target: FetchTarget) -> FetchAnswer? {
        let own = log.endOffset(of: target.lastFetchedEpoch)
        guard own.offset != .none, own.epoch != .none else {
            return .failure(.offsetOutOfRange)
        }
        guard own.epoch < target.lastFetchedEpoch || own.offset < target.fetchOffset else {
            return nil
        }
        var answer = FetchAnswer()
        answer.highWatermark = highWatermark
        answer.logStartOffset = log.logStartOffset
        answer.divergingEpoch = own
        return answer
    }

    /// What a reader is told of an error. A damaged batch is no reason to take the directory offline.
    func errorCode(reading error: LogError) -> ErrorCode {
        switch error {
        case .offsetOutOfRange: return .offsetOutOfRange
        case .corruptBatch, .corruptFile: return .corruptMessage
        case .file, .damagedTail, .topicIDMismatch, .closed:
            storageFailed(error)
            return .kafkaStorageError
        case .unexpectedOffset, .epochGoesBack, .unexpectedEpoch, .batchTooLarge, .producer:
            preconditionFailure("reading appends nothing: \(error)")
        }
    }
}
