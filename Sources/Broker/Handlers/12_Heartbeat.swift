internal import Bytes
internal import Groups
internal import Model
internal import WireMessages

/// Heartbeat, v0 to v4 (KIP-345).
enum HeartbeatHandler {
    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let wire: HeartbeatRequest = try scope.request()
        let exchange = scope.exchange
        let group = wire.groupID
        let claim = MemberClaim(
            wire.memberID, instanceID: wire.groupInstanceID, generation: wire.generationID)
        scope.shard.coordinate(group) { error in
            exchange.respond(response(.error(error)))
        } _: { coordinator in
            coordinator.handle(group) { reply in
                exchange.respond(response(reply))
            } _: { mind, ticket, now, time in
                mind.heartbeat(group, claim, ticket, now: now, time: time)
            }
        }
    }

    private static func response(_ reply: GroupReply) -> HeartbeatResponse {
        guard case .error(let error, _) = reply else {
            preconditionFailure("a heartbeat is answered by a code")
        }
        var response = HeartbeatResponse()
        response.errorCode = error
        return response
    }
}
