package import Model

/// The leader's side of a change of who votes (KIP-853): one voter at a time, so that the majorities before
/// and after always share a member (Raft §6, and Ongaro's dissertation §4.1).
///
/// A change begins only when something of this term is committed, and no set written before is still in doubt:
/// without the first, two leaders could each have written a set that the other does not know of.
extension Raft {
    mutating func additionRequested(
        _ add: Request.AddVoterRequest, token: RequestToken, now: Instant,
        _ effects: inout [Effect]
    ) {
        if let refusal = refusalAsLeader() ?? refusal(of: add) ?? refusalOfChange()
            ?? refusalOfNewcomer(add.voter)
        {
            effects.append(.reply(token, .change(refusal)))
            return
        }
        let peer = Peer.replica(add.voter.id)
        guard let address = defaultAddress(in: add.endpoints), links.inFlight(to: peer) == nil
        else {
            let refusal = changeRefusal(.requestTimedOut, "Voter \(add.voter) cannot be asked yet")
            effects.append(.reply(token, .change(refusal)))
            return
        }
        let patience = add.timeout > .zero ? add.timeout : configuration.requestTimeout
        begin(
            .asking(add.voter, endpoints: add.endpoints), token: token,
            waitsForCommit: add.waitsForCommit,
            deadline: now + min(patience, configuration.requestTimeout))
        send(.features, to: peer, at: address, now: now, &effects)
    }

    mutating func removalRequested(
        _ remove: Request.RemoveVoterRequest, token: RequestToken, now: Instant,
        _ effects: inout [Effect]
    ) {
        if let refusal = refusalAsLeader() ?? refusalOfKey(remove.voter) ?? refusalOfChange()
            ?? refusalOfRemoval(remove.voter)
        {
            effects.append(.reply(token, .change(refusal)))
            return
        }
        let record = VotersRecord(voters: voters.removing(remove.voter), kraftVersion: nil)
        begin(
            .proposed(record), token: token, waitsForCommit: true,
            deadline: now + configuration.requestTimeout)
    }

    mutating func updateRequested(
        _ update: Request.UpdateVoterRequest, token: RequestToken, now: Instant,
        _ effects: inout [Effect]
    ) {
        let error = errorOfLeaderRequest(term: update.term, sender: update.voter.key.id)
        let refusal =
            error.map { changeRefusal($0) } ?? refusalOfKey(update.voter.key)
            ?? refusalOfEarliness() ?? refusal(of: update.voter)
        if let refusal {
            effects.append(.reply(token, .change(refusal)))
            return
        }
        if log.voters.kraftVersion == 0 {
            changeLeader { $0.announced(update.voter) }
        } else if let updated = voters.updating(update.voter) {
            if let refusal = refusalOfChange() {
                effects.append(.reply(token, .change(refusal)))
                return
            }
            return begin(
                .proposed(VotersRecord(voters: updated, kraftVersion: nil)), token: token,
                waitsForCommit: false, deadline: now + configuration.requestTimeout)
        }
        effects.append(.reply(token, .change(.init(standing: standing))))
    }

    /// What the newcomer supports is known: the last questions before the set is written.
    mutating func featuresAnswered(
        _ answer: Response.FeaturesResponse, from peer: Peer, now: Instant,
        _ effects: inout [Effect]
    ) {
        guard case .leader(let state) = role, let change = state.change,
            case .asking(let newcomer, let endpoints) = change.step,
            peer == .replica(newcomer.id)
        else { return }
        guard answer.error == .none else {
            return endChange(
                .requestTimedOut, "Voter \(newcomer) answered ApiVersions with \(answer.error)",
                &effects)
        }
        let level = log.voters.kraftVersion
        guard let levels = answer.kraftVersions, levels.contains(level), answer.takesVotes else {
            return endChange(
                .invalidRequest,
                "Voter \(newcomer) does not support kraft.version \(level), or is no controller",
                &effects)
        }
        guard isCaughtUp(newcomer, now: now) else {
            return endChange(.requestTimedOut, "Voter \(newcomer) is lagging behind", &effects)
        }
        let voter = VoterSet.Voter(newcomer, endpoints: endpoints, supportedVersions: levels)
        let record = VotersRecord(voters: voters.adding(voter), kraftVersion: nil)
        changeLeader { $0.change?.step = .proposed(record) }
    }

    /// Held the log's end once and has fetched lately: it will not hold up the high watermark for long.
    private func isCaughtUp(_ newcomer: ReplicaKey, now: Instant) -> Bool {
        guard case .leader(let state) = role,
            let progress = state.replicas.first(where: { $0.key == newcomer })
        else { return false }
        return progress.lastCaughtUpTime != .none
            && progress.lastFetch > now - Limit.caughtUpAge
    }

    // MARK: From static to dynamic

    /// Why `kraft.version` cannot be raised to `level` now; nil if it can.
    package func refusalOfUpgrade(to level: Int16) -> Response.ChangeResponse? {
        if let refusal = refusalAsLeader() ?? refusalOfEarliness() ?? refusalOfConcurrency() {
            return refusal
        }
        guard level == log.voters.kraftVersion + 1, Limit.kraftVersions.contains(level) else {
            return changeRefusal(.invalidUpdateVersion, "kraft.version cannot become \(level)")
        }
        let missing = voters.voters.filter { announcement(of: $0, supporting: level) == nil }
        guard missing.isEmpty else {
            let names = missing.map { "\($0.key.id.rawValue)" }.joined(separator: ", ")
            return changeRefusal(
                .invalidUpdateVersion,
                "kraft.version cannot become \(level): these voters have not told the leader "
                    + "where they are and that they support it: \(names)")
        }
        return nil
    }

