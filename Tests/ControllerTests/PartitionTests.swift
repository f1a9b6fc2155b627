import InternalRecords
import Metadata
import Model
import TestSupport
import Testing

@testable import Controller

@Suite("A leader's change of its ISR")
struct AlterPartitionTests {
    private func cluster() throws -> Cluster {
        var cluster = Cluster()
        try cluster.start([1, 2, 3])
        try cluster.create("t", [[1, 2, 3]])
        return cluster
    }

    @Test func `shrinks and grows it, one partition epoch at a time`() throws {
        var cluster = try cluster()
        #expect(try cluster.alter("t", isr: [1, 2]) == .none)
        #expect(cluster.partition("t")?.line == "leader 1 isr 1,2")
        #expect(cluster.partition("t")?.partitionEpoch == 1)
        #expect(cluster.partition("t")?.leaderEpoch == 0)
        #expect(try cluster.alter("t", isr: [1, 2, 3]) == .none)
        #expect(cluster.partition("t")?.partitionEpoch == 2)
        #expect(try cluster.alter("t", isr: [1, 2, 3]) == .none)
        #expect(cluster.partition("t")?.partitionEpoch == 2)
    }

    @Test func `is refused by the first rule it breaks`() throws {
        var cluster = try cluster()
        try cluster.alter("t", isr: [1, 2])
        try cluster.beat(1, fence: true)
        try cluster.beat(1)
        // Leader is 2 now, at leader epoch 1 and partition epoch 2.
        #expect(cluster.partition("t")?.line == "leader 2 isr 2")
        #expect(try cluster.alter("t", isr: [2], by: 3, leaderEpoch: 2) == .notController)
        #expect(try cluster.alter("t", isr: [2], by: 3, partitionEpoch: 9) == .notController)
        #expect(try cluster.alter("t", isr: [2], by: 3, leaderEpoch: 0) == .fencedLeaderEpoch)
        #expect(try cluster.alter("t", isr: [2], by: 3, partitionEpoch: 0) == .invalidRequest)
        #expect(try cluster.alter("t", isr: [], partitionEpoch: 0) == .invalidUpdateVersion)
        #expect(try cluster.alter("t", isr: [2, 9]) == .invalidRequest)
        #expect(try cluster.alter("t", isr: [2, 2]) == .invalidRequest)
        #expect(try cluster.alter("t", isr: [1]) == .invalidRequest)
        #expect(try cluster.alter("t", isr: [1, 2], recovery: 1) == .invalidRequest)
        #expect(try cluster.alter("t", isr: [2], recovery: 1) == .invalidRequest)
        #expect(try cluster.alter("t", isr: [2], recovery: 7) == .invalidRequest)
        #expect(try cluster.alter("t", isr: [2, 1], epochs: [1: 999]) == .ineligibleReplica)
        try cluster.beat(3, fence: true)
        #expect(try cluster.alter("t", isr: [2, 3]) == .ineligibleReplica)
        #expect(
            refusal {
                _ = try cluster.controller.alterPartitions([], by: 2, epoch: 77)
            } == .staleBrokerEpoch)
        let unknown = PartitionAlteration(
            key: PartitionKey(.zero, 0), leaderEpoch: 0, partitionEpoch: 0, isr: [])
        let epoch = try #require(cluster.image.broker(2)?.epoch)
        let result = try cluster.controller.alterPartitions([unknown], by: 2, epoch: epoch)
        #expect(throws: ControllerError(.unknownTopicId)) { try result.response[0].outcome.get() }
        #expect(cluster.partition("t")?.line == "leader 2 isr 2")
    }

    @Test func `without the leader hands the leadership to its first member`() throws {
        var cluster = try cluster()
        // Fenced meanwhile, one that is not in the ISR, nobody: the leader stays.
        try cluster.alter("t", isr: [1, 3])
        #expect(try cluster.alter("t", isr: [2]) == .invalidRequest)
        #expect(try cluster.alter("t", isr: []) == .invalidRequest)
        #expect(try cluster.alter("t", isr: [3], epochs: [3: 999]) == .ineligibleReplica)
        try cluster.alter("t", isr: [1, 2, 3])
        #expect(cluster.partition("t")?.line == "leader 1 isr 1,2,3")
        #expect(try cluster.alter("t", isr: [3, 2]) == .newLeaderElected)
        #expect(cluster.partition("t")?.line == "leader 3 isr 3,2")
        #expect(cluster.partition("t")?.leaderEpoch == 1)
        // Whoever stood down comes back as others do.
        #expect(try cluster.alter("t", isr: [1, 2, 3]) == .none)
        #expect(cluster.partition("t")?.line == "leader 3 isr 1,2,3")
    }

    @Test func `does not count on a broker that is shutting down`() throws {
        var cluster = try cluster()
        try cluster.create("u", [[3, 1]])
        try cluster.beat(3, shutdown: true)
        #expect(cluster.partition("t")?.line == "leader 1 isr 1,2")
        #expect(try cluster.alter("t", isr: [1, 2, 3]) == .ineligibleReplica)
    }

    @Test func `ends an unclean leader's recovery`() throws {
        var cluster = try cluster()
        try cluster.alter("t", isr: [1])
        try cluster.beat(1, fence: true)
        #expect(cluster.partition("t")?.line == "leader -1 isr 1")
        let results = cluster.take(
            cluster.controller.electLeaders(of: [TopicPartition("t", 0)], isUnclean: true))
        #expect(results.map { $0.error?.code } == [nil])
        #expect(cluster.partition("t")?.line == "leader 2 isr 2")
        #expect(cluster.partition("t")?.recoveryState == .recovering)
        #expect(try cluster.alter("t", isr: [2, 3], recovery: 1) == .invalidRequest)
        #expect(try cluster.alter("t", isr: [2], recovery: 0) == .none)
        #expect(cluster.partition("t")?.recoveryState == .recovered)
    }

    @Test func `finishes a reassignment and tells a leader that must go`() throws {
        var cluster = try cluster()
        try cluster.start([4])
        var record = PartitionChangeRecord()
        record.topicID = try #require(cluster.image.topicID(named: "t")).uuid
        record.partitionID = 0
        record.replicas = [4, 2, 3, 1]
        record.addingReplicas = [4]
        record.removingReplicas = [1]
        cluster.append([.partitionChange(record)])
        let epoch = cluster.partition("t")?.leaderEpoch
        #expect(try cluster.alter("t", isr: [1, 2, 3, 4]) == .newLeaderElected)
        let partition = try #require(cluster.partition("t"))
        #expect(partition.line == "leader 4 isr 2,3,4")
        #expect(partition.replicas == [4, 2, 3] && !partition.isReassigning)
        #expect(partition.leaderEpoch == epoch?.next)
        #expect(cluster.violations == [])
    }
}

