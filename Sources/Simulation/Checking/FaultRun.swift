internal import Model

/// One seed: a cluster under load while faults strike it, then peace, in which everything must come back.
package final class FaultRun {
    /// How long faults strike.
    static let faultTime = Duration.seconds(10)
    /// How soon after the last fault all nodes must serve.
    static let recoveryMax = Duration.seconds(30)

    package let cluster: SimulatedCluster
    package let workload: Workload
    private var faultCount = 0

    package init(seed: UInt64) {
        cluster = SimulatedCluster(seed: seed)
        workload = Workload(on: cluster)
    }

    package var isFaultless: Bool { cluster.checker.violations.isEmpty }

    /// One line.
    package var summary: String {
        let history = workload.history
        let outcome = isFaultless ? "ok" : "FAILED"
        return "seed \(cluster.seed): \(outcome), \(faultCount) faults, "
            + "\(history.acknowledgedCount)/\(history.sentCount) acknowledged, "
            + "\(cluster.checker.leaderCount) terms, \(cluster.time.trace.count) events, trace "
            + String(cluster.time.trace.hash, radix: 16)
    }

    /// What was broken, and what happened last.
    package func report(lines: Int) -> String {
        (cluster.checker.violations + cluster.timeline.last(lines)).joined(separator: "\n")
    }

    /// Plays it to the end.
    package func play() {
        cluster.start()
        guard cluster.allServe(within: .seconds(10)) else {
            return cluster.checker.report("the nodes do not come to serve")
        }
        guard workload.createTopic() else {
            return cluster.checker.report("no topic can be made")
        }
        workload.start(2, every: .milliseconds(20))
        let end = cluster.time.now + Self.faultTime
        while cluster.time.now < end {
            cluster.time.pass(.milliseconds(cluster.draw(50...1_500)))
            strike()
        }
        makePeace()
        let serves = cluster.time.pass(atMost: Self.recoveryMax) {
            // What a fault that was still on its way has ended.
            for node in cluster.nodes where !node.isRunning { node.start() }
            return cluster.nodes.allSatisfy { $0.isServing }
        }
        if !serves { cluster.checker.report("not all nodes serve again") }
        if !workload.stop() { cluster.checker.report("producers do not come to an end") }
        workload.check()
    }

    private func strike() {
        faultCount += 1
        let node = cluster.nodes[cluster.draw(0...cluster.nodes.count - 1)]
        guard node.isRunning else { return node.start() }
        switch cluster.draw(0...13) {
        case 0, 1: node.kill()
        case 2: node.losePower()
        case 3: node.losePower(afterOperations: cluster.draw(0...40))
        case 4: for node in cluster.nodes { node.losePower() }
        case 5: cluster.controller?.kill()
        case 6: if node.isPaused { node.resume() } else { node.pause() }
        case 7, 8: cutOff(node)
        case 9: node.disk.stall(for: .milliseconds(cluster.draw(10...3_000)))
        case 10: cluster.heal()
        default: for other in cluster.nodes where !other.isRunning { other.start() }
        }
    }

    private func cutOff(_ node: SimulatedNode) {
        let isBothWays = cluster.draw(0...1) == 0
        let isFromAll = cluster.draw(0...1) == 0
        let others = cluster.nodes.filter { $0.id != node.id }
        for other in isFromAll ? others : [others[cluster.draw(0...others.count - 1)]] {
            cluster.cut(from: node, to: other)
            if isBothWays { cluster.cut(from: other, to: node) }
        }
    }

    private func makePeace() {
        cluster.heal()
        for node in cluster.nodes {
            node.resume()
            if !node.isRunning { node.start() }
        }
    }
}
