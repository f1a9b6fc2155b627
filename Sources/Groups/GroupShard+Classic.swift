package import Coordination
internal import InternalRecords
package import Model

/// Requests of the classic protocol.
extension GroupShard {
    /// JoinGroup.
    package mutating func join(
        _ request: JoinRequest, _ ticket: Ticket, now: Instant, time: Timestamp
    ) -> [GroupEffect] {
        handle(now, time) { shard, turn in
            if let fault = shard.fault(of: request) {
                turn.reply(ticket, .joined(.failure(fault, request.memberID)))
                return
            }
            if let group = shard.consumers.groups[request.groupID] {
                guard group.members.isEmpty else {
                    shard.joinConsumerGroup(group, request, ticket, &turn)
                    return
                }
                // Nobody is in it: it goes on as a classic group, with the offsets it has.
                turn.write(shard.consumers.tombstones(of: group.id))
            }
            if shard.classic[request.groupID] == nil {
                shard.classic[request.groupID] = ClassicGroup(id: request.groupID)
            }
            shard.classic[request.groupID]?.join(request, ticket, &turn)
            shard.forgetIfUnused(request.groupID)
        }
    }

    private func fault(of request: JoinRequest) -> ErrorCode? {
        if request.groupID.isEmpty { return .invalidGroupId }
        guard request.session >= settings.sessionMin, request.session <= settings.sessionMax
        else { return .invalidSessionTimeout }
        guard classic[request.groupID] == nil, !consumers.has(request.groupID) else { return nil }
        if !request.memberID.isEmpty { return .unknownMemberId }
        return groupCount < groupsMax ? nil : .groupMaxSizeReached
    }

    /// SyncGroup.
    package mutating func sync(
        _ request: SyncRequest, _ ticket: Ticket, now: Instant, time: Timestamp
    ) -> [GroupEffect] {
        handle(now, time) { shard, turn in
            if shard.classic[request.groupID] != nil {
                shard.classic[request.groupID]?.sync(request, ticket, &turn)
            } else if let group = shard.consumers.groups[request.groupID] {
                shard.syncConsumerGroup(group, request, ticket, &turn)
            } else {
                var reply = SyncReply()
                reply.error = request.groupID.isEmpty ? .invalidGroupId : .unknownMemberId
                turn.reply(ticket, .synced(reply))
            }
        }
    }

    /// Heartbeat.
    package mutating func heartbeat(
        _ groupID: String, _ claim: MemberClaim, _ ticket: Ticket, now: Instant, time: Timestamp
    ) -> [GroupEffect] {
        handle(now, time) { shard, turn in
            let error: ErrorCode
            if let answer = shard.classic[groupID]?.heartbeat(claim, &turn) {
                error = answer
            } else if let group = shard.consumers.groups[groupID] {
                error = shard.heartbeatOfClassicMember(group, claim, &turn)
            } else {
                error = groupID.isEmpty ? .invalidGroupId : .unknownMemberId
            }
            turn.reply(ticket, .error(error))
        }
    }

    /// LeaveGroup.
    package mutating func leave(
        _ groupID: String, _ members: [LeaveRequest], _ ticket: Ticket, now: Instant,
        time: Timestamp
    ) -> [GroupEffect] {
        handle(now, time) { shard, turn in
            if let codes = shard.classic[groupID]?.leave(members, &turn) {
                turn.reply(ticket, .left(codes))
                shard.forgetIfUnused(groupID)
            } else if let group = shard.consumers.groups[groupID] {
                shard.leaveConsumerGroup(group, members, ticket, &turn)
            } else if groupID.isEmpty {
                turn.reply(ticket, .error(.invalidGroupId))
            } else {
                turn.reply(ticket, .left(members.map { _ in .unknownMemberId }))
            }
        }
    }

    /// A group that was begun by a request that led to nothing leaves no trace.
    mutating func forgetIfUnused(_ groupID: String) {
        guard let group = classic[groupID], group.phase == .empty, group.generation == 0,
            group.protocolType == nil, group.pendingJoins.isEmpty,
            !offsets.has(groupID)
        else { return }
        classic[groupID] = nil
    }

    /// All groups that have a state here.
    var groupCount: Int { classic.count + consumers.count }
}