@Suite("An election")
struct ElectionTests {
    @Test func `goes by the replica list among those in sync`() throws {
        var cluster = Cluster()
        try cluster.start([1, 2, 3])
        try cluster.create("t", [[3, 1, 2]])
        try cluster.alter("t", isr: [2, 3])
        try cluster.beat(3, fence: true)
        #expect(cluster.partition("t")?.line == "leader 2 isr 2")
        // Its return does not take the leadership away.
        try cluster.beat(3)
        #expect(cluster.partition("t")?.line == "leader 2 isr 2")
    }

    @Test func `brings the preferred leader back on command, and says why not`() throws {
        var cluster = Cluster()
        try cluster.start([1, 2])
        try cluster.create("t", [[1, 2], [2, 1]])
        try cluster.beat(1, fence: true)
        func elect(_ partitions: [TopicPartition]?, _ isUnclean: Bool = false) -> [ErrorCode?] {
            cluster.take(cluster.controller.electLeaders(of: partitions, isUnclean: isUnclean))
                .map { $0.error?.code }
        }
        #expect(elect([TopicPartition("t", 0)]) == [.preferredLeaderNotAvailable])
        #expect(elect([TopicPartition("t", 1)]) == [.electionNotNeeded])
        #expect(
            elect([TopicPartition("x", 0), TopicPartition("t", 7)])
                == [.unknownTopicOrPartition, .unknownTopicOrPartition])
        try cluster.beat(1)
        try cluster.alter("t", isr: [2, 1])
        #expect(elect(nil) == [nil])
        #expect(cluster.partition("t", 0)?.line == "leader 1 isr 2,1")
        #expect(elect(nil) == [])
        #expect(elect([TopicPartition("t", 0)], true) == [.electionNotNeeded])
        try cluster.beat(1, fence: true)
        try cluster.beat(2, fence: true)
        #expect(elect([TopicPartition("t", 0)], true) == [.eligibleLeadersNotAvailable])
    }

    @Test func `brings preferred leaders back by itself after a while`() throws {
        var cluster = Cluster()
        try cluster.start([1, 2])
        try cluster.create("t", [[1, 2]])
        try cluster.beat(1, fence: true)
        try cluster.beat(1)
        try cluster.alter("t", isr: [2, 1])
        let occasions = try cluster.pass(.seconds(301), alive: [1, 2])
        #expect(occasions == [.balanced(elections: 1)])
        #expect(cluster.partition("t")?.leader == 1)
    }

    @Test func `is unclean only where that is allowed, and at once when it is`() throws {
        var cluster = Cluster()
        try cluster.start([1, 2])
        try cluster.create("safe", [[1, 2]])
        try cluster.create(
            "loose", [[1, 2]], configs: [("unclean.leader.election.enable", "true")])
        for topic in ["safe", "loose"] { try cluster.alter(topic, isr: [1]) }
        try cluster.beat(1, fence: true)
        #expect(cluster.partition("safe")?.line == "leader -1 isr 1")
        #expect(cluster.partition("loose")?.line == "leader 2 isr 2")
        let change = ConfigAlteration(
            ConfigResource(.topic, "safe"),
            [.init("unclean.leader.election.enable", .set, "true")])
        cluster.take(cluster.controller.alterConfigs([change], validateOnly: false))
        #expect(
            try cluster.pass(.milliseconds(100), alive: [2]) == [.electedUncleanly(elections: 1)])
        #expect(cluster.partition("safe")?.line == "leader 2 isr 2")
        #expect(cluster.partition("safe")?.recoveryState == .recovering)
    }
}

