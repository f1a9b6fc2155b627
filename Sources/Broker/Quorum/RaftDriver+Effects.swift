internal import Bytes
internal import LogStorage
internal import Model
internal import Ports
internal import Raft
internal import Records
internal import Telemetry

extension RaftDriver {
    /// Does one thing that the mind decided. What must wait for the disk suspends the driver.
    func perform(_ effect: Raft.Effect) {
        switch effect {
        case .persist(let state): persist(state)
        case .send(let id, let peer, let address, let request): send(id, peer, address, request)
        case .cancel(_, let peer): peers.removeValue(forKey: peer)?.close()
        case .reply(let token, let response): reply(token, response, .empty)
        case .replyWithRecords(let token, let response, let range, let maxBytes):
            reply(token, .fetch(response), read(range, maxBytes))
        case .replyWithSnapshot(let token, let response, let range):
            replyWithSnapshot(token, response, range)
        case .appendLeaderChange(let change): append(change)
        case .appendVoters(let record): append(record)
        case .appendFetched(let bytes, let base, let term): append(bytes, at: base, term)
        case .truncate(let end): truncate(to: end)
        case .beginSnapshot, .writeSnapshot, .installSnapshot, .abandonSnapshot:
            performDownload(effect)
        case .highWatermarkAdvanced: break  // told once nothing is left to perform
        case .leadershipChanged(let leadership):
            node.log.info(
                "quorumLeaderChanged",
                [
                    "leader": leadership.leader?.rawValue ?? -1, "term": leadership.term.rawValue,
                ])
            if let leader = leadership.leader, leader != raft.configuration.id {
                leaderContact.follows(leader)
            }
            listener?.leadershipChanged(leadership, address: raft.leaderAddress)
        case .report(let report): self.report(report)
        }
    }

    // MARK: Votes

    /// Votes are durable before they leave the machine (Raft §5): nothing goes on until the file is.
    private func persist(_ state: ElectionState) {
        let text = state.encoded(
            dataVersion: raft.log.voters.kraftVersion, voters: raft.voters.voters.map(\.key.id))
        suspend()
        let (files, reserve) = (store.files, store.reserve)
        let bound = LoopBound(self, on: loop)
        flusher.perform {
            let failure: LogError?
            do throws(LogError) {
                let state = SharedBytes(utf8: text)
                if let reserve {
                    try reserve.backing { () throws(LogError) in try files.writeQuorumState(state) }
                } else {
                    try files.writeQuorumState(state)
                }
                failure = nil
            } catch {
                failure = error
            }
            let outcome = failure
            bound.post { driver in
                if let outcome {
                    driver.fail("\(outcome)")
                } else {
                    driver.resume()
                }
            }
        }
    }

    // MARK: The log

    private func append(_ change: Raft.LeaderChange) {
        let version = change.bootstrap?.kraftVersion ?? raft.log.voters.kraftVersion
        var controls = [
            (ControlRecordType.leaderChange, MetadataBatches.value(change, kraftVersion: version))
        ]
        if let bootstrap = change.bootstrap {
            controls.append((.kraftVersion, MetadataBatches.value(bootstrap.kraftVersion)))
            controls.append((.kraftVoters, MetadataBatches.value(bootstrap.voters)))
        }
        let batch = MetadataBatches.control(
            controls, from: store.log.logEndOffset, term: change.term, timestamp: loop.wallTime)
        do throws(LogError) {
            let run = try write([batch])
            handleFirst { raft, now, effects in raft.appended(run, now: now, &effects) }
        } catch {
            fail("\(error)")
        }
    }

    /// A full disk changes nothing: whoever asked for the change is told.
    private func append(_ record: Raft.VotersRecord) {
        var controls: [(ControlRecordType, SharedBytes)] = []
        if let version = record.kraftVersion {
            controls.append((.kraftVersion, MetadataBatches.value(version)))
        }
        controls.append((.kraftVoters, MetadataBatches.value(record.voters)))
        let batch = MetadataBatches.control(
            controls, from: store.log.logEndOffset, term: raft.term, timestamp: loop.wallTime)
        let voters = record.voters.voters.map { "\($0.key)" }.joined(separator: ",")
        node.log.info(
            "votersProposed", ["voters": voters, "offset": store.log.logEndOffset.rawValue])
        do throws(LogError) {
            let run = try write([batch])
            handleFirst { raft, now, effects in raft.appended(run, now: now, &effects) }
        } catch  where error.isNoSpace {
            node.log.warn("votersNotWritten", ["cause": "\(error)"])
            handleFirst { raft, now, effects in raft.votersNotAppended(now: now, &effects) }
        } catch {
            fail("\(error)")
        }
    }

