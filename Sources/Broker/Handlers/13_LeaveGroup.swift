internal import Bytes
internal import Groups
internal import Model
internal import WireMessages

/// LeaveGroup, v0 to v5 (KIP-345, 800): one member, or several that an operator removes.
enum LeaveGroupHandler {
    private static let batchedFrom: Int16 = 3

    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let wire: LeaveGroupRequest = try scope.request()
        let exchange = scope.exchange
        let group = wire.groupID
        let members =
            exchange.version >= batchedFrom
            ? wire.members.map {
                LeaveRequest(
                    memberID: $0.memberID, instanceID: $0.groupInstanceID, reason: $0.reason)
            } : [LeaveRequest(memberID: wire.memberID, instanceID: nil, reason: nil)]
        scope.shard.coordinate(group) { error in
            exchange.respond(response(.error(error), members, exchange.version))
        } _: { coordinator in
            coordinator.handle(group) { reply in
                exchange.respond(response(reply, members, exchange.version))
            } _: { mind, ticket, now, time in
                mind.leave(group, members, ticket, now: now, time: time)
            }
        }
    }

    private static func response(
        _ reply: GroupReply, _ members: [LeaveRequest], _ version: Int16
    ) -> LeaveGroupResponse {
        var response = LeaveGroupResponse()
        switch reply {
        case .error(let error, _):
            response.errorCode = error
        case .left(let codes) where version < batchedFrom:
            response.errorCode = codes.first ?? .none
        case .left(let codes):
            response.members = zip(members, codes).map { member, code in
                var shown = LeaveGroupResponse.MemberResponse()
                shown.memberID = member.memberID
                shown.groupInstanceID = member.instanceID
                shown.errorCode = code
                return shown
            }
        case .joined, .synced, .offsets, .heartbeat:
            preconditionFailure("leaving is answered as such")
        }
        return response
    }
}
