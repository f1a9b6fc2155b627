internal import Bytes
internal import Coordination
internal import InternalRecords
internal import Model

/// How a generation ends and the next begins.
extension ClassicGroup {
    /// Something happened that the members must meet for; in a join phase that goes on it may be the last
    /// thing that was waited for.
    mutating func rebalance(
        because cause: Rebalance.Cause, _ memberID: String, _ turn: inout Turn
    ) {
        switch phase {
        case .empty, .completing, .stable: prepare(because: cause, memberID, &turn)
        case .preparing(let isInitial):
            // The first rebalance waits for its delay, whoever is there already.
            guard !isInitial, allHaveJoined else { return }
            rebalance?.waitedFor = memberID
            completeJoin(&turn)
        }
    }

    private mutating func prepare(
        because cause: Rebalance.Cause, _ memberID: String, _ turn: inout Turn
    ) {
        let wasEmpty = phase == .empty
        if phase == .completing { dropAssignment(telling: .rebalanceInProgress, &turn) }
        pendingSyncs = []
        syncDeadline = nil
        if rebalance == nil { rebalance = OpenRebalance(cause, memberID, turn) }
        enter(.preparing(isInitial: wasEmpty), turn)
        if wasEmpty {
            // Members of a new application come one after the other: one rebalance for all (KIP-134).
            let delay = turn.settings.initialDelay
            initialRemaining = max(rebalanceTime - delay, .zero)
            hasNewMember = false
            waitForJoins(delay, &turn)
        } else if allHaveJoined {
            completeJoin(&turn)
        } else {
            waitForJoins(rebalanceTime, &turn)
        }
    }

    private mutating func waitForJoins(_ length: Duration, _ turn: inout Turn) {
        let due = turn.now + length
        joinDeadline = due
        turn.wake(.join(group: id), at: due)
    }

    /// The time of a join phase is over.
    mutating func joinTimedOut(_ turn: inout Turn) {
        defer { assertInvariants() }
        guard case .preparing(let isInitial) = phase, let due = joinDeadline, due <= turn.now else {
            return
        }
        guard isInitial, hasNewMember, initialRemaining > .zero else {
            completeJoin(&turn)
            return
        }
        hasNewMember = false
        let delay = min(turn.settings.initialDelay, initialRemaining)
        initialRemaining = max(initialRemaining - delay, .zero)
        waitForJoins(delay, &turn)
    }

    /// The join phase ends: who has not come is removed, the others get a generation.
    mutating func completeJoin(_ turn: inout Turn) {
        joinDeadline = nil
        for member in membersInOrder where !member.isAwaitingJoin && member.instanceID == nil {
            rebalance?.waitedFor = member.id
            rebalance?.hasTimedOut = true
            remove(member.id, &turn)
        }
        guard members.isEmpty || electLeader() else {
            // Only static members that do not answer are left: their sessions will end the wait.
            enter(.preparing(isInitial: false), turn)
            waitForJoins(rebalanceTime, &turn)
            return
        }
        beginGeneration(&turn)
    }

    /// The leader must be somebody who has joined. False if nobody has.
    private mutating func electLeader() -> Bool {
        if let leader, members[leader]?.isAwaitingJoin == true { return true }
        guard let joined = membersInOrder.first(where: \.isAwaitingJoin) else { return false }
        leader = joined.id
        return true
    }

    private mutating func beginGeneration(_ turn: inout Turn) {
        generation = generation == .max ? 1 : generation + 1
        pendingSyncs = []
        guard !members.isEmpty else {
            protocolName = nil
            subscribedTopics = nil
            enter(.empty, turn)
            ended(&turn)
            turn.write([record(turn)])
            return
        }
        protocolName = elected()
        subscribedTopics = topicsOfMembers()
        enter(.completing, turn)
        for member in membersInOrder {
            guard case .join(let ticket) = member.wait else {
                // A static member that did not come keeps its place; it must fetch its assignment too.
                pendingSyncs.insert(member.id)
                continue
            }
            members[member.id]?.wait = .nothing
            members[member.id]?.isNew = false
            awaitingJoin -= 1
            turn.reply(ticket, .joined(answer(to: member)))
            heard(from: member.id, &turn)
            pendingSyncs.insert(member.id)
        }
        let due = turn.now + rebalanceTime
        syncDeadline = due
        turn.wake(.sync(group: id), at: due)
    }

