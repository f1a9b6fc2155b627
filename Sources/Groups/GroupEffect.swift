package import Bytes
package import Coordination
package import InternalRecords
package import Model

/// What the coordinator's household is to do, in this order.
package enum GroupEffect: Equatable, Sendable {
    /// Answer a request.
    case reply(Ticket, GroupReply)
    /// Append `records`, as a part of the transaction of a producer if there is one, tell the shard by `appended`
    /// in the same turn, and follow `then` once they are committed.
    case write([GroupRecord], by: OffsetProducer?, then: GroupWrite)
    /// Match the group's `patterns` with the names of all topics, away from the loop, and tell `resolved`.
    case resolve(group: String)
    /// Make the group's target away from the loop: `beginTarget`, at the end of the turn, tells how, and
    /// `targetMade` takes it.
    case makeTarget(group: String)
    /// Tell of a rebalance that has ended.
    case rebalanced(group: String, Rebalance)
}

/// What follows a write that is committed.
package enum GroupWrite: Equatable, Sendable {
    case nothing
    /// Answer a request; if the write fails the request is told the error instead.
    case reply(Ticket, GroupReply)
    /// The leader's assignment of a classic group is stored: hand it out.
    case assignment(group: String, generation: Int32)
    /// A consumer group has become a classic one, whose members are to meet.
    case downgraded(group: String)
}

/// An answer, in the mind's words; the handler of the API puts it into the wire's.
package enum GroupReply: Equatable, Sendable {
    /// The whole request failed; or, where there is nothing more to say, went well.
    case error(ErrorCode, String? = nil)
    case joined(JoinReply)
    case synced(SyncReply)
    /// One code for each member that was to leave, in the request's order.
    case left([ErrorCode])
    /// One code for each offset, in the request's order.
    case offsets([ErrorCode])
    case heartbeat(ConsumerHeartbeatReply)
}

/// What a member learns that has joined, or may not.
package struct JoinReply: Equatable, Sendable {
    package var error = ErrorCode.none
    package var generation: Int32 = -1
    package var protocolType: String?
    package var protocolName: String?
    package var leader = ""
    package var skipsAssignment = false
    package var memberID = ""
    /// For the leader only.
    package var members: [Member] = []

    package struct Member: Equatable, Sendable {
        package let id: String
        package let instanceID: String?
        package let metadata: SharedBytes

        package init(id: String, instanceID: String?, metadata: SharedBytes) {
            self.id = id
            self.instanceID = instanceID
            self.metadata = metadata
        }
    }

    package init() {}

    static func failure(_ error: ErrorCode, _ memberID: String) -> JoinReply {
        var reply = JoinReply()
        reply.error = error
        reply.memberID = memberID
        return reply
    }
}

/// What a member is to consume.
package struct SyncReply: Equatable, Sendable {
    package var error = ErrorCode.none
    package var protocolType: String?
    package var protocolName: String?
    package var assignment = SharedBytes.empty

    package init() {}
}
