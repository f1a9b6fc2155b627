internal import Bytes
internal import Coordination
internal import InternalRecords
internal import Model

/// Members of the classic protocol in consumer groups: while an application moves from one protocol to the other,
/// both live in one group. The coordinator shares the partitions out for all; to a classic member each step of its
/// way is a rebalance of its own, with its epoch as the generation.
extension GroupShard {
    // MARK: Joining

    mutating func joinConsumerGroup(
        _ group: ConsumerGroup, _ request: JoinRequest, _ ticket: Ticket, _ turn: inout Turn
    ) {
        do throws(ConsumerFault) {
            try join(group, request, ticket, &turn)
        } catch {
            turn.reply(ticket, .joined(.failure(error.code, request.memberID)))
        }
    }

    private mutating func join(
        _ group: ConsumerGroup, _ request: JoinRequest, _ ticket: Ticket, _ turn: inout Turn
    ) throws(ConsumerFault) {
        try group.checkRoom(for: request.memberID, limit: turn.settings.consumer.sizeMax)
        guard group.supports(request.protocolType, request.protocols),
            let subscription = request.protocols.first.flatMap({
                ClassicGroup.subscription(in: $0.metadata)
            })
        else {
            throw ConsumerFault(.inconsistentGroupProtocol, "No assignor is shared.")
        }
        var draft = ConsumerDraft(group)
        let isReplaced: Bool
        let id: String
        if let instance = request.instanceID {
            (id, isReplaced) = try claim(instance, request, &draft, &turn)
        } else if request.memberID.isEmpty {
            id = turn.memberID(after: request.client.id)
            isReplaced = false
            if request.takesMemberID {
                // KIP-394. The id need not be kept: whoever comes with one that is not known is new.
                turn.reply(ticket, .joined(.failure(.memberIdRequired, id)))
                return
            }
        } else {
            (id, isReplaced) = (request.memberID, false)
        }
        var member = draft.group.members[id] ?? ConsumerMember(id: id)
        member.update(request, subscription)
        let owned = PartitionSet(subscription, in: image)
        let next = settle(member, owned: owned, isReplaced: isReplaced, &draft, &turn)
        heard(from: next, in: group.id, &turn)
        consumers.sessions.hasActed(ConsumerMemberKey(group: group.id, member: id))
        // It must fetch its assignment in time, and come back if it has to give something up.
        mustAct(next, in: group.id, &turn)
        let reply = GroupReply.joined(JoinReply(next))
        if draft.records.isEmpty {
            turn.reply(ticket, reply)
        } else {
            turn.write(draft.records, then: .reply(ticket, reply))
        }
    }

    /// A static member joins: under a new id if it does not say one.
    private func claim(
        _ instance: String, _ request: JoinRequest, _ draft: inout ConsumerDraft,
        _ turn: inout Turn
    ) throws(ConsumerFault) -> (id: String, isReplaced: Bool) {
        guard request.memberID.isEmpty else {
            try draft.group.checkInstance(instance, is: request.memberID)
            return (request.memberID, false)
        }
        let id = turn.memberID(after: instance)
        guard let old = draft.group.staticMembers[instance].flatMap({ draft.group.members[$0] })
        else { return (id, false) }
        draft.handOver(old, to: id)
        return (id, true)
    }

    // MARK: Staying

    mutating func syncConsumerGroup(
        _ group: ConsumerGroup, _ request: SyncRequest, _ ticket: Ticket, _ turn: inout Turn
    ) {
        var reply = SyncReply()
        do throws(ConsumerFault) {
            let member = try group.classicMember(request.member)
            try group.checkSync(request, of: member)
            if member.mustRejoin(in: group), member.state != .unrevoked {
                mustAct(member, in: group.id, &turn)
                throw ConsumerFault(.rebalanceInProgress, "")
            }
            heard(from: member, in: group.id, &turn)
            if member.state != .unrevoked {
                consumers.sessions.hasActed(
                    ConsumerMemberKey(group: group.id, member: member.id))
            }
            reply.protocolType = ClassicGroup.consumerType
            reply.protocolName = member.classic?.protocols.first?.name
            reply.assignment = member.classicAssignment(in: image)
        } catch {
            reply.error = error.code
        }
        turn.reply(ticket, .synced(reply))
    }

