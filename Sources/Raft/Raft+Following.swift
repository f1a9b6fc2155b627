import Bytes
package import Model

/// The follower's side of replication: what a Fetch or FetchSnapshot brought.
extension Raft {
    mutating func fetchAnswered(
        _ answer: Response.FetchResponse, to fetch: Request.FetchRequest, from peer: Peer,
        now: Instant, _ effects: inout [Effect]
    ) {
        guard case .follower(let state) = role, fetch.term == term else { return }
        guard peer == .replica(state.leader), answer.standing.term == term else { return }
        guard answer.error == .none else {
            if answer.error == .notLeaderOrFollower || answer.error == .brokerNotAvailable {
                // It says itself that it leads no more: it was restarted, or is going.
                doubtLeader(now: now)
            }
            return
        }
        guard fetch.offset == log.end, fetch.lastEpoch == log.lastEpoch else { return }
        guard !state.isAppending, state.download == nil else { return }
        leaderAnswered(now: now)
        switch answer.outcome {
        case .records(let bytes) where bytes.isEmpty:
            followHighWatermark(answer.highWatermark, &effects)
        case .records(let bytes):
            changeFollower { follower in
                follower.isAppending = true
                follower.toldHighWatermark = answer.highWatermark
            }
            effects.append(.appendFetched(bytes, at: log.end, term: term))
        case .diverging(let end): truncate(towards: end, peer: peer, now: now, &effects)
        case .snapshot(let id): beginDownload(of: id, peer: peer, now: now, &effects)
        }
    }

    private mutating func leaderAnswered(now: Instant) {
        let deadline = now + configuration.fetchTimeout
        changeFollower { follower in
            follower.fetchDeadline = deadline
            follower.hasFetched = true
            follower.isSuspicious = false
        }
    }

    /// What the leader has committed is committed here as far as it is here.
    mutating func followHighWatermark(_ told: Offset, _ effects: inout [Effect]) {
        let reached = min(told, log.end)
        guard reached > highWatermark ?? Offset.none else { return }
        highWatermark = reached
        effects.append(.highWatermarkAdvanced(to: reached))
    }

    /// What the driver was to append is damaged or does not fit; nothing of it was written.
    package mutating func fetchedRecordsRefused(now: Instant, _ effects: inout [Effect]) {
        defer { assertInvariants() }
        guard case .follower(let state) = role else { return }
        changeFollower { $0.isAppending = false }
        links.rest(.replica(state.leader), until: now + configuration.retryBackoff)
        settle(now: now, &effects)
    }

    /// Below this nothing may be cut: it is committed, or only in a snapshot.
    private var committedFloor: Offset {
        max(highWatermark ?? .zero, max(log.start, log.latestSnapshot?.id.offset ?? .zero))
    }

    private mutating func truncate(
        towards end: OffsetAndEpoch, peer: Peer, now: Instant, _ effects: inout [Effect]
    ) {
        let target = log.truncationPoint(end)
        guard target >= committedFloor, target < log.end else {
            // A leader that lacks what is committed, or does not see that the logs agree, is broken.
            effects.append(
                .report(
                    .truncationBelowHighWatermark(to: target, highWatermark: committedFloor)))
            links.rest(peer, until: now + configuration.retryBackoff)
            return
        }
        log.truncate(to: target)
        effects.append(.truncate(to: target))
    }

    // MARK: Snapshots

    private mutating func beginDownload(
        of id: OffsetAndEpoch, peer: Peer, now: Instant, _ effects: inout [Effect]
    ) {
        guard id.offset > .zero, id.offset >= committedFloor, id.epoch >= .zero,
            id.epoch.rawValue <= term.rawValue
        else {
            effects.append(
                .report(.snapshotBelowHighWatermark(id, highWatermark: committedFloor)))
            links.rest(peer, until: now + configuration.retryBackoff)
            return
        }
        changeFollower { $0.download = Follower.Download(id: id, position: 0) }
        effects.append(.beginSnapshot(id))
    }

    mutating func snapshotAnswered(
        _ answer: Response.FetchSnapshotResponse, to fetch: Request.FetchSnapshotRequest,
        from peer: Peer, now: Instant, _ effects: inout [Effect]
    ) {
        guard case .follower(let state) = role, fetch.term == term else { return }
        guard peer == .replica(state.leader), answer.standing.term == term else { return }
        guard let download = state.download, download.id == fetch.id, !download.isComplete else {
            return
        }
        switch answer.error {
        case .none: break
        case .notLeaderOrFollower, .brokerNotAvailable: return doubtLeader(now: now)
        case .snapshotNotFound, .positionOutOfRange: return abandonDownload(&effects)
        default: return
        }
        let count = Int64(answer.bytes.count)
        guard answer.id == download.id, answer.position == download.position, count > 0,
            answer.size >= count, answer.position <= answer.size - count
        else {
            links.rest(peer, until: now + configuration.retryBackoff)
            return abandonDownload(&effects)
        }
        leaderAnswered(now: now)
        effects.append(
            .writeSnapshot(download.id, position: download.position, answer.bytes))
        let isComplete = answer.position + count == answer.size
        changeFollower { follower in
            follower.download?.position += count
            follower.download?.isComplete = isComplete
        }
        if isComplete {
            effects.append(.installSnapshot(download.id, size: answer.size))
        }
    }

    private mutating func abandonDownload(_ effects: inout [Effect]) {
        guard case .follower(let state) = role, let download = state.download else { return }
        changeFollower { $0.download = nil }
        effects.append(.abandonSnapshot(download.id))
    }

    /// The driver replaced the log by the snapshot that was received: start, end and high watermark are its
    /// end.
    package mutating func snapshotInstalled(
        _ snapshot: LogShape.Snapshot, membership: SnapshotMembership, now: Instant,
        _ effects: inout [Effect]
    ) {
        defer { assertInvariants() }
        guard case .follower(let state) = role, state.download?.id == snapshot.id else {
            preconditionFailure("no event comes between the last slice and the installation")
        }
        precondition(snapshot.id.offset >= highWatermark ?? .zero, "nothing committed is lost")
        log.restart(at: snapshot, membership: membership)
        changeFollower { $0.download = nil }
        followHighWatermark(snapshot.id.offset, &effects)
        settle(now: now, &effects)
    }

    /// What was received is damaged; the file is gone again.
    package mutating func snapshotRefused(now: Instant, _ effects: inout [Effect]) {
        defer { assertInvariants() }
        guard case .follower(let state) = role else { return }
        changeFollower { $0.download = nil }
        links.rest(.replica(state.leader), until: now + configuration.retryBackoff)
        settle(now: now, &effects)
    }
}
