internal import Model

/// One seed: a cluster under load while faults strike it and operators change it, then peace, in which
/// everything must come back.
package final class FaultRun {
    /// How large a run is.
    package struct Size: Equatable, Sendable {
        /// Combined nodes; nil: as the seed draws it.
        package var nodeCount: Int?
        /// How long faults strike.
        package var faultTime = Duration.seconds(15)

        package init() {}
    }

    /// How soon after the last fault all nodes must serve.
    static let recoveryMax = Duration.seconds(30)
    /// How long what is under way may take then.
    static let settlingMax = Duration.seconds(90)

    /// Ten times what a busy run has on average.
    static let eventsPerSecondMax = 50_000

    package let cluster: SimulatedCluster
    /// Topics with clients; the first promises most.
    package let workloads: [Workload]
    private let size: Size
    private let traits: WorldTraits
    private let nemesis: Nemesis
    private let chores: Chores
    /// Nil in most worlds.
    private let voterChores: VoterChores?
    private let probe: EpochProbe

    /// - Parameter records: whether the timeline is kept.
    package init(seed: UInt64, _ size: Size = Size(), records: Bool = true) {
        var random = PRNG(seed: ~seed)
        self.size = size
        var plan = Self.drawPlan(&random)
        if let count = size.nodeCount { plan.members = ClusterPlan.combined(count).members }
        let traits = WorldTraits(of: seed)
        self.traits = traits
        plan.settings += traits.settings
        if traits.hasTwoDirectories { plan.directoryCount = 2 }
        let changesVoters = traits.changesVoters && plan.controllers.count >= 3
        if changesVoters { plan.keepsVotersInLog = true }
        let cluster = SimulatedCluster(seed: seed, plan)
        self.cluster = cluster
        cluster.timeline.isRecording = records
        cluster.time.eventsMax =
            Self.eventsPerSecondMax * Int(size.faultTime.components.seconds + 60)
        // Small segments, so that logs roll, are cut over their edges and are recovered in parts.
        var workloads = [
            Workload(
                on: cluster, topic: "orders", partitionCount: 3,
                settings: [
                    ("internal.segment.bytes", traits.segmentBytes),
                    ("index.interval.bytes", "512"),
                ], paddingBytes: traits.paddingBytes),
            Workload(
                on: cluster, topic: "events", partitionCount: 2,
                settings: traits.forgets ? [("internal.segment.bytes", traits.segmentBytes)] : [],
                paddingBytes: traits.paddingBytes),
            Workload(on: cluster, topic: "guesses", partitionCount: 1, isVolatile: true),
        ]
        if traits.compacts { workloads.append(Self.ledger(on: cluster)) }
        self.workloads = workloads
        nemesis = Nemesis(
            of: cluster,
            fragile: traits.forgets ? workloads[..<2].flatMap(\.partitions) : [],
            strikesAtCuts: traits.losesPowerAtCuts)
        chores = Chores(
            on: cluster, tunable: "guesses", guarded: "orders",
            moving: traits.reassigns ? workloads.flatMap(\.partitions) : [],
            movingWithin: traits.hasTwoDirectories ? workloads.flatMap(\.partitions) : [])
        voterChores = changesVoters ? VoterChores(on: cluster) : nil
        if let voterChores {
            // One is out, and another may be by a request that comes late.
            cluster.checker.voters(plan.controllers.count - 2)
            nemesis.mayExchangeVoter = { voterChores.allVote }
        }
        probe = EpochProbe(on: cluster.makeClient()) { [checker = cluster.checker] in
            checker.report(.epochsAreFenced, $0)
        }
        cluster.checker.whenBroken = { [time = cluster.time] in time.halt() }
    }

    /// A topic that is compacted all the time.
    private static func ledger(on cluster: SimulatedCluster) -> Workload {
        Workload(
            on: cluster, topic: "ledger", partitionCount: 2,
            settings: [
                ("cleanup.policy", "compact"), ("internal.segment.bytes", "4096"),
                ("min.cleanable.dirty.ratio", "0.01"), ("index.interval.bytes", "512"),
            ], keyCount: 7)
    }

    /// Half of all seeds have three combined nodes, the others more, or controllers of their own.
    private static func drawPlan(_ random: inout PRNG) -> ClusterPlan {
        var plan: ClusterPlan =
            switch random.below(8) {
            case 0...3: .combined(3)
            case 4: .combined(4)
            case 5, 6: .combined(5)
            default: .separate(controllers: 3, brokers: 3)
            }
        plan.keepsVotersInLog = random.below(2) == 0
        // Snapshots and segments of the metadata within seconds, not hours.
        plan.settings = [
            "metadata.log.max.record.bytes.between.snapshots=\(4_096 << random.below(4))",
            "internal.metadata.log.segment.bytes=16384", "metadata.max.retention.bytes=65536",
            // ISRs shrink, and logs are taken at their word, within the time of a run.
            "replica.lag.time.max.ms=1500", "log.flush.offset.checkpoint.interval.ms=1000",
        ]
        return plan
    }

    deinit { cluster.end() }

    package var isFaultless: Bool { cluster.checker.violations.isEmpty }

    /// One line.
    package var summary: String {
        let first = cluster.checker.violations.first.map { "FAILED \($0.rule)" }
        let acknowledged = workloads.reduce(0) { $0 + $1.history.acknowledgedCount }
        let sent = workloads.reduce(0) { $0 + $1.history.sentCount }
        return "\(first ?? "ok"), \(cluster.plan.description)\(traits.description), "
            + "\(cluster.time.eventCount) events in \(cluster.timeline.elapsed) s, "
            + "\(nemesis.faultCount) faults, \(cluster.checker.leaderCount) terms, "
            + "\(acknowledged)/\(sent) acknowledged, trace "
            + String(cluster.time.trace.hash, radix: 16)
    }

    /// What was broken, and what happened last.
    package func report(lines: Int) -> [String] {
        cluster.checker.violations.map(\.description) + cluster.timeline.last(lines)
    }

    // MARK: The play

    /// Plays it to the end, or to the first rule that is broken.
    package func play() {
        if begin() {
            disturb()
            recover()
        }
        if cluster.time.hasSpun {
            cluster.checker.report(.ends, "something spins: too many events")
        }
    }

    private func begin() -> Bool {
        cluster.start()
        guard cluster.allServe(within: .seconds(10)) else {
            cluster.checker.report(.comesBack, "the nodes do not come to serve")
            return false
        }
        for workload in workloads {
            guard workload.createTopic() else {
                cluster.checker.report(.comesBack, "topic \(workload.topic) cannot be made")
                return false
            }
            workload.startReading()
        }
        workloads[0].start(2, every: .milliseconds(20), kind: .exact)
        workloads[1].start(1, every: .milliseconds(30), kind: .repeating)
        workloads[1].start(1, every: .milliseconds(30), kind: .quick)
        workloads[2].start(1, every: .milliseconds(40), kind: .exact)
        workloads[2].start(1, every: .milliseconds(40), kind: .blind)
        if traits.compacts {
            workloads[3].start(1, every: .milliseconds(20), kind: .exact)
            workloads[3].start(1, every: .milliseconds(40), kind: .repeating)
        }
        return true
    }

    private func disturb() {
        let end = cluster.time.now + size.faultTime
        while cluster.time.now < end, !cluster.time.isHalted {
            cluster.time.pass(.milliseconds(cluster.draw(50...1_200)))
            nemesis.strike()
            chores.doOne()
            voterChores?.doOne()
            askWithWrongEpoch()
        }
        nemesis.end()
    }

    private func askWithWrongEpoch() {
        let workload = workloads[cluster.draw(0...workloads.count - 1)]
        let number = Int32(cluster.draw(0...Int(workload.partitionCount) - 1))
        let place = TopicPartition(workload.topic, number)
        if let leadership = cluster.checker.leadership(of: place) { probe.ask(leadership) }
    }

    private func recover() {
        let serves = cluster.time.pass(atMost: Self.recoveryMax) {
            // What a fault that was still on its way has ended.
            for node in cluster.nodes where !node.isRunning { node.start() }
            return cluster.nodes.allSatisfy { $0.isServing }
        }
        guard expect(serves, "not all nodes serve again") else { return }
        let isWhole = cluster.time.pass(atMost: Self.recoveryMax) { cluster.checker.want == nil }
        guard isWhole || !isUndecided else { return }
        guard expect(isWhole, cluster.checker.want ?? "") else { return }
        guard isRepaired() else { return }
        for workload in workloads { workload.stopSending() }
        let settles = cluster.time.pass(atMost: Self.settlingMax) {
            (voterChores?.finish() ?? true) && chores.isIdle && workloads.allSatisfy(\.isIdle)
        }
        guard expect(settles, "producers or operators do not come to an end") else { return }
        for workload in workloads { workload.check() }
    }

    /// Goes on until everything that a disk forgot is there again; whether it comes to be.
    private func isRepaired() -> Bool {
        guard traits.forgets else { return true }
        let places = workloads.flatMap(\.partitions)
        let end = cluster.time.now + Self.recoveryMax
        while let damage = cluster.checker.damage(of: places) {
            guard cluster.time.now < end, !cluster.time.isHalted else {
                if !cluster.time.isHalted { cluster.checker.report(.damageIsRepaired, damage) }
                return false
            }
            cluster.time.pass(.milliseconds(500))
        }
        return !cluster.time.isHalted
    }

    /// The replica whose disk is another was the last in sync of partitions of which nobody else is eligible: the
    /// controller waits for an operator's decision.
    private var isUndecided: Bool {
        nemesis.replaced.map { cluster.checker.lacksLeader(since: $0) } ?? false
    }

    private func expect(_ holds: Bool, _ otherwise: String) -> Bool {
        guard !cluster.time.isHalted else { return false }
        if !holds { cluster.checker.report(.comesBack, otherwise) }
        return holds
    }
}
