import Metadata
import Model
import TestSupport
import Testing

@testable import Controller

@Suite("A reassignment")
struct ReassignmentTests {
    private func cluster() throws -> Cluster {
        var cluster = Cluster()
        try cluster.start([1, 2, 3, 4, 5])
        try cluster.create("t", [[1, 2, 3]])
        return cluster
    }

    @discardableResult
    private func reassign(
        _ cluster: inout Cluster, to target: [BrokerID]?, partition: Int32 = 0,
        mayChangeFactor: Bool = true
    ) -> ErrorCode? {
        let wish = Reassignment(TopicPartition("t", partition), to: target)
        let results = cluster.take(
            cluster.controller.reassign([wish], mayChangeFactor: mayChangeFactor))
        return results[0].error?.code
    }

    private func state(_ cluster: Cluster) -> String {
        guard let partition = cluster.partition("t") else { return "none" }
        func list(_ brokers: [BrokerID]) -> String {
            brokers.map { String($0.rawValue) }.joined(separator: ",")
        }
        return "\(list(partition.replicas)) adding \(list(partition.addingReplicas)) removing "
            + "\(list(partition.removingReplicas)) isr \(list(partition.isr)) leader "
            + "\(partition.leader?.rawValue ?? -1)"
    }

    @Test func `is done when the new replicas are in sync`() throws {
        var cluster = try cluster()
        let epoch = try #require(cluster.partition("t")?.leaderEpoch)
        #expect(reassign(&cluster, to: [4, 2, 5]) == nil)
        #expect(state(cluster) == "4,2,5,1,3 adding 4,5 removing 1,3 isr 1,2,3 leader 1")
        #expect(cluster.partition("t")?.leaderEpoch == epoch)
        #expect(try cluster.alter("t", isr: [1, 2, 3, 4]) == .none)
        #expect(state(cluster) == "4,2,5,1,3 adding 4,5 removing 1,3 isr 1,2,3,4 leader 1")
        // The leader leaves: it is told that another one was elected.
        #expect(try cluster.alter("t", isr: [1, 2, 3, 4, 5]) == .newLeaderElected)
        #expect(state(cluster) == "4,2,5 adding  removing  isr 2,4,5 leader 4")
        #expect(cluster.partition("t")?.leaderEpoch == epoch.next)
        let directories = cluster.partition("t")?.directories
        #expect(directories == [4, 2, 5].map { Cluster.directory($0) })
        #expect(cluster.violations == [])
    }

    @Test func `to fewer replicas is done at once, with a new leader epoch`() throws {
        var cluster = try cluster()
        let epoch = try #require(cluster.partition("t")?.leaderEpoch)
        #expect(
            reassign(&cluster, to: [2, 1], mayChangeFactor: false) == .invalidReplicationFactor)
        #expect(reassign(&cluster, to: [2, 1]) == nil)
        #expect(state(cluster) == "2,1 adding  removing  isr 1,2 leader 1")
        #expect(cluster.partition("t")?.leaderEpoch == epoch.next)
    }

    @Test func `is ended, and what was before holds again`() throws {
        var cluster = try cluster()
        #expect(reassign(&cluster, to: nil) == .noReassignmentInProgress)
        reassign(&cluster, to: [4, 5, 1])
        #expect(try cluster.alter("t", isr: [1, 2, 3, 4]) == .none)
        #expect(reassign(&cluster, to: nil) == nil)
        #expect(state(cluster) == "1,2,3 adding  removing  isr 1,2,3 leader 1")
        #expect(cluster.violations == [])
    }

    @Test func `cannot be ended if only new replicas are in sync, unless unclean leaders may be`()
        throws
    {
        var cluster = try cluster()
        reassign(&cluster, to: [4, 5, 1])
        #expect(try cluster.alter("t", isr: [1, 4]) == .none)
        try cluster.beat(1, fence: true)
        #expect(cluster.partition("t")?.line == "leader 4 isr 4")
        #expect(reassign(&cluster, to: nil) == .invalidReplicaAssignment)
        let allowed = ConfigAlteration(
            ConfigResource(.topic, "t"), [.init("unclean.leader.election.enable", .set, "true")])
        cluster.take(cluster.controller.alterConfigs([allowed], validateOnly: false))
        #expect(reassign(&cluster, to: nil) == nil)
        #expect(cluster.partition("t")?.line == "leader 2 isr 2")
        #expect(cluster.partition("t")?.recoveryState == .recovering)
    }

    @Test func `takes the place of one under way`() throws {
        var cluster = try cluster()
        reassign(&cluster, to: [4, 2, 3])
        reassign(&cluster, to: [4, 5, 2])
        // 4 was being added and is not in sync yet: it still counts.
        #expect(state(cluster) == "4,5,2,1,3 adding 4,5 removing 1,3 isr 1,2,3 leader 1")
        reassign(&cluster, to: [1, 2, 3])
        #expect(state(cluster) == "1,2,3 adding  removing  isr 1,2,3 leader 1")
    }

    @Test func `is refused for replicas that cannot be`() throws {
        var cluster = try cluster()
        #expect(reassign(&cluster, to: []) == .invalidReplicaAssignment)
        #expect(reassign(&cluster, to: [1, 1]) == .invalidReplicaAssignment)
        #expect(reassign(&cluster, to: [1, 9]) == .invalidReplicaAssignment)
        #expect(reassign(&cluster, to: [1], partition: 7) == .unknownTopicOrPartition)
        let twice = Reassignment(TopicPartition("t", 0), to: [4])
        let results = cluster.take(
            cluster.controller.reassign([twice, twice], mayChangeFactor: true))
        #expect(results.map { $0.error?.code } == [.invalidRequest, .invalidRequest])
        #expect(state(cluster) == "1,2,3 adding  removing  isr 1,2,3 leader 1")
    }

    @Test func `is listed while it is under way`() throws {
        var cluster = try cluster()
        #expect(cluster.image.reassignments(of: nil).isEmpty)
        reassign(&cluster, to: [4, 2, 3])
        #expect(cluster.image.reassignments(of: nil).map(\.partition) == [TopicPartition("t", 0)])
        #expect(cluster.image.reassignments(of: [TopicPartition("t", 1)]).isEmpty)
        let named = cluster.image.reassignments(of: [TopicPartition("t", 0)])
        #expect(named.map(\.state.addingReplicas) == [[4]])
    }
}
