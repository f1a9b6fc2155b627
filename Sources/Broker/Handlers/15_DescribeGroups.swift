internal import Bytes
internal import Groups
internal import InternalRecords
internal import Model
internal import WireMessages

/// DescribeGroups, v0 to v6 (KIP-345, 430, 1043), for groups of the classic protocol; why they rebalanced, to
/// those who ask by a tagged field of our own.
enum DescribeGroupsHandler {
    /// From here on a group that does not exist is an error; before, it was one in the state Dead.
    private static let absenceFrom: Int16 = 6

    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let wire: DescribeGroupsRequest = try scope.request()
        let exchange = scope.exchange
        let groups = wire.groups
        let wantsHistory = GroupHistory.isAsked(by: wire.unknownTaggedFields)
        let operations = wire.includeAuthorizedOperations ? AuthorizedOperations.group : nil
        GroupQuery<DescribeGroupsResponse.DescribedGroup>.run(on: scope.shard, groups) {
            index, error in
            var shown = DescribeGroupsResponse.DescribedGroup()
            shown.groupID = groups[index]
            shown.errorCode = error
            return shown
        } ask: { coordinator, index, reply in
            let group = groups[index]
            coordinator.whenCommitted(group) { error in
                var shown = DescribeGroupsResponse.DescribedGroup()
                shown.groupID = group
                shown.errorCode = error
                if error == .none {
                    shown.show(coordinator.mind.describeClassic(group), exchange.version)
                    if let operations { shown.authorizedOperations = operations }
                    shown.unknownTaggedFields = GroupHistory.fields(
                        coordinator.mind.history(of: group), isAsked: wantsHistory)
                }
                reply(shown)
            }
        } finish: { shown in
            var response = DescribeGroupsResponse()
            response.groups = shown
            exchange.respond(response)
        }
    }

    fileprivate static func absence(_ group: String, _ version: Int16) -> (ErrorCode, String?) {
        guard version >= absenceFrom else { return (.none, nil) }
        return (.groupIdNotFound, "Group \(group) not found.")
    }
}

extension DescribeGroupsResponse.DescribedGroup {
    fileprivate mutating func show(_ found: ClassicDescription?, _ version: Int16) {
        guard let found else {
            groupState = "Dead"
            (errorCode, errorMessage) = DescribeGroupsHandler.absence(groupID, version)
            return
        }
        groupState = found.state
        protocolType = found.protocolType
        protocolData = found.protocolName
        members = found.members.map { member in
            var shown = DescribeGroupsResponse.DescribedGroupMember()
            shown.memberID = member.id
            shown.groupInstanceID = member.instanceID
            shown.clientID = member.client.id
            shown.clientHost = member.client.host
            shown.memberMetadata = member.metadata
            shown.memberAssignment = member.assignment
            return shown
        }
    }
}
