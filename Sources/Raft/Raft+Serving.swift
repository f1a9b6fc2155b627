import Bytes
package import Model

/// The leader's side of replication: Fetch, FetchSnapshot, high watermark, check-quorum.
extension Raft {
    mutating func fetchRequested(
        _ fetch: Request.FetchRequest, token: RequestToken, now: Instant, wallTime: Timestamp,
        _ effects: inout [Effect]
    ) {
        if let error = errorOfFetch(fetch) {
            effects.append(.reply(token, .fetch(refusal(error))))
            return
        }
        switch log.compare(offset: fetch.offset, epoch: fetch.lastEpoch) {
        case .needsSnapshot(let id):
            heard(from: fetch.replica, now: now)
            effects.append(.reply(token, .fetch(answer(.snapshot(id)))))
        case .diverges(let end):
            heard(from: fetch.replica, now: now)
            effects.append(.reply(token, .fetch(answer(.diverging(end)))))
        case .isPrefix:
            heard(from: fetch.replica, now: now)
            note(fetch, now: now, wallTime: wallTime)
            raiseHighWatermark(&effects)
            answerOrPark(fetch, token: token, now: now, &effects)
        }
    }

    private func errorOfFetch(_ fetch: Request.FetchRequest) -> ErrorCode? {
        guard fetch.offset >= .zero, fetch.lastEpoch >= .zero, fetch.maxWait >= .zero else {
            return .invalidRequest
        }
        guard fetch.lastEpoch.rawValue <= fetch.term.rawValue || fetch.term < .zero else {
            return .invalidRequest
        }
        return errorOfLeaderRequest(term: fetch.term, sender: fetch.replica.id)
    }

    private func answer(_ outcome: Response.FetchResponse.Outcome) -> Response.FetchResponse {
        Response.FetchResponse(
            standing: standing, highWatermark: toldHighWatermark, logStart: log.start,
            outcome: outcome)
    }

    /// A leader's high watermark speaks for its term only once something of the term is committed.
    private var toldHighWatermark: Offset {
        hasCommittedInTerm ? highWatermark ?? Offset.none : .none
    }

    private mutating func answerOrPark(
        _ fetch: Request.FetchRequest, token: RequestToken, now: Instant,
        _ effects: inout [Effect]
    ) {
        guard case .leader(let state) = role else {
            preconditionFailure("only a leader serves a Fetch")
        }
        let hasRoom = state.parked.count < Limit.parkedFetches
        if hasNews(for: fetch) || fetch.maxWait == .zero || !hasRoom {
            reply(to: fetch, token: token, &effects)
        } else {
            let deadline = now + min(fetch.maxWait, Limit.parkedWait)
            changeLeader {
                $0.parked.append(.init(token: token, request: fetch, deadline: deadline))
            }
        }
    }

    private func hasNews(for fetch: Request.FetchRequest) -> Bool {
        if fetch.offset < log.end { return true }
        guard let known = fetch.highWatermark else { return false }
        return toldHighWatermark > known
    }

    private func reply(
        to fetch: Request.FetchRequest, token: RequestToken, _ effects: inout [Effect]
    ) {
        let answer = answer(.records(.empty))
        guard fetch.offset < log.end else {
            effects.append(.reply(token, .fetch(answer)))
            return
        }
        let maxBytes = max(1, min(fetch.maxBytes, configuration.fetchBytesMax))
        effects.append(
            .replyWithRecords(token, answer, fetch.offset..<log.end, maxBytes: maxBytes))
    }

    /// After an append or a move of the high watermark.
    private mutating func answerParked(_ effects: inout [Effect]) {
        guard case .leader(let state) = role, !state.parked.isEmpty else { return }
        let parked = state.parked
        changeLeader { $0.parked.removeAll(keepingCapacity: true) }
        for fetch in parked {
            if hasNews(for: fetch.request) {
                reply(to: fetch.request, token: fetch.token, &effects)
            } else {
                changeLeader { $0.parked.append(fetch) }
            }
        }
    }

    mutating func expireParked(now: Instant, _ effects: inout [Effect]) {
        guard case .leader(let state) = role else { return }
        for fetch in state.parked where fetch.deadline <= now {
            reply(to: fetch.request, token: fetch.token, &effects)
        }
        changeLeader { $0.parked.removeAll { $0.deadline <= now } }
    }

    // MARK: Who fetches, and how far

    /// Restarts the check-quorum timer when a majority has been heard from.
    private mutating func heard(from replica: ReplicaKey, now: Instant) {
        guard let voter = voters[replica.id], voter.matches(replica) else { return }
        let needed = voters.majority - (isVoter ? 1 : 0)
        let voters = self.voters
        let timeout = checkQuorumTimeout
        changeLeader { leader in
            leader.untold.removeAll { $0 == replica.id }
            if !leader.recentFetchers.contains(replica.id) {
                leader.recentFetchers.append(replica.id)
            }
            let heardFrom = leader.recentFetchers.count(where: { voters[$0] != nil })
            guard heardFrom >= needed else { return }
            leader.recentFetchers.removeAll(keepingCapacity: true)
            if leader.checkQuorumDeadline != .distantFuture {
                leader.checkQuorumDeadline = now + timeout
            }
        }
    }

