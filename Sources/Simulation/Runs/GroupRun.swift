internal import Client
internal import Model

/// One seed of a group: members come, leave and crash, brokers are killed and paused; then peace, in which the members
/// share all partitions and everything is read, in bounded time.
package final class GroupRun {
    /// What the members of a run are.
    package enum Kind: String, CaseIterable, Sendable {
        /// All of them give everything up at each rebalance.
        case eager
        case cooperative
        /// Those that come back in place of one that crashed are taken for it.
        case `static`
        /// The consumer protocol (KIP-848).
        case consumer
        /// Each speaks one of the two protocols.
        case mixed
    }

    static let faultTime = Duration.seconds(30)
    /// How soon after the last fault the members share all partitions: a member that crashed is missed for its session.
    static let settlingMax = Duration.seconds(90)
    static let memberMax = 5
    /// Ten times what a long run has.
    static let eventsMax = 4_000_000

    package let cluster: SimulatedCluster
    package let book: GroupBook
    private let kind: Kind
    private let workload: Workload
    private var members: [SimulatedMember] = []
    private var memberCount = 0
    private var faultCount = 0

    /// - Parameters:
    ///   - kind: of the members; nil: the seed draws it.
    ///   - records: whether the timeline is kept.
    package init(seed: UInt64, _ kind: Kind? = nil, records: Bool = true) {
        var plan = ClusterPlan.combined(3)
        plan.settings = [
            "offsets.topic.num.partitions=3", "group.initial.rebalance.delay.ms=200",
            "group.consumer.min.heartbeat.interval.ms=200",
            "group.consumer.heartbeat.interval.ms=500",
            "group.consumer.min.session.timeout.ms=10000",
            "group.consumer.session.timeout.ms=15000",
            // Of half of the seeds every target is made away from the loop.
            "group.consumer.assignor.offload.min.size=\(seed / 5 % 2 == 0 ? 0 : 10_000)",
        ]
        let cluster = SimulatedCluster(seed: seed, plan)
        self.cluster = cluster
        cluster.timeline.isRecording = records
        cluster.time.eventsMax = Self.eventsMax
        self.kind = kind ?? Kind.allCases[Int(seed % UInt64(Kind.allCases.count))]
        book = GroupBook(cluster.timeline) { [checker = cluster.checker] in
            checker.report($0, $1)
        }
        workload = Workload(on: cluster, topic: "orders", partitionCount: 6)
        cluster.checker.whenBroken = { [time = cluster.time] in time.halt() }
    }

    deinit { cluster.end() }

    package var isFaultless: Bool { cluster.checker.violations.isEmpty }

    /// One line.
    package var summary: String {
        let first = cluster.checker.violations.first.map { "FAILED \($0.rule)" }
        return "\(first ?? "ok"), \(kind), \(cluster.time.eventCount) events in "
            + "\(cluster.timeline.elapsed) s, \(faultCount) faults, \(memberCount) members, "
            + "\(book.assignmentCount) partitions given, \(book.commitCount) commits, trace "
            + String(cluster.time.trace.hash, radix: 16)
    }

    /// What was broken, and what happened last.
    package func report(lines: Int) -> [String] {
        cluster.checker.violations.map(\.description) + cluster.timeline.last(lines)
    }

    // MARK: The play

    /// Plays it to the end, or to the first rule that is broken.
    package func play() {
        cluster.start()
        guard cluster.allServe(within: .seconds(10)), workload.createTopic() else {
            cluster.checker.report(.comesBack, "the nodes do not come to serve")
            return
        }
        workload.start(1, every: .milliseconds(50))
        for _ in 0..<2 { join() }
        let end = cluster.time.now + Self.faultTime
        while cluster.time.now < end, !cluster.time.isHalted {
            cluster.time.pass(.milliseconds(cluster.draw(300...3_000)))
            strike()
        }
        recover()
        if cluster.time.hasSpun {
            cluster.checker.report(.ends, "something spins: too many events")
        }
    }

    private func join() {
        var group = GroupConfiguration(id: "readers")
        switch kind {
        case .eager: group.assignors = [.range]
        case .cooperative: break
        case .static:
            group.instanceID = freeInstance
        case .consumer: group.groupProtocol = .consumer
        case .mixed: if cluster.draw(0...1) == 0 { group.groupProtocol = .consumer }
        }
        group.sessionTimeout = .seconds(15)
        group.heartbeatInterval = .milliseconds(500)
        let member = SimulatedMember(
            on: cluster.makeClient(), number: memberCount, group, topic: workload.topic, book: book)
        memberCount += 1
        members.append(member)
        member.start()
    }

    /// The first name of an instance that no member has.
    private var freeInstance: String? {
        let taken = Set(members.compactMap(\.instanceID))
        return (0..<Self.memberMax).map { "i-\($0)" }.first { !taken.contains($0) }
    }

    private func strike() {
        faultCount += 1
        let node = cluster.nodes[cluster.draw(0...cluster.nodes.count - 1)]
        guard node.isRunning else { return node.start() }
        if node.isPaused { return node.resume() }
        switch cluster.draw(0...10) {
        case 0, 1: node.kill()
        case 2: node.pause()
        case 3: isolate(node)
        case 4, 5, 6: if members.count < Self.memberMax { join() }
        case 7: if members.count > 1 { drawMember().leave() }
        case 8: if members.count > 1 { drawMember().crash() }
        default: makePeace()
        }
    }

    /// The other nodes hear nothing of it, nor it of them; the members reach it as before.
    private func isolate(_ node: SimulatedNode) {
        for other in cluster.nodes where other !== node {
            cluster.cut(from: node, to: other)
            cluster.cut(from: other, to: node)
        }
    }

    private func makePeace() {
        cluster.heal()
        for node in cluster.nodes {
            if !node.isRunning { node.start() }
            if node.isPaused { node.resume() }
        }
    }

    private func drawMember() -> SimulatedMember {
        members.remove(at: cluster.draw(0...members.count - 1))
    }

    private func recover() {
        makePeace()
        guard !cluster.time.isHalted else { return }
        let places = (0..<workload.partitionCount).map { TopicPartition(workload.topic, $0) }
        let count = members.count
        let settles = cluster.time.pass(atMost: Self.settlingMax) { [self] in
            book.ownedCount == places.count && book.shares.count == min(count, places.count)
        }
        guard expect(settles, "the members share \(book.shares) of \(places.count) partitions")
        else {
            return
        }
        guard expect(workload.stop(), "the producers do not come to an end") else { return }
        let isRead = cluster.time.pass(atMost: .seconds(60)) { [self] in
            places.allSatisfy { book.position(of: $0) >= workload.history.end(of: $0) }
        }
        _ = expect(isRead, "not everything is read")
    }

    private func expect(_ condition: Bool, _ cause: String) -> Bool {
        if !condition, !cluster.time.isHalted { cluster.checker.report(.groupSettles, cause) }
        return condition
    }
}
