internal import Bytes
internal import Groups
internal import Model
internal import WireMessages

/// SyncGroup, v0 to v5 (KIP-345, 559).
enum SyncGroupHandler {
    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let wire: SyncGroupRequest = try scope.request()
        let exchange = scope.exchange
        // From v5 on both are said, and an old broker's answer must not look like a new one's.
        if exchange.version >= 5, wire.protocolType == nil || wire.protocolName == nil {
            exchange.respond(response(.error(.inconsistentGroupProtocol)))
            return
        }
        var request = SyncRequest(wire.groupID)
        request.member = MemberClaim(
            wire.memberID, instanceID: wire.groupInstanceID, generation: wire.generationID)
        request.protocolType = wire.protocolType
        request.protocolName = wire.protocolName
        request.assignments = wire.assignments.map { ($0.memberID, $0.assignment) }
        let asked = request
        scope.shard.coordinate(asked.groupID) { error in
            exchange.respond(response(.error(error)))
        } _: { coordinator in
            coordinator.handle(asked.groupID) { reply in
                exchange.respond(response(reply))
            } _: { mind, ticket, now, time in
                mind.sync(asked, ticket, now: now, time: time)
            }
        }
    }

    private static func response(_ reply: GroupReply) -> SyncGroupResponse {
        var response = SyncGroupResponse()
        switch reply {
        case .error(let error, _):
            response.errorCode = error
        case .synced(let synced):
            response.errorCode = synced.error
            response.protocolType = synced.protocolType
            response.protocolName = synced.protocolName
            response.assignment = synced.assignment
        case .joined, .left, .offsets, .heartbeat:
            preconditionFailure("a sync is answered as one")
        }
        return response
    }
}
