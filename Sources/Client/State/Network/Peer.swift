package import Model

/// Whom a connection goes to: a server of the configuration, whose node id is not known, or a node.
package enum Peer: Hashable, Sendable {
    /// Index into the configured servers.
    case bootstrap(Int)
    case node(BrokerID)
    /// The coordinator of the consumer's group: a connection of its own to a node, for the coordinator may
    /// keep a JoinGroup for minutes, and answers come in order.
    case coordinator
}

/// One attempt at a connection, never used twice: what comes late from an old one is ignored.
package struct ConnectionID: Hashable, Sendable {
    package let rawValue: UInt64
}

/// What an operation of the `Admin` is known by until it is done.
package struct CallID: Hashable, Sendable {
    package let rawValue: UInt64
}

/// Why a request was sent: it comes back with the answer, so nobody keeps a table of what is under way.
enum RequestPurpose: Hashable, Sendable {
    case metadata
    case call(CallID)
    case initProducerID
    /// The number of the request among the producer's.
    case produce(UInt64)
    case fetch(BrokerID)
    case listOffsets(BrokerID)
    /// With the membership in which it was asked.
    case group(GroupQuestion, membership: Int)
}
