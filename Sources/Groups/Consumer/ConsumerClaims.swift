internal import Model

/// Why a request of a member is refused.
struct ConsumerFault: Error {
    let code: ErrorCode
    let message: String

    init(_ code: ErrorCode, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension ConsumerMember {
    /// Takes over what a heartbeat says anew. Whoever sends one speaks the consumer protocol from then on.
    mutating func update(_ request: ConsumerHeartbeat) {
        if let instance = request.instanceID { instanceID = instance }
        if let rack = request.rackID { rackID = rack }
        if let time = request.rebalance { rebalance = time }
        if let names = request.topics { topics = Set(names).sorted() }
        if let expression = request.pattern { pattern = expression.isEmpty ? nil : expression }
        if let name = request.assignor { assignor = name }
        client = request.client
        classic = nil
    }

    /// Whether the member is where it says. It may not have got our last answer: then it says the epoch before,
    /// and has nothing that it should not have.
    func check(_ request: ConsumerHeartbeat) throws(ConsumerFault) {
        if request.epoch > epoch {
            throw ConsumerFault(
                .fencedMemberEpoch, "The member's epoch is larger than the coordinator's.")
        }
        guard request.epoch < epoch else { return }
        let hasNothingElse =
            request.owned.map { $0.subtracting(assigned).isEmpty } ?? false
        guard request.epoch == previousEpoch, hasNothingElse else {
            throw ConsumerFault(
                .fencedMemberEpoch, "The member's epoch is smaller than the coordinator's.")
        }
    }
}

extension ConsumerGroup {
    /// Whether the group has room for a member, who may be one already.
    func checkRoom(for memberID: String, limit: Int) throws(ConsumerFault) {
        guard members[memberID] == nil, members.count >= limit else { return }
        throw ConsumerFault(
            .groupMaxSizeReached, "The group has reached its maximum of \(limit) members.")
    }

    /// The member of a static instance, which must have the id that a request says.
    func checkInstance(_ instance: String, is memberID: String) throws(ConsumerFault) {
        guard let known = staticMembers[instance] else {
            throw ConsumerFault(.unknownMemberId, "Instance id \(instance) is unknown.")
        }
        guard known == memberID else {
            throw ConsumerFault(.fencedInstanceId, "The instance id has another member id.")
        }
    }

    /// The member that a request of the classic protocol comes from.
    func classicMember(_ claim: MemberClaim) throws(ConsumerFault) -> ConsumerMember {
        if let instance = claim.instanceID { try checkInstance(instance, is: claim.memberID) }
        guard let member = members[claim.memberID], member.classic != nil else {
            throw ConsumerFault(.unknownMemberId, "It is no member of the classic protocol.")
        }
        return member
    }
}