    // MARK: Assignments

    /// A member asks for its assignment; the leader brings those of all.
    mutating func sync(_ request: SyncRequest, _ ticket: Ticket, _ turn: inout Turn) {
        defer { assertInvariants() }
        let memberID = request.member.memberID
        if let fault = faultOfCurrent(request.member) ?? inconsistency(of: request) {
            fail(ticket, fault, &turn)
            return
        }
        switch phase {
        case .empty: fail(ticket, .unknownMemberId, &turn)
        case .preparing: fail(ticket, .rebalanceInProgress, &turn)
        case .completing:
            synced(memberID)
            if let member = members[memberID] { answer(member, .rebalanceInProgress, &turn) }
            members[memberID]?.wait = .sync(ticket)
            guard memberID == leader else { return }
            var assignments: [String: SharedBytes] = [:]
            for (member, bytes) in request.assignments { assignments[member] = bytes }
            for member in members.keys {
                members[member]?.assignment = assignments[member] ?? .empty
            }
            turn.write([record(turn)], then: .assignment(group: id, generation: generation))
        case .stable:
            synced(memberID)
            turn.reply(ticket, .synced(assignment(of: memberID)))
            heard(from: memberID, &turn)
        }
    }

    private func inconsistency(of request: SyncRequest) -> ErrorCode? {
        let isSame =
            (request.protocolType == nil || protocolType == nil
                || request.protocolType == protocolType)
            && (request.protocolName == nil || protocolName == nil
                || request.protocolName == protocolName)
        return isSame ? nil : .inconsistentGroupProtocol
    }

    private func fail(_ ticket: Ticket, _ error: ErrorCode, _ turn: inout Turn) {
        var reply = SyncReply()
        reply.error = error
        turn.reply(ticket, .synced(reply))
    }

    private mutating func synced(_ memberID: String) {
        pendingSyncs.remove(memberID)
        if pendingSyncs.isEmpty { syncDeadline = nil }
    }

    private func assignment(of memberID: String) -> SyncReply {
        var reply = SyncReply()
        reply.protocolType = protocolType
        reply.protocolName = protocolName
        reply.assignment = members[memberID]?.assignment ?? .empty
        return reply
    }

    /// The leader's assignment is committed: those who wait get theirs.
    mutating func assignmentStored(generation stored: Int32, _ turn: inout Turn) {
        defer { assertInvariants() }
        guard phase == .completing, stored == generation else { return }
        enter(.stable, turn)
        for member in membersInOrder {
            guard case .sync(let ticket) = member.wait else { continue }
            members[member.id]?.wait = .nothing
            turn.reply(ticket, .synced(assignment(of: member.id)))
            heard(from: member.id, &turn)
        }
        ended(&turn)
    }

    /// The leader's assignment could not be written: everybody is told, and joins again.
    mutating func assignmentFailed(
        generation failed: Int32, _ error: ErrorCode, _ turn: inout Turn
    ) {
        defer { assertInvariants() }
        guard phase == .completing, failed == generation else { return }
        dropAssignment(telling: error, &turn)
        rebalance(because: .assignmentNotStored, leader ?? "", &turn)
    }

    /// Whoever waits is told an error: the group ends.
    mutating func answerAll(_ error: ErrorCode, _ turn: inout Turn) {
        for member in membersInOrder { answer(member, error, &turn) }
    }

    private mutating func dropAssignment(telling error: ErrorCode, _ turn: inout Turn) {
        for member in membersInOrder {
            members[member.id]?.assignment = .empty
            if case .sync = member.wait { answer(member, error, &turn) }
        }
    }

    /// Members that did not fetch their assignment in time are removed.
    mutating func syncTimedOut(_ turn: inout Turn) {
        defer { assertInvariants() }
        guard let due = syncDeadline, due <= turn.now else { return }
        syncDeadline = nil
        guard phase == .completing || phase == .stable, !pendingSyncs.isEmpty else { return }
        let late = membersInOrder.filter { pendingSyncs.contains($0.id) }
        for member in late { remove(member.id, &turn) }
        rebalance(because: .assignmentNotFetched, late.first?.id ?? "", &turn)
    }

    private mutating func ended(_ turn: inout Turn) {
        guard let open = rebalance else { return }
        rebalance = nil
        turn.report(
            id, open.ended(at: turn.now, generation: generation, members: members.count))
    }
}
