package import Configuration
package import Model

/// What a controller is told at its start.
package struct ControllerSettings: Sendable {
    /// This controller.
    package let nodeID: BrokerID
    package let clusterID: String
    /// Settings of the node's file, for what topics and requests leave open.
    package let broker: BrokerSettings

    /// Silence after which a broker that registered the feature `martlet` is fenced.
    package var martletSession: Duration = .seconds(2)
    /// Silence after which any other broker is fenced: Kafka's default, as it heartbeats every 2 s.
    package var kafkaSession: Duration = .seconds(9)
    /// From the loss of a heartbeat connection to the heartbeat on a new one (design.md §5).
    package var connectionGrace = connectionGrace
    /// From the last heartbeat of a broker whose connection did not end in order: by then it knows by itself that
    /// it is not heard (`leaseMax`).
    package var brokerLease = leaseMax
    /// From becoming active to the first sign of life of a Martlet broker (design.md §5).
    package var activationGrace = activationGrace
    /// From becoming active to the first sign of life of the broker beside the controller before, if the
    /// connection to it broke: what a living process needs to hear of the new one and answer.
    package var introductionGrace: Duration = .milliseconds(150)
    /// Lateness of our own timer above which our silence, not the brokers', explains missing heartbeats.
    package var stallTolerance: Duration = .milliseconds(200)
    /// How long the log may stay without a new record (KIP-835); nil for ever.
    package var noOpInterval: Duration? = .milliseconds(500)
    /// How often leaders are brought back to their preferred replicas; nil if never.
    package var balanceInterval: Duration? = .seconds(300)
    /// How often leaderless partitions are looked at that allow an unclean leader.
    package var uncleanInterval: Duration = .seconds(300)

    package init(nodeID: BrokerID, clusterID: String, broker: BrokerSettings) {
        self.nodeID = nodeID
        self.clusterID = clusterID
        self.broker = broker
    }

    /// What an answered heartbeat is worth to a broker, at most (`LeadershipLease`).
    package static let leaseMax = Duration.milliseconds(700)
    /// Brokers count on both graces: a lease ends before them.
    package static let connectionGrace = Duration.milliseconds(300)
    package static let activationGrace = Duration.milliseconds(500)
    /// Records of one user operation, and of one batch, at most (raft.md §9).
    package static let recordsMax = 10_000
    /// Elections of one round of a timer, at most; what is left is done in the next turn.
    package static let electionsMax = 1_000
    /// Producer ids in a block.
    package static let producerIDBlock: Int64 = 1_000
}