    /// Writes the level and with it who the voters are, now with their directories (KIP-853). There is no way
    /// back.
    package mutating func raiseKRaftVersion(
        to level: Int16, now: Instant, _ effects: inout [Effect]
    ) {
        defer { assertInvariants() }
        guard refusalOfUpgrade(to: level) == nil else { return }
        let known = voters.voters.compactMap { announcement(of: $0, supporting: level) }
        precondition(known.count == voters.voters.count, "all of them have said who they are")
        begin(
            .proposed(VotersRecord(voters: VoterSet(known), kraftVersion: level)), token: nil,
            waitsForCommit: false, deadline: .distantFuture)
        settle(now: now, &effects)
    }

    /// What a voter of a static set last said of itself, if that is the incarnation which fetches now.
    private func announcement(of voter: VoterSet.Voter, supporting level: Int16) -> VoterSet.Voter?
    {
        guard case .leader(let state) = role else { return nil }
        if voter.matches(key) { return ownVoter }
        guard let told = state.announced.first(where: { $0.key.id == voter.key.id }),
            told.supportedVersions.contains(level)
        else { return nil }
        let latest = state.replicas.filter { $0.key.id == voter.key.id }
            .max { $0.lastFetch < $1.lastFetch }
        return latest?.key == told.key ? told : nil
    }

    /// This replica as a voter.
    var ownVoter: VoterSet.Voter {
        VoterSet.Voter(
            key, endpoints: configuration.endpoints, supportedVersions: Limit.kraftVersions)
    }

    /// The set with what this replica says of itself, if that is not in it.
    var setWithOwnNews: VoterSet? {
        guard log.voters.kraftVersion > 0, !configuration.endpoints.isEmpty else { return nil }
        return voters.updating(ownVoter)
    }

    // MARK: Writing

    private mutating func begin(
        _ step: VoterChange.Step, token: RequestToken?, waitsForCommit: Bool, deadline: Instant
    ) {
        changeLeader { leader in
            precondition(leader.change == nil, "one change at a time")
            leader.change = VoterChange(
                token: token, waitsForCommit: waitsForCommit, step: step, deadline: deadline)
        }
    }

    /// The end of an event: hands the driver the set that was decided upon, if this replica still leads.
    mutating func proposeVoters(now: Instant, _ effects: inout [Effect]) {
        guard case .leader(let state) = role else { return }
        if state.change == nil, let updated = setWithOwnNews, refusalOfChange() == nil {
            begin(
                .proposed(VotersRecord(voters: updated, kraftVersion: nil)), token: nil,
                waitsForCommit: false, deadline: .distantFuture)
        }
        guard case .leader(let state) = role, case .proposed(let record)? = state.change?.step
        else { return }
        precondition(
            log.voters.latestOffset < highWatermark ?? .none,
            "a set is written when the one before is committed")
        changeLeader { $0.change?.step = .writing }
        effects.append(.appendVoters(record))
    }

    /// A set was written, and is in force from here on.
    mutating func votersWritten(now: Instant, _ effects: inout [Effect]) {
        let isAlone = voters.isOnly(key)
        let members = voters
        let (patience, at) = (now + checkQuorumTimeout, log.voters.latestOffset)
        changeLeader { leader in
            let wasAlone = leader.checkQuorumDeadline == .distantFuture
            if isAlone {
                leader.checkQuorumDeadline = .distantFuture
                leader.beginDeadline = .distantFuture
            } else if wasAlone {
                leader.checkQuorumDeadline = patience
                leader.beginDeadline = now
            }
            leader.untold.removeAll { members[$0] == nil }
            leader.recentFetchers.removeAll { members[$0] == nil }
        }
        guard case .leader(let state) = role, let change = state.change,
            case .writing = change.step
        else { return }
        changeLeader { $0.change = change.waitsForCommit ? $0.change?.written(at: at) : nil }
        if !change.waitsForCommit, let token = change.token {
            effects.append(.reply(token, .change(.init(standing: standing))))
        }
    }

    /// The disk is full: the log is as it was.
    package mutating func votersNotAppended(now: Instant, _ effects: inout [Effect]) {
        defer { assertInvariants() }
        guard isLeader else { return }
        endChange(.kafkaStorageError, "The leader's metadata log takes nothing", &effects)
        settle(now: now, &effects)
    }

    /// The high watermark moved: perhaps past the set that was written.
    mutating func changeCommitted(_ effects: inout [Effect]) {
        guard case .leader(let state) = role, let change = state.change,
            case .written(let at) = change.step, at < highWatermark ?? .none
        else { return }
        changeLeader { $0.change = nil }
        guard let token = change.token else { return }
        effects.append(.reply(token, .change(.init(standing: standing))))
    }

    /// Gives up the change that is worked on. What was written stays, and may yet be committed.
    mutating func endChange(_ error: ErrorCode, _ message: String, _ effects: inout [Effect]) {
        guard case .leader(let state) = role, let change = state.change else { return }
        changeLeader { $0.change = nil }
        guard let token = change.token else { return }
        effects.append(.reply(token, .change(changeRefusal(error, message))))
    }

    /// Whether this leader has removed itself for good: others elect one of themselves.
    var isRemoved: Bool {
        guard case .leader(let state) = role, state.hasCommitted, !isVoter else { return false }
        return log.voters.latestOffset < highWatermark ?? .none
    }
}

extension VoterChange {
    fileprivate func written(at offset: Offset) -> VoterChange {
        var written = self
        written.step = .written(at: offset)
        return written
    }
}

extension Leader {
    /// A voter of a static set said where it is.
    fileprivate mutating func announced(_ voter: VoterSet.Voter) {
        announced.removeAll { $0.key.id == voter.key.id }
        let at = announced.firstIndex { $0.key.id > voter.key.id } ?? announced.endIndex
        announced.insert(voter, at: at)
    }
}
