package import Model

/// What a member of a consumer group learns from a heartbeat.
package struct ConsumerHeartbeatReply: Equatable, Sendable {
    package var error = ErrorCode.none
    package var message: String?
    package var memberID: String?
    package var epoch: Int32 = 0
    package var interval = Duration.zero
    /// What it is to have from now on; nil if that has not changed since it was last told.
    package var assignment: PartitionSet?

    package init() {}

    static func failure(_ error: ErrorCode, _ message: String? = nil) -> ConsumerHeartbeatReply {
        var reply = ConsumerHeartbeatReply()
        reply.error = error
        reply.message = message
        return reply
    }
}
