internal import Bytes
internal import Groups
internal import Model
internal import Ports
internal import WireMessages

/// ListGroups, v0 to v5 (KIP-518, 848): the groups that this broker coordinates.
enum ListGroupsHandler {
    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let wire: ListGroupsRequest = try scope.request()
        let exchange = scope.exchange
        let gather = ListingGather(missing: scope.shard.peers.count) { error, groups in
            exchange.respond(response(error, groups, wire))
        }
        let bound = LoopBound(gather, on: scope.shard.loop)
        for peer in scope.shard.peers {
            peer.run { shard in
                var error = ErrorCode.none
                var groups: [GroupListing] = []
                for coordinator in shard.coordinatorsInOrder {
                    switch coordinator.refusal {
                    case nil: groups += coordinator.mind.listing
                    case .coordinatorLoadInProgress?: error = .coordinatorLoadInProgress
                    default: break
                    }
                }
                let (found, problem) = (groups, error)
                bound.run { $0.take(found, problem) }
            }
        }
    }

    private static func response(
        _ error: ErrorCode, _ groups: [GroupListing], _ wire: ListGroupsRequest
    ) -> ListGroupsResponse {
        let states = Set(wire.statesFilter.map { $0.lowercased() })
        let types = Set(wire.typesFilter.map { $0.lowercased() })
        var response = ListGroupsResponse()
        response.errorCode = error
        for group in groups {
            guard states.isEmpty || states.contains(group.state.lowercased()),
                types.isEmpty || types.contains(group.type)
            else { continue }
            var shown = ListGroupsResponse.ListedGroup()
            shown.groupID = group.id
            shown.protocolType = group.protocolType
            shown.groupState = group.state
            shown.groupType = group.type
            response.groups.append(shown)
        }
        return response
    }
}

/// Gathers the groups of all loops. Lives on the loop that asks.
private final class ListingGather {
    private var missing: Int
    private var groups: [GroupListing] = []
    private var error = ErrorCode.none
    private let finish: (ErrorCode, [GroupListing]) -> Void

    init(missing: Int, finish: @escaping (ErrorCode, [GroupListing]) -> Void) {
        self.missing = missing
        self.finish = finish
    }

    func take(_ found: [GroupListing], _ problem: ErrorCode) {
        groups += found
        if problem != .none { error = problem }
        missing -= 1
        if missing == 0 { finish(error, groups.sorted { $0.id < $1.id }) }
    }
}