    /// Records the promise in a Fetch. Consumers promise nothing.
    private mutating func note(
        _ fetch: Request.FetchRequest, now: Instant, wallTime: Timestamp
    ) {
        guard fetch.replica.id.rawValue >= 0 else { return }
        let leaderEnd = log.end
        let voters = self.voters
        changeLeader { leader in
            leader.forgetSilentObservers(except: voters, now: now)
            guard let at = leader.index(of: fetch.replica) else { return }
            leader.replicas[at].fetched(
                at: fetch.offset, leaderEnd: leaderEnd, now: now, wallTime: wallTime)
        }
    }

    /// The largest offset that a majority holds on disk, this replica counted up to its durable end, but only
    /// if that commits something of this term (Raft §5.4.2).
    mutating func raiseHighWatermark(_ effects: inout [Effect]) {
        guard case .leader(let state) = role, !voters.voters.isEmpty else { return }
        var ends = voters.voters.map { voter in
            voter.matches(key) ? log.durableEnd : state.progress(of: voter)?.logEnd ?? .none
        }
        ends.sort(by: >)
        let candidate = ends[ends.count / 2]
        guard candidate > state.epochStart, candidate > highWatermark ?? Offset.none else { return }
        precondition(candidate <= log.end, "followers hold no more than their leader")
        highWatermark = candidate
        changeLeader { $0.hasCommitted = true }
        effects.append(.highWatermarkAdvanced(to: candidate))
        changeCommitted(&effects)
        answerParked(&effects)
    }

    // MARK: The own log

    /// The driver wrote batches: as leader its own, as follower what a Fetch brought.
    package mutating func appended(
        _ run: AppendedRun, now: Instant, _ effects: inout [Effect]
    ) {
        defer { assertInvariants() }
        log.append(run)
        precondition(log.lastEpoch.rawValue <= term.rawValue, "no record is of a later term")
        switch role {
        case .leader:
            precondition(log.lastEpoch.rawValue == term.rawValue, "a leader writes in its term")
            if !run.voterSets.isEmpty { votersWritten(now: now, &effects) }
            answerParked(&effects)
        case .follower(let state):
            precondition(state.isAppending, "a follower writes what it fetched")
            changeFollower { $0.isAppending = false }
            followHighWatermark(state.toldHighWatermark, &effects)
        case .unattached, .prospective, .candidate, .resigned:
            preconditionFailure("only leaders and followers write")
        }
        settle(now: now, &effects)
    }

    /// A sync ended that began with this mark.
    package mutating func synced(
        _ mark: SyncMark, now: Instant, _ effects: inout [Effect]
    ) {
        defer { assertInvariants() }
        log.synced(mark)
        raiseHighWatermark(&effects)
        settle(now: now, &effects)
    }

    // MARK: Snapshots

    mutating func snapshotRequested(
        _ fetch: Request.FetchSnapshotRequest, token: RequestToken, now: Instant,
        _ effects: inout [Effect]
    ) {
        if let error = errorOfLeaderRequest(term: fetch.term, sender: fetch.replica.id) {
            effects.append(.reply(token, refusal(of: .fetchSnapshot(fetch), error)))
            return
        }
        heard(from: fetch.replica, now: now)
        guard let snapshot = log.snapshots.first(where: { $0.id == fetch.id }) else {
            effects.append(.reply(token, refusal(of: .fetchSnapshot(fetch), .snapshotNotFound)))
            return
        }
        guard fetch.position >= 0, fetch.position < snapshot.bytes else {
            effects.append(
                .reply(token, refusal(of: .fetchSnapshot(fetch), .positionOutOfRange)))
            return
        }
        let count = Int64(max(1, min(fetch.maxBytes, configuration.fetchBytesMax)))
        let end = min(snapshot.bytes, fetch.position + count)
        let answer = Response.FetchSnapshotResponse(
            standing: standing, id: snapshot.id, size: snapshot.bytes, position: fetch.position)
        effects.append(.replyWithSnapshot(token, answer, fetch.position..<end))
    }

    /// The driver finished a snapshot of what is committed here.
    package mutating func snapshotCreated(_ snapshot: LogShape.Snapshot) {
        defer { assertInvariants() }
        precondition(
            snapshot.id.offset <= highWatermark ?? Offset.none,
            "only what is committed is in a snapshot")
        log.addSnapshot(snapshot)
    }

    /// The driver deleted old snapshots and the log below `start`; `oldest` is the oldest snapshot left.
    package mutating func logStartAdvanced(to start: Offset, oldest: OffsetAndEpoch) {
        defer { assertInvariants() }
        log.advanceStart(to: start, oldest: oldest)
    }
}

extension Leader {
    func progress(of voter: VoterSet.Voter) -> ReplicaProgress? {
        replicas.first { voter.matches($0.key) }
    }

    /// Where `key` is kept account of; made if need be. Nil if there are too many already.
    fileprivate mutating func index(of key: ReplicaKey) -> Int? {
        if let at = replicas.firstIndex(where: { $0.key == key }) { return at }
        guard replicas.count < Raft.Limit.observers else { return nil }
        let at = replicas.firstIndex { $0.key.id > key.id } ?? replicas.endIndex
        replicas.insert(ReplicaProgress(key: key), at: at)
        return at
    }

    fileprivate mutating func forgetSilentObservers(except voters: VoterSet, now: Instant) {
        let silentSince = now - Raft.Limit.observerSilence
        replicas.removeAll { $0.lastFetch <= silentSince && !voters.contains($0.key) }
    }
}
