internal import Coordination
internal import Model

/// Members of the classic protocol in consumer groups.
extension GroupShard {
    mutating func joinConsumerGroup(
        _ request: JoinRequest, _ ticket: Ticket, _ turn: inout Turn
    ) {
        turn.reply(ticket, .joined(.failure(.inconsistentGroupProtocol, request.memberID)))
    }

    mutating func syncConsumerGroup(
        _ request: SyncRequest, _ ticket: Ticket, _ turn: inout Turn
    ) {
        var reply = SyncReply()
        reply.error = .unknownMemberId
        turn.reply(ticket, .synced(reply))
    }

    mutating func heartbeatOfClassicMember(
        _ groupID: String, _ claim: MemberClaim, _ turn: inout Turn
    ) -> ErrorCode {
        .unknownMemberId
    }

    mutating func leaveConsumerGroup(
        _ groupID: String, _ members: [LeaveRequest], _ ticket: Ticket, _ turn: inout Turn
    ) {
        turn.reply(ticket, .left(members.map { _ in .unknownMemberId }))
    }
}
