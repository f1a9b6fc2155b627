internal import Model

/// A heartbeat of a member of a consumer group: it joins, stays, tells what it has, or leaves.
package struct ConsumerHeartbeat: Equatable, Sendable {
    package let groupID: String
    package var memberID = ""
    package var epoch: Int32 = 0
    package var instanceID: String?
    package var rackID: String?
    package var client = GroupClient(id: "", host: "")
    /// Nil where it has not changed, as in all that follow.
    package var rebalance: Duration?
    package var topics: [String]?
    /// Empty for none.
    package var pattern: String?
    package var assignor: String?
    /// What the member has.
    package var owned: PartitionSet?
    /// Members make their ids themselves (KIP-1082).
    package var makesOwnID = true

    package init(_ groupID: String) { self.groupID = groupID }

    var isJoining: Bool { epoch == 0 }

    /// Everything is said, so everything is answered.
    var isFull: Bool {
        isJoining || (rebalance != nil && (topics != nil || pattern != nil) && owned != nil)
    }

    /// What is wrong with the request whatever the group; nil if nothing is.
    func fault(assignors: [String]) -> ConsumerHeartbeatReply? {
        func invalid(_ text: String) -> ConsumerHeartbeatReply { .failure(.invalidRequest, text) }
        if groupID.isEmpty { return invalid("GroupId can't be empty.") }
        if memberID.isEmpty, !isJoining || makesOwnID { return invalid("MemberId can't be empty.") }
        if instanceID?.isEmpty == true { return invalid("InstanceId can't be empty.") }
        if rackID?.isEmpty == true { return invalid("RackId can't be empty.") }
        if epoch < ConsumerMember.awayEpoch { return invalid("MemberEpoch is invalid.") }
        if epoch == ConsumerMember.awayEpoch, instanceID == nil {
            return invalid("InstanceId can't be null.")
        }
        if isJoining {
            if rebalance == nil {
                return invalid("RebalanceTimeoutMs must be provided in first request.")
            }
            if owned?.isEmpty != true {
                return invalid("TopicPartitions must be empty when (re-)joining.")
            }
            if topics == nil, pattern?.isEmpty != false {
                return invalid(
                    "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when "
                        + "(re-)joining.")
            }
        }
        if let assignor, !assignors.contains(assignor) {
            return .failure(
                .unsupportedAssignor,
                "ServerAssignor \(assignor) is not supported. Supported assignors: "
                    + assignors.joined(separator: ", ") + ".")
        }
        return nil
    }
}
