internal import LogStorage
internal import Metadata
internal import Model
internal import Ports
internal import Replication
internal import Telemetry

extension Shard {
    /// Deletes records of partitions that live here, and waits for their followers until `deadline`.
    func deleteRecords(
        _ parts: [DeletionPart], until deadline: Instant,
        for operation: LoopBound<DeletionOperation>
    ) {
        var waiting: [Partition] = []
        for part in parts {
            let outcome: DeletionOutcome?
            if let partition = partitions[part.key] {
                outcome = partition.deleteRecords(part, until: deadline, operation)
                if outcome == nil { waiting.append(partition) }
            } else {
                outcome = DeletionOutcome(error: absence(of: part.key).error)
            }
            guard let outcome else { continue }
            operation.run { $0.take(part.index, outcome) }
        }
        guard !waiting.isEmpty else { return }
        loop.arm(at: deadline) {
            for partition in waiting { partition.expireDeletions(at: deadline) }
        }
    }
}

extension Partition {
    /// Moves the start of the log up. Nil: followers have still to hear of it.
    func deleteRecords(
        _ part: DeletionPart, until deadline: Instant, _ operation: LoopBound<DeletionOperation>
    ) -> DeletionOutcome? {
        if let refusal = refusal(currentLeaderEpoch: .none) {
            return DeletionOutcome(error: refusal.error)
        }
        guard settings.mayDeleteRecords else { return DeletionOutcome(error: .policyViolation) }
        let offset = part.offset == .none ? highWatermark : part.offset
        guard offset >= .zero, offset <= highWatermark else {
            return DeletionOutcome(error: .offsetOutOfRange)
        }
        do throws(LogError) {
            if try log.advanceLogStart(to: offset) {
                shard.node.log.info(
                    "recordsDeleted", ["partition": name, "logStart": offset.rawValue])
                shard.removeSegmentsBelowStart(of: self)
                // Those who wait for more hear the new start with the answer.
                fetchWatches.fireFollowers()
            }
        } catch {
            storageFailed(error)
            return DeletionOutcome(error: .kafkaStorageError)
        }
        let low = lowWatermark
        if low >= offset { return DeletionOutcome(lowWatermark: low) }
        deletionWaiters.append(DeletionWaiter(part, upTo: offset, until: deadline, operation))
        return nil
    }

    /// The lowest start of the log among the replicas that are up; -1 while one of them has not told.
    var lowWatermark: Offset {
        guard let leader else { return .none }
        return leader.lowestLogStart(own: log.logStartOffset) { id in
            shard.image.broker(id)?.isFenced == false
        }
    }

    /// A follower told its start, or went: deletions may be done.
    func finishDeletions() {
        guard !deletionWaiters.isEmpty else { return }
        let low = lowWatermark
        for waiter in deletionWaiters where waiter.offset <= low {
            waiter.finish(DeletionOutcome(lowWatermark: low))
        }
        deletionWaiters.removeAll { $0.isDone }
    }

    /// The time of requests is over.
    func expireDeletions(at now: Instant) {
        let outcome = DeletionOutcome(error: .requestTimedOut, lowWatermark: lowWatermark)
        for waiter in deletionWaiters where waiter.deadline <= now { waiter.finish(outcome) }
        deletionWaiters.removeAll { $0.isDone }
    }

    /// This is no longer the leader.
    func failDeletions(_ error: ErrorCode) {
        let waiters = deletionWaiters
        deletionWaiters = []
        for waiter in waiters { waiter.finish(DeletionOutcome(error: error)) }
    }
}