    mutating func heartbeatOfClassicMember(
        _ group: ConsumerGroup, _ claim: MemberClaim, _ turn: inout Turn
    ) -> ErrorCode {
        do throws(ConsumerFault) {
            let member = try group.classicMember(claim)
            guard member.epoch == claim.generation else { return .illegalGeneration }
            heard(from: member, in: group.id, &turn)
            if let records = downgrade(group, without: [], turn) {
                // The last one that spoke the consumer protocol has come back with the classic one.
                turn.write(records, then: .downgraded(group: group.id))
                return .rebalanceInProgress
            }
            guard member.mustRejoin(in: group) else { return .none }
            mustAct(member, in: group.id, &turn)
            return .rebalanceInProgress
        } catch {
            return error.code
        }
    }

    // MARK: Leaving

    mutating func leaveConsumerGroup(
        _ group: ConsumerGroup, _ members: [LeaveRequest], _ ticket: Ticket, _ turn: inout Turn
    ) {
        var gone: [String] = []
        var reason: String?
        var codes: [ErrorCode] = []
        for request in members {
            do throws(ConsumerFault) {
                // An operator may know the instance only.
                let byInstance = request.instanceID.flatMap { group.staticMembers[$0] }
                let id = request.memberID.isEmpty ? byInstance ?? "" : request.memberID
                let claim = MemberClaim(id, instanceID: request.instanceID)
                let member = try group.classicMember(claim)
                guard !gone.contains(member.id) else {
                    throw ConsumerFault(.unknownMemberId, "It has left already.")
                }
                gone.append(member.id)
                reason = request.reason
                codes.append(.none)
            } catch {
                codes.append(error.code)
            }
        }
        guard !gone.isEmpty else {
            turn.reply(ticket, .left(codes))
            return
        }
        remove(
            gone, from: group, .memberLeft(reason: reason), &turn,
            telling: (ticket, .left(codes)))
    }
}

extension ConsumerMember {
    /// Takes over what a JoinGroup says.
    fileprivate mutating func update(
        _ request: JoinRequest, _ subscription: ConsumerProtocolSubscription
    ) {
        instanceID = request.instanceID
        rackID = subscription.rackID ?? rackID
        client = request.client
        rebalance = request.rebalance
        topics = Set(subscription.topics).sorted()
        pattern = nil
        assignor = nil
        classic = ClassicSide(session: request.session, protocols: request.protocols)
    }

    /// Whether a classic member must join again to come further.
    fileprivate func mustRejoin(in group: ConsumerGroup) -> Bool {
        switch state {
        case .unrevoked: true
        case .stable: epoch < group.targetEpoch
        case .unreleased: epoch < group.targetEpoch || !group.isWaiting(self)
        }
    }
}

extension ConsumerGroup {
    /// Whether a member with these protocols could be in the group: all classic members must share one.
    fileprivate func supports(_ type: String, _ protocols: [ClassicProtocol]) -> Bool {
        guard type == ClassicGroup.consumerType, !protocols.isEmpty else { return false }
        let others = members.values.compactMap { $0.classic?.protocols }
        return protocols.contains { mine in
            others.allSatisfy { $0.contains { $0.name == mine.name } }
        }
    }

    fileprivate func checkSync(
        _ request: SyncRequest, of member: ConsumerMember
    ) throws(ConsumerFault) {
        guard member.epoch == request.member.generation else {
            throw ConsumerFault(.illegalGeneration, "")
        }
        let name = member.classic?.protocols.first?.name
        let isSame =
            (request.protocolType ?? ClassicGroup.consumerType) == ClassicGroup.consumerType
            && (request.protocolName == nil || request.protocolName == name)
        guard isSame else { throw ConsumerFault(.inconsistentGroupProtocol, "") }
    }
}

extension JoinReply {
    /// A member of the classic protocol that nobody leads: it asks for its assignment next.
    fileprivate init(_ member: ConsumerMember) {
        self.init()
        generation = member.epoch
        protocolType = ClassicGroup.consumerType
        protocolName = member.classic?.protocols.first?.name
        memberID = member.id
    }
}
