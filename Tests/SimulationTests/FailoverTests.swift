import Model
import Simulation
import Testing

@Suite("A simulated cluster under load")
struct FailoverTests {
    /// Three nodes that serve, and producers that write to them.
    private func begin(
        _ seed: UInt64, settings: [String] = []
    ) -> (SimulatedCluster, Workload) {
        let cluster = SimulatedCluster(seed: seed, settings: settings)
        cluster.start()
        #expect(cluster.allServe(within: .seconds(2)))
        let workload = Workload(on: cluster)
        #expect(workload.createTopic())
        workload.start(2)
        cluster.time.pass(.seconds(1))
        workload.history.forgetGap()
        return (cluster, workload)
    }

    private func end(_ cluster: SimulatedCluster, _ workload: Workload) {
        for node in cluster.nodes { node.start() }
        if !cluster.allServe(within: .seconds(10)) {
            let events = cluster.timeline.last(60).joined(separator: "\n  ")
            Issue.record("not all nodes serve; the last events:\n  \(events)")
        }
        #expect(workload.stop())
        workload.check()
        cluster.expectNoViolation()
        #expect(workload.history.failedCount == 0)
    }

    @Test(arguments: 1...3)
    func `loses a node, which leads partitions, and goes on within a second`(node: Int) {
        let (cluster, workload) = begin(UInt64(100 + node))
        let before = workload.history.acknowledgedCount
        cluster[node].kill()
        cluster.time.pass(.seconds(3))
        #expect(workload.history.acknowledgedCount > before + 300)
        #expect(workload.history.longestGap < .seconds(1))
        end(cluster, workload)
    }

    @Test func `loses its controller twice and has another within a second`() {
        let (cluster, workload) = begin(110)
        for _ in 0..<2 {
            let old = cluster.controller
            old?.kill()
            let isReplaced = cluster.time.pass(atMost: .seconds(1)) {
                cluster.controller != nil && cluster.controller !== old
            }
            #expect(isReplaced)
            old?.start()
            #expect(cluster.allServe(within: .seconds(5)))
        }
        // What the dead one led does not wait for the patience a new controller has with everybody.
        #expect(workload.history.longestGap < .milliseconds(650))
        end(cluster, workload)
    }

    @Test(arguments: 1...5)
    func `loses all power at once and nothing that was acknowledged`(seed: UInt64) {
        let (cluster, workload) = begin(120 + seed)
        let before = workload.history.acknowledgedCount
        for node in cluster.nodes { node.losePower() }
        cluster.time.pass(.milliseconds(500))
        for node in cluster.nodes { node.start() }
        #expect(cluster.allServe(within: .seconds(10)))
        cluster.time.pass(.seconds(3))
        #expect(workload.history.acknowledgedCount > before)
        end(cluster, workload)
    }

    @Test(arguments: 1...5)
    func `loses power in the middle of a write of each node`(seed: UInt64) {
        let (cluster, workload) = begin(130 + seed)
        for node in cluster.nodes { node.losePower(afterOperations: cluster.draw(0...30)) }
        cluster.time.pass(.seconds(1))
        // One that had nobody left to write for loses it now.
        for node in cluster.nodes { node.losePower() }
        end(cluster, workload)
    }

    @Test func `goes on, slowly, with hardly any memory for requests`() {
        let cluster = SimulatedCluster(
            seed: 160,
            settings: [
                "socket.request.max.bytes=2000", "queued.max.request.bytes=2000",
            ])
        cluster.start()
        #expect(cluster.allServe(within: .seconds(2)))
        let workload = Workload(on: cluster)
        #expect(workload.createTopic())
        workload.start(4)
        cluster.time.pass(.seconds(3))
        #expect(workload.history.acknowledgedCount > 300)
        end(cluster, workload)
    }

    @Test func `goes on without a follower whose disk hangs, and takes it back`() {
        let (cluster, workload) = begin(140)
        let before = workload.history.acknowledgedCount
        cluster[3].disk.stall(for: .seconds(20))
        cluster.time.pass(.seconds(20))
        #expect(workload.history.acknowledgedCount > before + 500)
        cluster[3].kill()
        end(cluster, workload)
    }

    @Test(arguments: ["log.flush.interval.messages=1", "log.flush.interval.ms=500"])
    func `syncs what was acknowledged from memory as its policy says`(policy: String) {
        let (cluster, workload) = begin(155, settings: ["log.flush.before.ack=false", policy])
        #expect(workload.stop())
        cluster.time.pass(.seconds(2))
        for node in cluster.nodes { node.losePower() }
        end(cluster, workload)
    }

    @Test(arguments: 1...3)
    func `writes again by itself when a full disk has room`(node: Int) {
        let (cluster, workload) = begin(UInt64(160 + node))
        cluster[node].disk.isFull = true
        cluster.time.pass(.seconds(30))
        #expect(cluster[node].isRunning)
        cluster[node].disk.isFull = false
        cluster.time.pass(.seconds(5))
        let before = workload.history.acknowledgedCount
        cluster.time.pass(.seconds(5))
        #expect(workload.history.acknowledgedCount > before + 500)
        end(cluster, workload)
    }

    @Test func `answers nothing it has not written while all disks are full, and goes on after`() {
        let (cluster, workload) = begin(170)
        for node in cluster.nodes { node.disk.isFull = true }
        cluster.time.pass(.seconds(20))
        let before = workload.history.acknowledgedCount
        for node in cluster.nodes { node.disk.isFull = false }
        cluster.time.pass(.seconds(10))
        #expect(workload.history.acknowledgedCount > before)
        end(cluster, workload)
    }

    @Test func `has no second controller where one node is cut off`() {
        let (cluster, workload) = begin(150)
        let old = cluster.controller
        for node in cluster.nodes where node !== old {
            if let old {
                cluster.cut(from: old, to: node)
                cluster.cut(from: node, to: old)
            }
        }
        let isReplaced = cluster.time.pass(atMost: .seconds(5)) {
            cluster.nodes.contains { $0 !== old && $0.isController }
        }
        #expect(isReplaced)
        cluster.heal()
        end(cluster, workload)
    }
}