    /// What a fetch brought. The leader's word is checked: order, checksums, epochs, control records.
    private func append(_ bytes: SharedBytes, at base: Offset, _ term: Term) {
        let run: AppendedRun
        do throws(MetadataBatchError) {
            let batches = try MetadataBatches.split(bytes)
            guard let read = try MetadataBatches.run(of: batches), read.base == base,
                raft.log.accepts(read, in: term)
            else { throw .malformed(base) }
            run = read
        } catch {
            refuseFetched("\(error)")
            return
        }
        do throws(LogError) {
            try appendWhole(bytes)
            handleFirst { raft, now, effects in raft.appended(run, now: now, &effects) }
        } catch .unexpectedOffset, .epochGoesBack, .corruptBatch, .batchTooLarge {
            // The leader's fault, not the disk's: nothing was written.
            refuseFetched("the log refused what the leader sent")
        } catch  where error.isNoSpace {
            // Even the reserve is used up: it is fetched again until there is room.
            refuseFetched("\(error)")
        } catch {
            fail("\(error)")
        }
    }

    /// Appends batches to the log: all of them, or none.
    func appendWhole(_ bytes: SharedBytes) throws(LogError) {
        let log = store.log
        let (end, now) = (log.logEndOffset, loop.wallTime)
        do throws(LogError) {
            _ = try store.backed { () throws(LogError) in
                // What a first attempt wrote before a segment ended is not written twice.
                if log.logEndOffset > end { try log.truncate(to: end, now: now) }
                return try log.append(replicated: bytes, now: now)
            }
        } catch {
            if error.isNoSpace, log.logEndOffset > end { try log.truncate(to: end, now: now) }
            throw error
        }
    }

    private func refuseFetched(_ cause: String) {
        node.log.warn("fetchedMetadataRefused", ["cause": cause])
        handleFirst { raft, now, effects in raft.fetchedRecordsRefused(now: now, &effects) }
    }

    private func truncate(to end: Offset) {
        precondition(end >= toldEnd, "what was told is never taken back")
        node.log.info(
            "metadataTruncated",
            ["from": store.log.logEndOffset.rawValue, "to": end.rawValue])
        do throws(LogError) {
            _ = try store.log.truncate(to: end, now: loop.wallTime)
        } catch {
            fail("\(error)")
        }
    }

    private func read(_ range: Range<Offset>, _ maxBytes: Int) -> SharedBytes {
        guard !range.isEmpty else { return .empty }
        do throws(LogError) {
            return try store.log.read(
                from: range.lowerBound, upTo: range.upperBound, maxBytes: maxBytes,
                minOneBatch: true
            ).load()
        } catch {
            fail("\(error)")
            return .empty
        }
    }

    // MARK: Words for an operator

    private func report(_ report: Raft.Report) {
        switch report {
        case .roleChanged(let from, let to, let term):
            node.log.info(
                "quorumRoleChanged", ["from": "\(from)", "to": "\(to)", "term": term.rawValue])
            metrics.roleChanged(to: "\(to)")
        case .quorumLost(let term):
            node.log.warn("quorumLost", ["term": term.rawValue])
        case .conflictingLeaders(let term, let known, let claimed):
            node.log.error(
                "conflictingLeaders",
                ["term": term.rawValue, "known": known.rawValue, "claimed": claimed.rawValue])
        case .truncationBelowHighWatermark(let to, let highWatermark):
            node.log.error(
                "truncationRefused",
                ["to": to.rawValue, "highWatermark": highWatermark.rawValue])
        case .snapshotBelowHighWatermark(let id, let highWatermark):
            node.log.error(
                "snapshotOlderThanCommitted",
                ["offset": id.offset.rawValue, "highWatermark": highWatermark.rawValue])
        }
    }
}
