package import Model

/// A node's `server.properties`, checked as a whole: what the door starts a node from.
///
/// `parse` collects every problem before it refuses, so that an operator mends a file once. What is merely
/// odd (an unknown name) becomes a warning. The room reads nothing itself: text in, value out.
package struct NodeConfiguration: Sendable {
    /// `node.id`.
    package let nodeID: BrokerID
    package let isBroker: Bool
    package let isController: Bool
    /// Every setting of the file, and the layers that run-time changes add.
    package var settings: BrokerSettings

    /// Where brokers and clients connect, in the order written. Empty on a controller.
    package let brokerListeners: [Endpoint]
    /// Where the quorum connects, in the order written. Empty on a broker.
    package let controllerListeners: [Endpoint]
    /// What clients and brokers are told. Empty on a controller.
    package let advertisedListeners: [Endpoint]
    /// What the quorum is told. Empty on a broker.
    package let advertisedControllerListeners: [Endpoint]
    /// The listener brokers use among themselves.
    package let interBrokerListener: String
    /// `controller.listener.names`; the first is used to talk to the quorum.
    package let controllerListenerNames: [String]

    /// `controller.quorum.voters`, by id; empty with a dynamic quorum.
    package let staticVoters: [StaticVoter]
    /// `controller.quorum.bootstrap.servers`.
    package let bootstrapServers: [HostAndPort]

    /// `log.dirs`, absolute or as written, without duplicates.
    package let logDirectories: [String]
    /// `metadata.log.dir`, or the first log directory.
    package let metadataDirectory: String

    /// One line each, for the log.
    package let warnings: [ConfigurationWarning]
}

/// Something odd in a configuration that does not stop the start.
package struct ConfigurationWarning: Hashable, Sendable, CustomStringConvertible {
    package let name: String
    package let reason: String

    package var description: String { "\(name): \(reason)" }
}
