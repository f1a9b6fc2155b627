internal import Wire
internal import Bytes
internal import Groups
internal import Model
internal import WireMessages

/// JoinGroup, v0 to v9 (KIP-62, 345, 394, 559, 800, 814).
enum JoinGroupHandler {
    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let wire: JoinGroupRequest = try scope.request()
        let exchange = scope.exchange
        let memberID = wire.memberID
        let request = JoinRequest(wire, exchange)
        scope.shard.coordinate(wire.groupID) { error in
            exchange.respond(response(.error(error), memberID, exchange.version))
        } _: { coordinator in
            coordinator.handle(request.groupID) { reply in
                exchange.respond(response(reply, memberID, exchange.version))
            } _: { mind, ticket, now, time in
                mind.join(request, ticket, now: now, time: time)
            }
        }
    }

    private static func response(
        _ reply: GroupReply, _ memberID: String, _ version: Int16
    ) -> JoinGroupResponse {
        var response = JoinGroupResponse()
        response.protocolName = version >= 7 ? nil : ""
        response.memberID = memberID
        switch reply {
        case .joined(let joined):
            response.errorCode = joined.error
            response.generationID = joined.generation
            response.protocolType = joined.protocolType
            if let name = joined.protocolName { response.protocolName = name }
            response.leader = joined.leader
            response.skipAssignment = joined.skipsAssignment
            response.memberID = joined.memberID
            response.members = joined.members.map { member in
                var shown = JoinGroupResponse.JoinGroupResponseMember()
                shown.memberID = member.id
                shown.groupInstanceID = member.instanceID
                shown.metadata = member.metadata
                return shown
            }
        case .error(let error, _):
            response.errorCode = error
        case .synced, .left, .offsets, .heartbeat:
            preconditionFailure("a join is answered as one")
        }
        return response
    }
}

extension JoinRequest {
    fileprivate init(_ wire: JoinGroupRequest, _ exchange: Exchange) {
        self.init(wire.groupID)
        memberID = wire.memberID
        instanceID = wire.groupInstanceID
        client = GroupClient(of: exchange)
        session = .milliseconds(wire.sessionTimeoutMs)
        // Before v1 a session was the time for everything.
        rebalance =
            wire.rebalanceTimeoutMs < 0
            ? session : .milliseconds(wire.rebalanceTimeoutMs)
        protocolType = wire.protocolType
        protocols = wire.protocols.map { ClassicProtocol($0.name, $0.metadata) }
        reason = wire.reason
        takesMemberID = exchange.version >= 4
        skipsAssignment = exchange.version >= 9
    }
}

extension GroupClient {
    /// As Kafka shows clients: the address behind a slash.
    init(of exchange: Exchange) {
        self.init(
            id: exchange.header.clientID ?? "", host: "/" + PeerAddress.host(of: exchange.peer))
    }
}