@Suite("Eligible leader replicas")
struct EligibleReplicaTests {
    private func cluster() throws -> Cluster {
        var cluster = Cluster(elr: true)
        try cluster.start([1, 2, 3])
        try cluster.create("t", [[1, 2, 3]], configs: [("min.insync.replicas", "2")])
        return cluster
    }

    @Test func `are kept below the minimum and forgotten above`() throws {
        var cluster = try cluster()
        try cluster.alter("t", isr: [1, 2])
        #expect(cluster.partition("t")?.line == "leader 1 isr 1,2")
        try cluster.alter("t", isr: [1])
        #expect(cluster.partition("t")?.line == "leader 1 isr 1 elr 2")
        try cluster.beat(1, fence: true)
        // 2 is complete, so it may lead; 1 was in sync, so it stays eligible.
        #expect(cluster.partition("t")?.line == "leader 2 isr 2 elr 1")
        #expect(cluster.partition("t")?.recoveryState == .recovered)
        try cluster.alter("t", isr: [2, 3])
        #expect(cluster.partition("t")?.line == "leader 2 isr 2,3")
        #expect(cluster.violations == [])
    }

    @Test func `lead when the whole ISR is gone, whoever returns first`() throws {
        var cluster = try cluster()
        for broker in [1, 2, 3] as [BrokerID] { try cluster.beat(broker, fence: true) }
        #expect(cluster.partition("t")?.line == "leader -1 isr  elr 2,3")
        #expect(cluster.partition("t")?.lastKnownELR == [3])
        try cluster.beat(1)
        #expect(cluster.partition("t")?.leader == nil)
        try cluster.beat(2)
        #expect(cluster.partition("t")?.line == "leader 2 isr 2 elr 3")
        #expect(cluster.partition("t")?.lastKnownELR == [])
        #expect(cluster.violations == [])
    }

    @Test func `leave the last known leader as the last resort`() throws {
        var cluster = try cluster()
        for broker in [1, 2, 3] as [BrokerID] { try cluster.beat(broker, fence: true) }
        // 2 and 3 come back without what they had: nobody is eligible any more.
        for broker in [2, 3] as [BrokerID] {
            cluster.controller.connectionLost(by: broker, wasClosed: true, now: cluster.now)
            try cluster.register(cluster.request(broker, incarnation: 2))
        }
        #expect(cluster.partition("t")?.line == "leader -1 isr ")
        try cluster.beat(2)
        #expect(cluster.partition("t")?.leader == nil)
        try cluster.beat(3)
        #expect(cluster.partition("t")?.line == "leader 3 isr 3")
        #expect(cluster.partition("t")?.recoveryState == .recovering)
    }

    @Test func `stay where nobody is in sync when the minimum changes`() throws {
        var cluster = try cluster()
        for broker in [1, 2, 3] as [BrokerID] { try cluster.beat(broker, fence: true) }
        let change = ConfigAlteration(
            ConfigResource(.topic, "t"), [.init("min.insync.replicas", .set, "3")])
        cluster.take(cluster.controller.alterConfigs([change], validateOnly: false))
        #expect(cluster.partition("t")?.line == "leader -1 isr  elr 2,3")
        #expect(cluster.partition("t")?.lastKnownELR == [3])
        try cluster.beat(2)
        #expect(cluster.partition("t")?.leader == 2)
    }

    @Test func `are forgotten when the minimum changes`() throws {
        var cluster = try cluster()
        try cluster.alter("t", isr: [1])
        let change = ConfigAlteration(
            ConfigResource(.topic, "t"), [.init("min.insync.replicas", .set, "1")])
        cluster.take(cluster.controller.alterConfigs([change], validateOnly: false))
        #expect(cluster.partition("t")?.line == "leader 1 isr 1")
    }
}
