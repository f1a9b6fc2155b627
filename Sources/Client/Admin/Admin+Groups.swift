internal import Bytes
internal import InternalRecords
internal import Model
internal import Wire
internal import WireMessages

extension Admin {
    /// Every group of every broker, ascending by id; only those in one of the states and of one of the types,
    /// where any are given. Names as Kafka has them; their case does not matter.
    public func listGroups(
        states: [String] = [], types: [String] = []
    ) async throws(ClientError) -> [GroupListing] {
        let nodes = try await describeCluster().nodes
        var found: [String: GroupListing] = [:]
        for node in nodes where !node.isFenced {
            for group in try await groups(of: node.id, states, types) { found[group.id] = group }
        }
        return found.values.sorted { $0.id < $1.id }
    }

    private func groups(
        of node: BrokerID, _ states: [String], _ types: [String]
    ) async throws(ClientError) -> [GroupListing] {
        try await retrying("listing groups") { left throws(ClientError) -> [GroupListing] in
            var request = ListGroupsRequest()
            request.statesFilter = states
            request.typesFilter = types
            let lowest: Int16 = !types.isEmpty ? 5 : !states.isEmpty ? 4 : 0
            let answer = try await ask(
                request, of: .node(node), versions: lowest...5, within: left
            ).message
            try answer.errorCode.check()
            return answer.groups.map {
                GroupListing(
                    id: $0.groupID, protocolType: $0.protocolType, state: $0.groupState,
                    type: Self.groupTypeName($0.groupType))
            }
        }
    }

    /// Brokers name types in small letters, Kafka's clients and tools with a capital.
    static func groupTypeName(_ told: String) -> String {
        GroupListing.types.first { $0.lowercased() == told.lowercased() } ?? told
    }

    /// One group, from its coordinator: by KIP-848's description if it is such a group, else by the classic
    /// one.
    ///
    /// - Parameter history: ask for its last rebalances too.
    /// - Throws: `refused(groupIdNotFound)` if there is none.
    public func describeGroup(
        _ id: String, history: Bool = false
    ) async throws(ClientError) -> GroupDescription {
        try await atCoordinator(of: id, "describing group \(id)") {
            node, left throws(ClientError) -> GroupDescription in
            let question = history ? [GroupHistory.question] : []
            if let group = try await consumerGroup(id, question, at: node, within: left) {
                return group
            }
            return try await classicGroup(id, question, at: node, within: left)
        }
    }

    /// Nil if the group is of another kind, or the broker does not know the question.
    private func consumerGroup(
        _ id: String, _ question: [RawTaggedField], at node: NodeDescription,
        within left: Duration
    ) async throws(ClientError) -> GroupDescription? {
        var request = ConsumerGroupDescribeRequest()
        request.groupIDs = [id]
        request.unknownTaggedFields = question
        let answer: ConsumerGroupDescribeResponse
        do {
            answer = try await ask(request, of: .node(node.id), within: left).message
        } catch .unsupportedVersion {
            return nil
        }
        guard let group = answer.groups.first else { return nil }
        if group.errorCode == .groupIdNotFound || group.errorCode == .unsupportedVersion {
            return nil
        }
        try group.errorCode.check(group.errorMessage)
        func partitions(
            _ assignment: ConsumerGroupDescribeResponse.Assignment
        ) -> [TopicPartition] {
            assignment.topicPartitions.flatMap { topic in
                topic.partitions.map { TopicPartition(topic.topicName, $0) }
            }.sorted()
        }
        let members = group.members.map { member in
            GroupDescription.Member(
                id: member.memberID, instanceID: member.instanceID, clientID: member.clientID,
                host: member.clientHost, assignment: partitions(member.assignment),
                epoch: member.memberEpoch, target: partitions(member.targetAssignment),
                isUpgraded: member.memberType < 0 ? nil : member.memberType == 1)
        }
        return GroupDescription(
            id: id, isClassic: false, state: group.groupState, assignor: group.assignorName,
            epoch: group.groupEpoch, targetEpoch: group.assignmentEpoch,
            members: members.sorted { $0.id < $1.id }, coordinator: node,
            history: try GroupRebalance.all(in: group.unknownTaggedFields))
    }

