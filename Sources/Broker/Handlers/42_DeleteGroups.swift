internal import Bytes
internal import Groups
internal import Model
internal import WireMessages

/// DeleteGroups, v0 to v2 (KIP-229).
enum DeleteGroupsHandler {
    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let wire: DeleteGroupsRequest = try scope.request()
        let exchange = scope.exchange
        let groups = wire.groupsNames
        GroupQuery<ErrorCode>.run(on: scope.shard, groups) { _, error in
            error
        } ask: { coordinator, index, reply in
            coordinator.handle(groups[index]) { answer in
                guard case .error(let error, _) = answer else {
                    preconditionFailure("a deletion is answered by a code")
                }
                reply(error)
            } _: { mind, ticket, now, time in
                mind.delete(groups[index], ticket, now: now, time: time)
            }
        } finish: { codes in
            var response = DeleteGroupsResponse()
            response.results = zip(groups, codes).map { group, code in
                var result = DeleteGroupsResponse.DeletableGroupResult()
                result.groupID = group
                result.errorCode = code
                return result
            }
            exchange.respond(response)
        }
    }
}
