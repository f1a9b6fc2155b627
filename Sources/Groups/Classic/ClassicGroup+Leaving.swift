internal import Coordination
internal import Model

/// How members stay, and how they go.
extension ClassicGroup {
    /// A heartbeat: the member's session begins anew. Returns what it is told.
    mutating func heartbeat(_ claim: MemberClaim, _ turn: inout Turn) -> ErrorCode {
        if let fault = faultOfCurrent(claim) { return fault }
        heard(from: claim.memberID, &turn)
        return phase.isPreparing ? .rebalanceInProgress : .none
    }

    /// A member's session may be over.
    mutating func sessionTimedOut(_ memberID: String, at due: Instant, _ turn: inout Turn) {
        guard let member = members[memberID], member.queuedAt == due else { return }
        members[memberID]?.queuedAt = .distantFuture
        guard member.deadline <= turn.now else {
            members[memberID]?.queuedAt = member.deadline
            turn.wake(.session(group: id, member: memberID), at: member.deadline)
            return
        }
        // Whoever waits for us cannot be blamed for its silence; its session begins with our answer. A new
        // member is the exception: it may wait for its limit only.
        guard member.wait == .nothing || member.isNew else { return }
        remove(memberID, &turn)
        afterRemoval(.sessionExpired, memberID, &turn)
        assertInvariants()
    }

    /// Somebody was given a member id and has not come back with it.
    mutating func pendingTimedOut(_ memberID: String, _ turn: inout Turn) {
        guard let due = pendingJoins[memberID], due <= turn.now else { return }
        pendingJoins[memberID] = nil
        if phase.isPreparing { rebalance(because: .sessionExpired, memberID, &turn) }
        assertInvariants()
    }

    /// Members leave, or are removed by hand. Returns a code for each.
    mutating func leave(_ leaving: [LeaveRequest], _ turn: inout Turn) -> [ErrorCode] {
        defer { assertInvariants() }
        var gone: (id: String, reason: String?)?
        var codes: [ErrorCode] = []
        for request in leaving {
            if request.memberID.isEmpty {
                // An operator who knows the instance only.
                guard let instance = request.instanceID, let known = staticMembers[instance] else {
                    codes.append(.unknownMemberId)
                    continue
                }
                remove(known, &turn)
                gone = (known, request.reason)
            } else if pendingJoins.removeValue(forKey: request.memberID) != nil {
                gone = (request.memberID, request.reason)
            } else if let fault = fault(
                of: MemberClaim(request.memberID, instanceID: request.instanceID))
            {
                codes.append(fault)
                continue
            } else {
                remove(request.memberID, &turn)
                gone = (request.memberID, request.reason)
            }
            codes.append(.none)
        }
        if let gone { afterRemoval(.memberLeft(reason: gone.reason), gone.id, &turn) }
        return codes
    }

    private mutating func afterRemoval(
        _ cause: Rebalance.Cause, _ memberID: String, _ turn: inout Turn
    ) {
        guard phase != .empty else { return }
        rebalance(because: cause, memberID, &turn)
    }
}
