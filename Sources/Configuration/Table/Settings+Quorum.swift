extension Settings {
    /// Roles of a node and the controller quorum.
    static let quorum: [Setting] = [
        .int("broker.heartbeat.interval.ms", 200, "Broker heartbeat interval in milliseconds."),
        .int("broker.session.timeout.ms", 2000, "No heartbeat for so long: the broker is fenced."),
        .list(
            "controller.listener.names", nil, isRequired: true,
            "First one is used to talk to the quorum."),
        .long(
            "controller.performance.always.log.threshold.ms", 2000, valid: .atLeast(0),
            isInternal: true,
            "Controller performance always log threshold in milliseconds."),
        .long(
            "controller.performance.sample.period.ms", 60_000, valid: .atLeast(100),
            isInternal: true,
            "Controller performance sample period in milliseconds."),
        .int(
            "controller.quorum.append.linger.ms", 25, valid: .atLeast(0),
            "Leader collects writes this long before one fsync."),
        .boolean(
            "controller.quorum.auto.join.enable", false, "Controller adds itself to the voters."),
        .list(
            "controller.quorum.bootstrap.servers", "", valid: .listOfNonEmpty,
            "Where to find the quorum (dynamic quorum)."),
        .int(
            "controller.quorum.election.backoff.max.ms", 1000, valid: .atLeast(0),
            "Cap for successors' staggered start after a resignation."),
        .int(
            "controller.quorum.election.timeout.ms", 300, valid: .atLeast(0),
            "Base of the random election timeout: drawn from [x, 2x)."),
        .int(
            "controller.quorum.fetch.max.bytes", 1_048_576, valid: .atLeast(1), "Raft fetch size."),
        .int(
            "controller.quorum.fetch.snapshot.max.bytes", 1_048_576, valid: .atLeast(1),
            "Slice size of a snapshot fetch."),
        .int(
            "controller.quorum.fetch.timeout.ms", 1000, valid: .atLeast(0),
            "Follower without a good fetch stands for election; leader steps down after "
                + "1.5x without a majority fetching."),
        .int("controller.quorum.request.timeout.ms", 2000, valid: .atLeast(0), "Raft RPC timeout."),
        .int(
            "controller.quorum.retry.backoff.ms", 20, valid: .atLeast(0),
            "Wait before a raft RPC is retried."),
        .list(
            "controller.quorum.voters", "", valid: .listOfNonEmpty,
            "Static quorum id@host:port,...; leave empty with a dynamic quorum."),
        .int(
            "initial.broker.registration.timeout.ms", 60_000,
            "Give up and exit if registration does not work."),
        .int(
            "node.id", nil, valid: .atLeast(0), synonyms: ["broker.id"], isRequired: true,
            "Id of this node, 0 and up; voters and brokers share one number space."),
        .list(
            "process.roles", nil, valid: .listOf(["broker", "controller"]), isRequired: true,
            "Broker, controller, or both."),
        .string(
            "sasl.mechanism.controller.protocol", "GSSAPI", "Sasl mechanism controller protocol."),
        .long(
            "server.max.startup.time.ms", .max, valid: .atLeast(0), isInternal: true,
            "Exit if start-up takes longer."),
    ]
}
