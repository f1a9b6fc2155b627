internal import Model

/// Draws faults from the seed, within the bounds in which Martlet promises to lose nothing.
///
/// The bounds. What was durable may be gone at one node of a cluster, whose disk is exchanged: fewer than
/// `min.insync.replicas` (2), and a minority of the voters. A voter's disk is only exchanged where the voters
/// stand in the log with their directory ids: without them the quorum cannot tell that a voter has forgotten
/// its votes. A disk that lies about syncs does not lose power afterwards: what such a disk keeps nobody can
/// promise. Bits flip on one disk of a cluster none of which was exchanged, and only where all other replicas have
/// what is lost.
final class Nemesis {
    private let cluster: SimulatedCluster
    private(set) var faultCount = 0
    /// Whose disk was exchanged: no other may be.
    private(set) var replaced: BrokerID?
    private var liars: Set<BrokerID> = []
    /// Their disks were full, failed or hung: what a node then takes out of service comes back when it is started anew.
    private var spoiled: Set<BrokerID> = []

    /// Asked before a voter's disk is exchanged: a minority of those who vote now must bear it.
    var mayExchangeVoter: () -> Bool = { true }

    /// Whose disk forgets bits: no other may.
    private var forgetful: BrokerID?
    /// Partitions of which bits may be forgotten; empty in most worlds.
    private let fragile: [TopicPartition]

    /// Voters crash as soon as they have voted, up to then.
    private var stormUntil = Instant.zero
    /// No fault comes any more.
    private var isOver = false

    /// - Parameters:
    ///   - fragile: partitions in which bits flip at rest.
    ///   - strikesAtCuts: the power fails soon after a log was cut.
    init(
        of cluster: SimulatedCluster, fragile: [TopicPartition] = [], strikesAtCuts: Bool = false
    ) {
        self.cluster = cluster
        self.fragile = fragile
        if strikesAtCuts {
            cluster.checker.whenLogIsCut { [weak self] in self?.logWasCut(on: $0) }
        }
        cluster.checker.whenVoteIsGranted { [weak self] in self?.voteGranted(by: $0) }
    }

    private func drawNode() -> SimulatedNode {
        cluster.nodes[cluster.draw(0...cluster.nodes.count - 1)]
    }

    /// One fault, or the end of one.
    func strike() {
        guard !cluster.time.isHalted else { return }
        faultCount += 1
        let node = drawNode()
        if !fragile.isEmpty, cluster.draw(0...2) == 0 { return flipBit(on: node) }
        if node.directories.count > 1, cluster.draw(0...7) == 0 { return failDirectory(of: node) }
        guard node.isRunning else { return node.start() }
        switch cluster.draw(0...25) {
        case 0, 1: node.kill()
        case 2: losePower(node)
        case 3: losePowerInTheMiddle(node)
        case 4: for node in cluster.nodes { losePower(node) }
        case 5: cluster.controller?.kill()
        case 6, 7: if node.isPaused { node.resume() } else { node.pause() }
        case 8, 9: cutOff(node)
        case 10: divide(around: node)
        case 11, 12, 13: strikeDisk(of: node)
        case 14: slowLinks(of: node)
        case 15: breakConnections(of: node)
        case 16: node.clock.set(aheadBy: .seconds(cluster.draw(-2_000...2_000)))
        case 17: replaceDisk(of: node)
        case 18: makePeace()
        case 24, 25: beginStorm()
        case 19, 20: cluster.heal()
        default: for other in cluster.nodes where !other.isRunning { other.start() }
        }
    }

    // MARK: Power and disks

    private func losePower(_ node: SimulatedNode) {
        if !liars.contains(node.id) { node.losePower() }
    }

    private func losePowerInTheMiddle(_ node: SimulatedNode) {
        if !liars.contains(node.id) { node.losePower(afterOperations: cluster.draw(0...40)) }
    }

    private func strikeDisk(of node: SimulatedNode) {
        switch cluster.draw(0...5) {
        case 0, 1:
            node.disk.stall(for: .milliseconds(cluster.draw(10...8_000)))
            spoiled.insert(node.id)
        case 2: node.disk.syncLength = 5_000...80_000
        case 3:
            node.disk.isFull = true
            spoiled.insert(node.id)
        case 4:
            node.disk.failsSyncs = true
            spoiled.insert(node.id)
        default:
            guard replaced == nil else { return }
            liars.insert(node.id)
            cluster.checker.distrust(node.id)
            node.disk.liesAboutSyncs = cluster.draw(0...1) == 0
        }
        cluster.timeline.add("disk of node \(node.id.rawValue) is struck")
    }

    /// One of the directories fails; not that of the metadata, without which there is no node.
    private func failDirectory(of node: SimulatedNode) {
        let others = node.directories.dropFirst()
        let directory = others[others.startIndex + cluster.draw(0...others.count - 1)]
        node.disk.failingDirectories.insert(directory)
        spoiled.insert(node.id)
        cluster.timeline.add("directory \(directory) of node \(node.id.rawValue) fails")
    }

    private func replaceDisk(of node: SimulatedNode) {
        guard replaced == nil, liars.isEmpty, forgetful == nil else { return }
        guard !node.role.isController || cluster.plan.keepsVotersInLog else { return }
        guard !node.role.isController || mayExchangeVoter() else { return }
        replaced = node.id
        node.replaceDisk()
    }

