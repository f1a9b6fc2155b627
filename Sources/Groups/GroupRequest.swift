package import Bytes
internal import Model

/// One protocol that a classic member speaks, with what it wants to tell the leader in it.
package struct ClassicProtocol: Equatable, Sendable {
    package let name: String
    package let metadata: SharedBytes

    package init(_ name: String, _ metadata: SharedBytes) {
        self.name = name
        self.metadata = metadata
    }
}

/// Who sends a request, for people to read.
package struct GroupClient: Equatable, Sendable {
    package let id: String
    package let host: String

    package init(id: String, host: String) {
        self.id = id
        self.host = host
    }
}

/// A wish to be a member of a classic group.
package struct JoinRequest: Equatable, Sendable {
    package let groupID: String
    /// Empty for a member that does not have one yet.
    package var memberID = ""
    package var instanceID: String?
    package var client = GroupClient(id: "", host: "")
    package var session = Duration.seconds(45)
    package var rebalance = Duration.seconds(300)
    package var protocolType = ""
    package var protocols: [ClassicProtocol] = []
    package var reason: String?
    /// The client can be sent away with an id first (KIP-394).
    package var takesMemberID = false
    /// A leader may be told that it has nothing to assign (KIP-814).
    package var skipsAssignment = false

    package init(_ groupID: String) { self.groupID = groupID }
}

/// A member's question for its assignment, and the leader's answer for all.
package struct SyncRequest: Equatable, Sendable {
    package let groupID: String
    package var member = MemberClaim("")
    package var protocolType: String?
    package var protocolName: String?
    package var assignments: [(member: String, bytes: SharedBytes)] = []

    package init(_ groupID: String) { self.groupID = groupID }

    package static func == (a: Self, b: Self) -> Bool {
        a.groupID == b.groupID && a.member == b.member && a.protocolType == b.protocolType
            && a.protocolName == b.protocolName
            && a.assignments.elementsEqual(b.assignments) { $0 == $1 }
    }
}

/// Who a request says that it comes from, to be checked against the group.
package struct MemberClaim: Equatable, Sendable {
    package let memberID: String
    package let instanceID: String?
    /// The generation of a classic member, the epoch of a consumer.
    package let generation: Int32

    package init(_ memberID: String, instanceID: String? = nil, generation: Int32 = -1) {
        self.memberID = memberID
        self.instanceID = instanceID
        self.generation = generation
    }

    /// It does not say that it is a member: an admin client, or a consumer that assigns itself.
    var isNobody: Bool { generation < 0 && memberID.isEmpty && instanceID == nil }
}

/// A member that is to leave.
package struct LeaveRequest: Equatable, Sendable {
    package let memberID: String
    package let instanceID: String?
    package let reason: String?

    package init(memberID: String, instanceID: String?, reason: String?) {
        self.memberID = memberID
        self.instanceID = instanceID
        self.reason = reason
    }
}
