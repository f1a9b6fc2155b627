internal import Bytes
internal import Controller
internal import InternalRecords
internal import LogStorage
internal import Metadata
internal import Model
internal import Ports
internal import Raft
internal import Records
internal import Telemetry
internal import Wire

/// The application's side: records become batches of the log.
extension RaftDriver {
    /// Why records were not appended.
    enum ProposeError: Error {
        case notLeader
        case overloaded
        case unencodable(EncodeError)
        case log(LogError)
    }

    /// Appends records as the leader of `term` and answers the offset of the last. They are told by
    /// `committed` once a majority holds them.
    ///
    /// - Parameter versions: those that every node of the cluster reads.
    func propose(
        _ records: [MetadataRecord], versions: RecordVersions = .newest, in term: Term
    ) throws(ProposeError) -> Offset {
        guard !isSuspended, !isStopped, raft.isLeader, raft.term == term else { throw .notLeader }
        precondition(!isRunning, "the application is called only when nothing is left to perform")
        precondition(!records.isEmpty, "an append brings something")
        let batches: [SharedBytes]
        do throws(EncodeError) {
            batches = try MetadataBatches.encode(
                records, in: versions, from: store.log.logEndOffset, term: term,
                timestamp: loop.wallTime)
        } catch {
            throw .unencodable(error)
        }
        do throws(LogError) {
            let run = try write(batches)
            handleFirst { raft, now, effects in raft.appended(run, now: now, &effects) }
            return run.end - 1
        } catch {
            // A full disk, its reserve used up: the log is as it was, and the application may try again.
            if !error.isNoSpace { fail("\(error)") }
            throw .log(error)
        }
    }

    /// Writes prepared batches at the log's end.
    func write(_ batches: [SharedBytes]) throws(LogError) -> AppendedRun {
        var views: [RecordBatchView] = []
        let end = store.log.logEndOffset
        for bytes in batches {
            do throws(LogError) {
                try appendWhole(bytes)
            } catch {
                if error.isNoSpace, store.log.logEndOffset > end {
                    try store.log.truncate(to: end, now: loop.wallTime)
                }
                throw error
            }
            do throws(RecordBatchError) {
                views.append(try RecordBatchView(bytes))
            } catch {
                throw .corruptBatch(error)
            }
        }
        do throws(MetadataBatchError) {
            guard let run = try MetadataBatches.run(of: views) else {
                preconditionFailure("an append brings something")
            }
            return run
        } catch {
            preconditionFailure("batches made here can be read: \(error)")
        }
    }

    /// Offset that the next record gets.
    var logEndOffset: Offset { store.log.logEndOffset }
}

extension RaftDriver: RecordLog {
    var quorumMembership: QuorumMembership {
        QuorumMembership(
            kraftVersion: raft.log.voters.kraftVersion, voters: raft.voters.voters.map(\.key.id),
            upgradeRefusal: raft.refusalOfUpgrade(to: raft.log.voters.kraftVersion + 1)
                .map { $0.message ?? $0.error.name })
    }

    func raiseKRaftVersion(to level: Int16) -> Result<Offset, ControllerError> {
        guard !isSuspended, !isStopped else { return .failure(ControllerDriver.notController) }
        precondition(!isRunning, "the application is called only when nothing is left to perform")
        if let refusal = raft.refusalOfUpgrade(to: level) {
            return .failure(ControllerError(refusal.error, refusal.message ?? refusal.error.name))
        }
        handleFirst { raft, now, effects in
            raft.raiseKRaftVersion(to: level, now: now, &effects)
        }
        guard raft.log.voters.kraftVersion == level else {
            return .failure(ControllerError(.kafkaStorageError, "The metadata log takes nothing"))
        }
        return .success(store.log.logEndOffset - 1)
    }

    func append(
        _ records: [MetadataRecord], versions: RecordVersions, in term: Term
    ) -> Offset? {
        do throws(ProposeError) {
            return try propose(records, versions: versions, in: term)
        } catch {
            node.log.info("recordsNotAppended", ["cause": "\(error)"])
            return nil
        }
    }
}
