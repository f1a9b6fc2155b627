internal import Configuration

/// What the controller must know of topics that do not say it themselves. Kept beside the settings, as every
/// election asks.
struct TopicDefaults: Sendable {
    let minInSync: Int
    let allowsUncleanElection: Bool
    let flushesBeforeAck: Bool

    init(_ settings: BrokerSettings) {
        minInSync = settings.int("min.insync.replicas")
        allowsUncleanElection = settings.flag("unclean.leader.election.enable")
        flushesBeforeAck = settings.flag("log.flush.before.ack")
    }
}
