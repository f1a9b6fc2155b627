internal import Coordination
internal import Model

/// How members come in.
extension ClassicGroup {
    /// How long a member that does not know its id yet may wait for the end of a join phase: it cannot send
    /// heartbeats, and a client that has given up would stay for ever.
    static let newMemberMax = Duration.minutes(5)

    /// Somebody wants to join, or to join again.
    mutating func join(_ request: JoinRequest, _ ticket: Ticket, _ turn: inout Turn) {
        defer { assertInvariants() }
        guard hasRoom(for: request.memberID, limit: turn.settings.sizeMax) else {
            remove(request.memberID, &turn)
            turn.reply(ticket, .joined(.failure(.groupMaxSizeReached, "")))
            return
        }
        guard supports(request.protocolType, request.protocols) else {
            turn.reply(ticket, .joined(.failure(.inconsistentGroupProtocol, request.memberID)))
            return
        }
        if request.memberID.isEmpty {
            joinUnknown(request, ticket, &turn)
        } else if pendingJoins[request.memberID] != nil, request.instanceID == nil {
            admit(request.memberID, request, ticket, &turn)
        } else if let fault = fault(
            of: MemberClaim(request.memberID, instanceID: request.instanceID))
        {
            turn.reply(ticket, .joined(.failure(fault, request.memberID)))
        } else {
            joinAgain(request, ticket, &turn)
        }
    }

    private mutating func joinUnknown(
        _ request: JoinRequest, _ ticket: Ticket, _ turn: inout Turn
    ) {
        if let instance = request.instanceID {
            let fresh = turn.memberID(after: instance)
            if let known = staticMembers[instance] {
                replace(known, by: fresh, request, ticket, &turn)
            } else {
                admit(fresh, request, ticket, &turn)
            }
            return
        }
        let fresh = turn.memberID(after: request.client.id)
        guard request.takesMemberID else {
            admit(fresh, request, ticket, &turn)
            return
        }
        // KIP-394: who does not come back with the id leaves no ghost.
        let due = turn.now + request.session
        pendingJoins[fresh] = due
        turn.wake(.pending(group: id, member: fresh), at: due)
        turn.reply(ticket, .joined(.failure(.memberIdRequired, fresh)))
    }

    /// A new member comes in, and the others are to join again.
    private mutating func admit(
        _ memberID: String, _ request: JoinRequest, _ ticket: Ticket, _ turn: inout Turn
    ) {
        if members.isEmpty { protocolType = request.protocolType }
        var member = ClassicMember(
            id: memberID, instanceID: request.instanceID, client: request.client,
            number: nextNumber, session: request.session, rebalance: request.rebalance,
            protocols: request.protocols, deadline: turn.now)
        nextNumber += 1
        member.wait = .join(ticket)
        member.isNew = true
        add(member, &turn)
        if case .preparing(isInitial: true) = phase { hasNewMember = true }
        heard(from: memberID, lasting: Self.newMemberMax, &turn)
        rebalance(because: .memberJoined, memberID, &turn)
    }

    private mutating func joinAgain(
        _ request: JoinRequest, _ ticket: Ticket, _ turn: inout Turn
    ) {
        guard let member = members[request.memberID] else {
            preconditionFailure("the claim was checked")
        }
        let isSame = member.protocols == request.protocols
        switch phase {
        case .empty: preconditionFailure("an empty group has no members")
        case .preparing:
            update(request, ticket, &turn)
            rebalance(because: .memberRejoined, member.id, &turn)
        case .completing where isSame:
            // The answer was lost: it is given again.
            turn.reply(ticket, .joined(answer(to: member)))
        case .stable where isSame && leader != member.id:
            turn.reply(ticket, .joined(answer(to: member, isStable: true)))
        case .completing, .stable:
            update(request, ticket, &turn)
            rebalance(
                because: isSame ? .leaderRejoined : .subscriptionChanged, member.id, &turn)
        }
    }

    /// What a member says anew, and that it waits again.
    private mutating func update(
        _ request: JoinRequest, _ ticket: Ticket, _ turn: inout Turn
    ) {
        guard let member = members[request.memberID] else { return }
        // A member that asks twice has given up the first request.
        answer(member, .rebalanceInProgress, &turn)
        count(member.protocols, by: -1)
        count(request.protocols, by: 1)
        members[member.id]?.protocols = request.protocols
        members[member.id]?.session = request.session
        members[member.id]?.rebalance = request.rebalance
        members[member.id]?.wait = .join(ticket)
        awaitingJoin += 1
    }

    /// What a member learns of the generation that it belongs to.
    func answer(to member: ClassicMember, isStable: Bool = false) -> JoinReply {
        var reply = JoinReply()
        reply.generation = generation
        reply.protocolType = protocolType
        reply.protocolName = protocolName
        reply.leader = leader ?? ""
        reply.memberID = member.id
        if leader == member.id, !isStable { reply.members = membersForLeader }
        return reply
    }

    var membersForLeader: [JoinReply.Member] {
        membersInOrder.map {
            JoinReply.Member(
                id: $0.id, instanceID: $0.instanceID,
                metadata: $0.metadata(for: protocolName ?? ""))
        }
    }

    // MARK: Static members

    /// A static member has begun anew: it gets another id and keeps its place (KIP-345).
    private mutating func replace(
        _ known: String, by fresh: String, _ request: JoinRequest, _ ticket: Ticket,
        _ turn: inout Turn
    ) {
        guard let before = members[known] else {
            preconditionFailure("an instance names a member")
        }
        let wasLeader = leader == known
        let oldLeader = leader ?? ""
        var member = ClassicMember(
            id: fresh, instanceID: before.instanceID, client: request.client,
            number: before.number, session: request.session, rebalance: request.rebalance,
            protocols: request.protocols, deadline: turn.now)
        member.assignment = before.assignment
        let wasPendingSync = pendingSyncs.contains(known)
        remove(known, &turn, telling: .fencedInstanceId)
        if wasLeader { leader = fresh }
        let keepsPlace = phase == .stable
        if !keepsPlace { member.wait = .join(ticket) }
        add(member, &turn)
        if wasPendingSync { pendingSyncs.insert(fresh) }
        heard(from: fresh, &turn)
        guard keepsPlace, elected() == protocolName else {
            if keepsPlace {
                members[fresh]?.wait = .join(ticket)
                awaitingJoin += 1
            }
            rebalance(because: .memberReplaced, fresh, &turn)
            return
        }
        subscribedTopics = topicsOfMembers()
        var reply = answer(to: member, isStable: true)
        if wasLeader {
            if request.skipsAssignment {
                reply.members = membersForLeader
                reply.skipsAssignment = true
            } else {
                // Such a client would share out what it must not: it is told of a leader that is gone.
                reply.leader = oldLeader
            }
        }
        turn.write([record(turn)], then: .reply(ticket, .joined(reply)))
    }
}
