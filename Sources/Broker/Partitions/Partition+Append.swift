internal import Bytes
internal import LogStorage
internal import Model
internal import Ports
internal import ProducerState
internal import Records
internal import Replication

extension Partition {
    /// What an append came to.
    enum Appended {
        case refused(ProduceOutcome)
        /// In the log; committed when the high watermark reaches `requiredOffset`.
        case appended(ProduceOutcome, requiredOffset: Offset)
    }

    /// A producer's records (`protocol.md` §12): validated, stamped and appended, not yet committed.
    func append(_ part: ProducePart, acknowledgement: Acknowledgement, version: Int16) -> Appended {
        guard !isOffline, !directory.isOffline else {
            return .refused(.failure(.kafkaStorageError))
        }
        guard let leader else {
            var outcome = ProduceOutcome.failure(.notLeaderOrFollower)
            outcome.currentLeader = currentLeader
            return .refused(outcome)
        }
        guard !directory.isFull else {
            return .refused(.failure(.kafkaStorageError, directory.noSpace.description))
        }
        // The producer asks again.
        guard !isHeld else { return .refused(.failure(.notLeaderOrFollower)) }
        if acknowledgement == .all, !leader.hasEnoughInSync {
            return .refused(
                .failure(
                    .notEnoughReplicas,
                    "have \(leader.inSyncReplicas.count) in sync, need \(leader.effectiveMinInSync)"
                ))
        }
        if let end = part.end { return append(end, epoch: leader.leaderEpoch) }
        let validated: ValidatedBatch
        do throws(BatchRejection) {
            validated = try BatchValidator.validate(
                part.records, rules: settings.validation(produceVersion: version),
                now: shard.loop.wallTime)
        } catch {
            shard.metrics.rejected(error)
            return .refused(ProduceOutcome(error))
        }
        guard part.isCoordinators || !validated.batch.header.isTransactional else {
            // Transactions come with their coordinator; nobody could end this one.
            return .refused(.failure(.invalidTxnState, "transactions are not served"))
        }
        return append(
            validated.batch, epoch: leader.leaderEpoch,
            origin: part.isCoordinators ? .coordinator : .client, mustStartAtZero: part.mustBeKnown)
    }

    /// The end of a transaction. A group's coordinator learns of it in the same turn; one that is still reading
    /// the log would miss it.
    private func append(_ end: TransactionEnd, epoch: LeaderEpoch) -> Appended {
        guard name.topic != InternalTopics.offsets || isCoordinated else {
            return .refused(.failure(.notLeaderOrFollower))
        }
        let bytes = RecordBatchBuilder.endTransaction(
            end.marker, producerID: end.producerID, producerEpoch: end.producerEpoch,
            timestamp: shard.loop.wallTime)
        let batch: RecordBatchView
        do throws(RecordBatchError) {
            batch = try RecordBatchView(bytes, at: 0)
        } catch {
            preconditionFailure("a marker was just built: \(error)")
        }
        let appended = append(batch, epoch: epoch, origin: .coordinator, mustStartAtZero: false)
        if case .appended(_, let required) = appended {
            coordinator?.transactionEnded(end, requiredOffset: required)
        }
        return appended
    }

    /// Whether the coordinator of the groups that live here serves.
    private var isCoordinated: Bool { coordinator.map { $0.refusal == nil } ?? false }

    private func append(
        _ batch: RecordBatchView, epoch: LeaderEpoch, origin: AppendOrigin, mustStartAtZero: Bool
    ) -> Appended {
        var batch = batch
        var outcome = ProduceOutcome()
        do throws(LogError) {
            switch try log.append(
                &batch, epoch: epoch, origin: origin, mustStartAtZero: mustStartAtZero,
                now: shard.loop.wallTime)
            {
            case .appended(let result):
                outcome.baseOffset = result.firstOffset
                outcome.logAppendTime = result.logAppendTime
                outcome.logStartOffset = result.logStartOffset
                appendedAsLeader(bytes: result.bytes, records: Int(batch.header.recordCount))
                return .appended(outcome, requiredOffset: result.lastOffset.next)
            case .duplicate(let earlier):
                outcome.baseOffset = earlier.firstOffset
                outcome.logStartOffset = log.logStartOffset
                return .appended(outcome, requiredOffset: earlier.lastOffset.next)
            }
        } catch {
            return .refused(failed(error))
        }
    }

    private func appendedAsLeader(bytes: Int, records: Int) {
        let end = log.logEndOffset
        leader?.appended(upTo: end)
        shard.metrics.appended(topic: name.topic, bytes: bytes, records: records)
        syncIfNeeded()
        fetchWatches.fireFollowers()
    }

    /// A failed append: a full disk is waited for, a broken one takes the directory offline, the rest is the
    /// batch's.
    private func failed(_ error: LogError) -> ProduceOutcome {
        switch error {
        case .batchTooLarge: return .failure(.recordListTooLarge, error.description)
        case .producer(let fault): return .failure(fault.errorCode, error.description)
        case .corruptBatch: return .failure(.corruptMessage, error.description)
        case .file, .damagedTail, .corruptFile, .topicIDMismatch, .closed:
            storageFailed(error)
            return .failure(.kafkaStorageError, error.description)
        case .offsetOutOfRange, .unexpectedOffset, .epochGoesBack, .unexpectedEpoch:
            preconditionFailure("a leader assigns offsets and epochs itself: \(error)")
        }
    }

    /// Records a follower fetched. Returns false if they do not continue its log: fetch anew.
    func appendFetched(_ records: SharedBytes) throws(LogError) {
        guard !records.isEmpty, !isFrozen else { return }
        guard !directory.isFull else { throw directory.noSpace }
        defer {
            // A disk that became full on the way may have taken the first of several segments.
            follower?.appended(upTo: log.logEndOffset)
            syncIfNeeded()
        }
        _ = try log.append(replicated: records, now: shard.loop.wallTime)
        shard.metrics.replicatedIn(bytes: records.count)
        // Consumers wait for the high watermark only, and nobody fetches from a follower.
    }
}

extension ProduceOutcome {
    /// The producer's mistake, with the records it lies in (KIP-467).
    init(_ error: BatchRejection) {
        self.init()
        self.error = error.errorCode
        message = error.message
        recordErrors = error.recordRejections.map {
            RecordError(batchIndex: Int32($0.index), message: $0.message)
        }
    }
}