    /// A bit of a batch flips, where all other replicas have it.
    private func flipBit(on node: SimulatedNode) {
        guard node.role.isBroker, replaced == nil, forgetful == nil || forgetful == node.id else {
            return
        }
        let place = fragile[cluster.draw(0...fragile.count - 1)]
        let batches = cluster.checker.repairable(place, on: node.id)
        guard !batches.isEmpty else { return }
        let batch = batches[cluster.draw(0...batches.count - 1)]
        let byte = cluster.draw(Self.checkedFrom...batch.bytes.count - 1)
        forgetful = node.id
        cluster.checker.noteDamage(of: place, on: node.id)
        cluster.timeline.add(
            "disk of node \(node.id.rawValue) forgets a bit of \(place) at "
                + "\(batch.offsets.lowerBound.rawValue), byte \(byte) of the batch")
        node.disk.flipBit(
            cluster.draw(0...7), ofByte: batch.bytes.lowerBound + byte, in: batch.path)
    }

    /// Byte of a batch from which on bits flip. Before lie offset, length and epoch, which its checksum does not cover,
    /// and the number of the format, without which nobody can read on, the checker neither.
    private static let checkedFrom = 17

    /// What was written since, and what was noted of the cut, is on no disk yet.
    private func logWasCut(on id: BrokerID) {
        guard !isOver, cluster.draw(0...1) == 0 else { return }
        let (delay, pause) = (
            cluster.time.microseconds(1...4_000), cluster.time.microseconds(5_000...60_000)
        )
        cluster.time.schedule(after: delay) { [weak self] in
            guard let self, !isOver, let node = cluster.nodes.first(where: { $0.id == id }),
                node.isRunning
            else { return }
            faultCount += 1
            losePower(node)
            cluster.time.schedule(after: pause) { node.start() }
        }
    }

    // MARK: Elections

    /// The quorum loses its leader over links so slow that several stand for one term, and voters crash as soon
    /// as they have spoken: whoever forgets a vote gives it twice.
    private func beginStorm() {
        cluster.timeline.add("a storm of elections begins")
        stormUntil = cluster.time.now + .seconds(cluster.draw(1...5))
        let controllers = cluster.nodes.filter(\.role.isController)
        for from in controllers {
            for to in controllers where from !== to {
                cluster.network.degrade(
                    from: from.host, to: to.host,
                    .init(extraDelay: .milliseconds(cluster.draw(10...150))))
            }
        }
        cluster.controller?.kill()
    }

    private func voteGranted(by voter: BrokerID) {
        guard cluster.time.now < stormUntil, cluster.draw(0...1) == 0 else { return }
        let losesPower = cluster.draw(0...1) == 0
        let pause = cluster.time.microseconds(100...60_000)
        // Not at once: the vote is heard in the middle of somebody's turn.
        cluster.time.schedule(after: .microseconds(1)) { [weak self] in
            guard let self, let node = cluster.nodes.first(where: { $0.id == voter }) else {
                return
            }
            guard node.isRunning, cluster.time.now < stormUntil else { return }
            faultCount += 1
            if losesPower { losePower(node) } else { node.kill() }
            cluster.time.schedule(after: pause) { node.start() }
        }
    }

    // MARK: Links

    private func others(than node: SimulatedNode) -> [SimulatedNode] {
        cluster.nodes.filter { $0.id != node.id }
    }

    private func cutOff(_ node: SimulatedNode) {
        let isBothWays = cluster.draw(0...1) == 0
        let isFromAll = cluster.draw(0...1) == 0
        let others = others(than: node)
        for other in isFromAll ? others : [others[cluster.draw(0...others.count - 1)]] {
            cluster.cut(from: node, to: other)
            if isBothWays { cluster.cut(from: other, to: node) }
        }
    }

    /// Two halves that do not see each other; one node may see both.
    private func divide(around node: SimulatedNode) {
        let isBridge = cluster.draw(0...1) == 0
        var sides: [Bool] = []
        for _ in cluster.nodes { sides.append(cluster.draw(0...1) == 0) }
        for (from, fromSide) in zip(cluster.nodes, sides) {
            for (to, toSide) in zip(cluster.nodes, sides) where fromSide != toSide {
                if isBridge, from === node || to === node { continue }
                cluster.cut(from: from, to: to)
            }
        }
    }

    private func slowLinks(of node: SimulatedNode) {
        let quality = SimulatedNetwork.Quality(
            extraDelay: .milliseconds(cluster.draw(0...100)), lossOneIn: cluster.draw(0...20))
        cluster.timeline.add("links of node \(node.id.rawValue) are slow")
        for other in others(than: node) {
            cluster.network.degrade(from: node.host, to: other.host, quality)
            cluster.network.degrade(from: other.host, to: node.host, quality)
        }
    }

    private func breakConnections(of node: SimulatedNode) {
        cluster.network.doubledConnectionOneIn = cluster.draw(0...1) * 5
        let others = others(than: node)
        let other = others[cluster.draw(0...others.count - 1)]
        cluster.timeline.add(
            "connections of node \(node.id.rawValue) to \(other.id.rawValue) are gone there")
        cluster.network.breakSilently(at: node.host, to: other.host)
    }

    // MARK: Peace

    /// There is peace from now on.
    func end() {
        isOver = true
        makePeace()
    }

    /// All works again, but for what was lost.
    func makePeace() {
        guard !cluster.time.isHalted else { return }
        cluster.heal()
        for node in cluster.nodes {
            node.disk.recover()
            if spoiled.contains(node.id) { node.kill() }
            node.resume()
            if !node.isRunning { node.start() }
        }
        spoiled = []
        stormUntil = .zero
    }
}