    private func classicGroup(
        _ id: String, _ question: [RawTaggedField], at node: NodeDescription,
        within left: Duration
    ) async throws(ClientError) -> GroupDescription {
        var request = DescribeGroupsRequest()
        request.groups = [id]
        request.unknownTaggedFields = question
        let answer = try await ask(request, of: .node(node.id), within: left).message
        guard let group = answer.groups.first else {
            throw .refused(.unknownServerError, message: "the answer describes nothing")
        }
        try group.errorCode.check(group.errorMessage)
        // Before version 6 a group that is not there is one that is dead.
        if group.groupState == "Dead", group.members.isEmpty {
            throw .refused(.groupIdNotFound, message: nil)
        }
        let members = group.members.map { member in
            GroupDescription.Member(
                id: member.memberID, instanceID: member.groupInstanceID, clientID: member.clientID,
                host: member.clientHost, assignment: Self.assignment(member.memberAssignment),
                epoch: nil, target: nil, isUpgraded: nil)
        }
        return GroupDescription(
            id: id, isClassic: true, state: group.groupState, assignor: group.protocolData,
            epoch: nil, targetEpoch: nil, members: members.sorted { $0.id < $1.id },
            coordinator: node, history: try GroupRebalance.all(in: group.unknownTaggedFields))
    }

    /// What members of other protocols than consumers' are assigned is not ours to read.
    private static func assignment(_ bytes: SharedBytes) -> [TopicPartition]? {
        do { return try ConsumerProtocol.partitions(bytes) } catch { return nil }
    }

    /// Deletes groups without members; a result for each.
    public func deleteGroups(
        _ ids: [String]
    ) async -> [(id: String, failure: ClientError?)] {
        var results: [(id: String, failure: ClientError?)] = []
        for id in ids {
            do {
                try await atCoordinator(of: id, "deleting group \(id)") {
                    node, left throws(ClientError) -> Void in
                    var request = DeleteGroupsRequest()
                    request.groupsNames = [id]
                    let answer = try await ask(request, of: .node(node.id), within: left).message
                    for result in answer.results { try result.errorCode.check() }
                }
                results.append((id, nil))
            } catch {
                results.append((id, error))
            }
        }
        return results
    }

    /// Removes members from a classic group; a result for each, in the order given.
    public func removeMembers(
        _ members: [GroupMemberName], from id: String, reason: String
    ) async throws(ClientError) -> [(member: GroupMemberName, failure: ClientError?)] {
        var request = LeaveGroupRequest()
        request.groupID = id
        request.members = members.map { member in
            var identity = LeaveGroupRequest.MemberIdentity()
            switch member {
            case .memberID(let id): identity.memberID = id
            case .instanceID(let id): identity.groupInstanceID = id
            }
            identity.reason = reason
            return identity
        }
        let asked = request
        let answer = try await atCoordinator(of: id, "removing members of \(id)") {
            node, left throws(ClientError) -> LeaveGroupResponse in
            let answer = try await ask(asked, of: .node(node.id), versions: 3...5, within: left)
                .message
            try answer.errorCode.check()
            return answer
        }
        return zip(members, answer.members).map { member, result in
            (member, result.errorCode == .none ? nil : .refused(result.errorCode, message: nil))
        }
    }
}

extension GroupRebalance {
    /// What a described group tells in our own tagged field.
    fileprivate static func all(
        in fields: [RawTaggedField]
    ) throws(ClientError) -> [GroupRebalance] {
        let history: GroupHistory?
        do { history = try GroupHistory(in: fields) } catch {
            throw .refused(.unknownServerError, message: "the history cannot be read: \(error)")
        }
        return (history?.rebalances ?? []).map { told in
            GroupRebalance(
                began: Timestamp(told.beganMs), took: .milliseconds(told.tookMs),
                cause: told.cause, member: told.memberID, waitedFor: told.waitedForMemberID,
                hasTimedOut: told.hasTimedOut, generation: told.generation,
                memberCount: Int(told.members))
        }
    }
}

// MARK: - The coordinator

extension Admin {
    /// Asks the group's coordinator, wherever it is by now.
    func atCoordinator<R: Sendable>(
        of group: String, _ operation: String,
        _ body: (_ node: NodeDescription, _ left: Duration) async throws(ClientError) -> R
    ) async throws(ClientError) -> R {
        try await retrying(operation) { left throws(ClientError) -> R in
            let node = try await coordinator(of: group, within: left)
            return try await body(node, left)
        }
    }

    private func coordinator(
        of group: String, within left: Duration
    ) async throws(ClientError) -> NodeDescription {
        var request = FindCoordinatorRequest()
        request.coordinatorKeys = [group]
        let answer = try await ask(request, versions: 4...6, within: left).message
        guard let found = answer.coordinators.first else {
            throw .refused(.coordinatorNotAvailable, message: nil)
        }
        try found.errorCode.check(found.errorMessage)
        return NodeDescription(
            id: BrokerID(found.nodeID),
            address: ServerAddress(host: found.host, port: UInt16(clamping: found.port)),
            rack: nil, isFenced: false)
    }
}
