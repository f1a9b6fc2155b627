extension Settings {
    /// Roles of a node and the controller quorum.
    static let quorum: [Setting] = [
        .int(
            "broker.heartbeat.interval.ms", 200, valid: .atLeast(1),
            "How often a broker tells the active controller that it lives. Kafka's default "
                + "is 2000."),
        .int(
            "broker.session.timeout.ms", 2000, valid: .atLeast(1),
            "Without a heartbeat for so long a broker is fenced; at least three heartbeats. "
                + "Kafka's default is 9000."),
        .list(
            "controller.listener.names", nil, isRequired: true,
            "Listeners that the quorum uses; the first is used to talk to it."),
        .long(
            "controller.performance.always.log.threshold.ms", 2000, valid: .atLeast(0),
            isInternal: true,
            "Controller events that take longer are logged."),
        .long(
            "controller.performance.sample.period.ms", 60_000, valid: .atLeast(100),
            isInternal: true,
            "How often the slowest controller event is logged."),
        .int(
            "controller.quorum.append.linger.ms", 25, valid: .atLeast(0),
            "How long the quorum's leader gathers records before one sync."),
        .boolean(
            "controller.quorum.auto.join.enable", false,
            "Whether a controller outside the voters adds itself to them."),
        .list(
            "controller.quorum.bootstrap.servers", "", valid: .listOfNonEmpty,
            "Where to find the quorum, host:port,…; for a dynamic quorum."),
        .int(
            "controller.quorum.election.backoff.max.ms", 1000, valid: .atLeast(0),
            "Most of the pause that keeps the successors of a resigned leader from standing "
                + "at once."),
        .int(
            "controller.quorum.election.timeout.ms", 300, valid: .atLeast(0),
            "Least of the random time an election may take; drawn up to its double. Kafka's "
                + "default is 1000."),
        .int(
            "controller.quorum.fetch.max.bytes", 1_048_576, valid: .atLeast(1),
            "Largest piece of the metadata log in one fetch."),
        .int(
            "controller.quorum.fetch.snapshot.max.bytes", 1_048_576, valid: .atLeast(1),
            "Largest piece of a snapshot in one fetch."),
        .int(
            "controller.quorum.fetch.timeout.ms", 1000, valid: .atLeast(0),
            "A follower without a good fetch for so long stands for election; a leader "
                + "without a majority's fetches for half as much again resigns. Kafka's default "
                + "is 2000."),
        .int(
            "controller.quorum.request.timeout.ms", 2000, valid: .atLeast(0),
            "How long a request within the quorum may take."),
        .int(
            "controller.quorum.retry.backoff.ms", 20, valid: .atLeast(0),
            "Pause before a failed request within the quorum is tried again."),
        .list(
            "controller.quorum.voters", "", valid: .listOfNonEmpty,
            "The voters of a static quorum, id@host:port,…; empty with a dynamic one."),
        .int(
            "initial.broker.registration.timeout.ms", 60_000,
            "A broker that cannot register for so long stops."),
        .int(
            "node.id", nil, valid: .atLeast(0), synonyms: ["broker.id"], isRequired: true,
            "Id of this node; brokers and controllers share one number space."),
        .list(
            "process.roles", nil, valid: .listOf(["broker", "controller"]), isRequired: true,
            "What this node is: broker, controller or both."),
        .string(
            "sasl.mechanism.controller.protocol", "GSSAPI",
            "SASL mechanism for talking to controllers."),
        .long(
            "server.max.startup.time.ms", .max, valid: .atLeast(0), isInternal: true,
            "A start that takes longer is given up."),
    ]
}
