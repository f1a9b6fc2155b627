internal import Configuration
internal import Model

/// A whole cluster in one thread: its nodes, their disks, the network between them, and clients. One
/// seed is one history.
package final class SimulatedCluster {
    static let clusterID = "c2ltdWxhdGVkLWNsdXN0ZQ"

    package let seed: UInt64
    package let time: VirtualTime
    package let network: SimulatedNetwork
    package let timeline: Timeline
    package let checker: Checker
    package let nodes: [SimulatedNode]
    private var random: PRNG
    private var clientCount = 0

    package let plan: ClusterPlan

    /// Makes a cluster of combined nodes that are formatted and not started.
    ///
    /// - Parameter settings: lines of `server.properties` for all nodes.
    package convenience init(seed: UInt64, nodeCount: Int = 3, settings: [String] = []) {
        var plan = ClusterPlan.combined(nodeCount)
        plan.settings = settings
        self.init(seed: seed, plan)
    }

    /// Makes a cluster whose nodes are formatted and not started.
    package init(seed: UInt64, _ plan: ClusterPlan) {
        self.seed = seed
        self.plan = plan
        var random = PRNG(seed: seed)
        let time = VirtualTime(seed: random.next())
        self.time = time
        let network = SimulatedNetwork(time: time)
        self.network = network
        let timeline = Timeline(time)
        self.timeline = timeline
        let checker = Checker(timeline)
        self.checker = checker
        checker.voters(plan.controllers.count)
        network.tap = checker
        nodes = plan.members.map { member in
            SimulatedNode(
                member, of: plan, configuration: Self.configuration(of: member, in: plan),
                network: network, seed: random.next(), checker: checker, timeline: timeline)
        }
        self.random = random
        let voters =
            plan.keepsVotersInLog ? nodes.filter(\.role.isController).map(\.asVoter) : []
        for node in nodes { node.format(clusterID: Self.clusterID, voters: voters) }
    }

    private static func configuration(
        of member: ClusterPlan.Member, in plan: ClusterPlan
    ) -> NodeConfiguration {
        do {
            let properties = try Properties(
                parsing: plan.lines(for: member).joined(separator: "\n"))
            return try NodeConfiguration.parse(
                properties, hostName: SimulatedNode.host(of: member.id))
        } catch {
            preconditionFailure("the simulated nodes' settings are valid: \(error)")
        }
    }

    /// Lets go of everything: the world is not used any more.
    package func end() {
        time.end()
        network.end()
    }

    package func start() { for node in nodes { node.start() } }

    package subscript(id: Int) -> SimulatedNode { nodes[id - 1] }

    package var controller: SimulatedNode? { nodes.first { $0.isRunning && $0.isController } }

    /// Goes on until all nodes serve; whether they do within `limit`.
    package func allServe(within limit: Duration) -> Bool {
        time.pass(atMost: limit) { nodes.allSatisfy { $0.isServing } }
    }

    // MARK: Links

    /// Cuts the way from one node to another.
    package func cut(from: SimulatedNode, to: SimulatedNode) {
        timeline.add("link \(from.id.rawValue) -> \(to.id.rawValue) is cut")
        network.cut(from: from.host, to: to.host)
    }

    package func heal() {
        timeline.add("all links work")
        network.healAll()
    }

    // MARK: Clients

    /// A client's host, with a loop.
    package func makeClient() -> SimulatedClientHost {
        clientCount += 1
        let host = "10.0.1.\(clientCount)"
        network.hostStarted(host)
        return SimulatedClientHost(
            host: host, number: UInt64(clientCount), network: network, seed: random.next(),
            servers: nodes.filter(\.role.isBroker).map { ($0.host, SimulatedNode.brokerPort) })
    }

    package func draw(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
}
