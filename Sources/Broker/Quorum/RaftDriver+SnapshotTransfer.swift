internal import Bytes
internal import LogStorage
internal import Model
internal import Ports
internal import Raft
internal import Telemetry

/// Snapshots given to followers and taken from the leader. What waits for the disk runs on its thread.
extension RaftDriver {
    // MARK: Given

    func replyWithSnapshot(
        _ token: Raft.RequestToken, _ response: Raft.Response.FetchSnapshotResponse,
        _ range: Range<Int64>
    ) {
        let (files, log) = (store.files, node.log)
        let bound = LoopBound(self, on: loop)
        flusher.perform {
            var bytes: SharedBytes?
            do throws(LogError) {
                let reader = try MetadataStore.reader(of: response.id, in: files)
                defer { reader.file.close() }
                if range.lowerBound <= reader.size {
                    bytes = try reader.read(at: range.lowerBound, count: range.count)
                }
            } catch {
                log.warn("snapshotNotRead", ["snapshot": files.path(response.id), "cause": error])
            }
            let read = bytes
            bound.post { $0.give(read, token, response) }
        }
    }

    private func give(
        _ bytes: SharedBytes?, _ token: Raft.RequestToken,
        _ response: Raft.Response.FetchSnapshotResponse
    ) {
        if let bytes {
            reply(token, .fetchSnapshot(response), bytes)
            return
        }
        // It went while it was asked for: the follower starts over with a Fetch.
        let refusal = Raft.Response.FetchSnapshotResponse(
            error: .snapshotNotFound, standing: response.standing, id: response.id)
        reply(token, .fetchSnapshot(refusal), .empty)
    }

    // MARK: Taken

    func performDownload(_ effect: Raft.Effect) {
        do throws(LogError) {
            switch effect {
            case .beginSnapshot(let id): try store.beginDownload(id)
            case .writeSnapshot(_, let position, let bytes):
                try store.writeDownload(bytes, at: position)
            case .abandonSnapshot: try store.abandonDownload()
            case .installSnapshot: install()
            default: preconditionFailure("only snapshots come here")
            }
        } catch {
            fail("\(error)")
        }
    }

    /// Checks and syncs what was received off the loop; the mind hears of nothing else meanwhile.
    private func install() {
        let received = store.finishDownload()
        suspend()
        let files = store.files
        let bound = LoopBound(self, on: loop)
        flusher.perform {
            let outcome: Result<MetadataSnapshot, MetadataStoreError>
            do throws(MetadataStoreError) {
                outcome = .success(try MetadataStore.adopt(received, from: files))
            } catch {
                outcome = .failure(error)
            }
            bound.post { $0.adopted(outcome) }
        }
    }

    private func adopted(_ outcome: Result<MetadataSnapshot, MetadataStoreError>) {
        guard !isStopped else { return }
        switch outcome {
        case .success(let snapshot):
            do throws(LogError) {
                try store.log.truncateFully(andStartAt: snapshot.id.offset, now: loop.wallTime)
            } catch {
                fail("\(error)")
                return
            }
            node.log.info(
                "snapshotInstalled",
                ["offset": snapshot.id.offset.rawValue, "records": snapshot.records.count])
            let (file, membership) = (snapshot.file, snapshot.membership)
            toldSnapshot(snapshot)
            handleFirst { raft, now, effects in
                raft.snapshotInstalled(file, membership: membership, now: now, &effects)
            }
        case .failure(.damaged(let path, let cause)):
            node.log.warn("snapshotRefused", ["path": path, "cause": cause])
            handleFirst { raft, now, effects in raft.snapshotRefused(now: now, &effects) }
        case .failure(let error):
            fail("\(error)")
            return
        }
        resume()
    }
}
