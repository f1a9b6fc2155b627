import Configuration
import Model
import Testing

@testable import Tools

@Suite("The plan of a cluster on one machine")
struct UpPlanTests {
    @Test(arguments: [1, 2, 3, 9])
    func `is a valid configuration for every node`(_ count: Int) throws {
        let plan = UpPlan(nodeCount: count, basePort: 9092, directory: "/tmp/x")
        #expect(plan.nodes.count == count)
        for node in plan.nodes {
            let text = plan.configuration(of: node)
            let parsed = try NodeConfiguration.parse(
                Properties(parsing: text), hostName: "localhost")
            #expect(parsed.nodeID == BrokerID(node.id))
            #expect(parsed.isBroker && parsed.isController)
            #expect(parsed.warnings.isEmpty, "\(parsed.warnings)")
            #expect(parsed.logDirectories == [node.data])
            #expect(parsed.defaultReplicationFactor == min(count, 3))
        }
        let ports = plan.nodes.flatMap { [$0.clientPort, $0.controllerPort, $0.httpPort] }
        #expect(Set(ports).count == ports.count)
    }
}
