import Configuration
import Metadata
import Model
import TestSupport
import Testing

@testable import Controller

@Suite("A topic")
struct TopicTests {
    @Test func `is made with the cluster's defaults, all replicas in sync`() throws {
        var cluster = Cluster(fileSettings: [
            "num.partitions": "4", "default.replication.factor": "2",
        ])
        try cluster.start([1, 2, 3])
        let results = cluster.take(
            cluster.controller.createTopics([NewTopic(name: "orders")], validateOnly: false))
        let created = try results[0].outcome.get()
        #expect(created.partitions == 4 && created.replicationFactor == 2)
        #expect(created.configs.first { $0.setting.name == "retention.ms" }?.value == "604800000")
        let topic = try #require(cluster.image.topic(named: "orders"))
        #expect(topic.id == created.id && !created.id.uuid.isReserved)
        topic.forEachPartition { _, partition in
            #expect(
                partition.isr == partition.replicas && partition.leader == partition.replicas[0])
            #expect(partition.leaderEpoch == 0 && partition.partitionEpoch == 0)
            #expect(partition.directories == partition.replicas.map { Cluster.directory($0) })
        }
        #expect(cluster.violations == [])
    }

    @Test func `is refused for what is wrong with it`() throws {
        var cluster = Cluster()
        try cluster.start([1, 2])
        try cluster.create("a.b", [[1]])
        let cases: [(NewTopic, ErrorCode)] = [
            (NewTopic(name: ""), .invalidTopicException),
            (NewTopic(name: ".."), .invalidTopicException),
            (NewTopic(name: "with space"), .invalidTopicException),
            (NewTopic(name: String(repeating: "x", count: 250)), .invalidTopicException),
            (NewTopic(name: "a_b"), .invalidTopicException),
            (NewTopic(name: "__cluster_metadata"), .topicAuthorizationFailed),
            (NewTopic(name: "a.b"), .topicAlreadyExists),
            (NewTopic(name: "t", partitions: 0), .invalidPartitions),
            (NewTopic(name: "t", partitions: 1_000_000), .policyViolation),
            (NewTopic(name: "t", replicationFactor: 0), .invalidReplicationFactor),
            (NewTopic(name: "t", replicationFactor: 3), .invalidReplicationFactor),
            (NewTopic(name: "t", configs: [("nonsense", "1")]), .invalidConfig),
            (NewTopic(name: "t", configs: [("retention.ms", "soon")]), .invalidConfig),
            (NewTopic(name: "t", partitions: 1, assignments: [(0, [1])]), .invalidRequest),
            (NewTopic(name: "t", replicationFactor: 1, assignments: [(0, [1])]), .invalidRequest),
            (NewTopic(name: "t", assignments: [(1, [1])]), .invalidReplicaAssignment),
            (NewTopic(name: "t", assignments: [(0, [1]), (0, [2])]), .invalidReplicaAssignment),
            (NewTopic(name: "t", assignments: [(0, [])]), .invalidReplicaAssignment),
            (NewTopic(name: "t", assignments: [(0, [1, 1])]), .invalidReplicaAssignment),
            (NewTopic(name: "t", assignments: [(0, [9])]), .invalidReplicaAssignment),
            (
                NewTopic(name: "t", assignments: [(0, [1]), (1, [1, 2])]), .invalidReplicaAssignment
            ),
        ]
        for (topic, code) in cases {
            let result = cluster.controller.createTopics(
                [topic, NewTopic(name: "good", partitions: 1)], validateOnly: false)
            guard case .failure(let error) = result.response[0].outcome else {
                Issue.record("\(topic.name) was accepted")
                continue
            }
            #expect(error.code == code, "\(error.message ?? "")")
            // A neighbour is not held back, and nothing of the refused one is left.
            #expect(throws: Never.self) { try result.response[1].outcome.get() }
            #expect(result.records.count == 2)
        }
    }

    @Test func `is only tried when that is asked`() throws {
        var cluster = Cluster()
        try cluster.start([1])
        let result = cluster.controller.createTopics(
            [NewTopic(name: "t", partitions: 3)], validateOnly: true)
        #expect(result.records.isEmpty)
        let tried = try result.response[0].outcome.get()
        #expect(tried.id == .zero && tried.partitions == 3)
    }

    @Test func `collides with one made by the same request`() throws {
        var cluster = Cluster()
        try cluster.start([1])
        let results = cluster.take(
            cluster.controller.createTopics(
                [NewTopic(name: "a.x", partitions: 1), NewTopic(name: "a_x", partitions: 1)],
                validateOnly: false))
        #expect(throws: Never.self) { try results[0].outcome.get() }
        #expect((try? results[1].outcome.get()) == nil)
        #expect(cluster.image.topicIDs.keys == ["a.x"])
    }

    @Test func `named twice in a request is refused twice`() throws {
        var cluster = Cluster()
        try cluster.start([1])
        let twice = [NewTopic(name: "t"), NewTopic(name: "t")]
        let result = cluster.controller.createTopics(twice, validateOnly: false)
        #expect(result.records.isEmpty)
        #expect(result.response.allSatisfy { (try? $0.outcome.get()) == nil })
    }

    @Test func `counts on no fenced broker, and on none at all it is refused`() throws {
        var cluster = Cluster()
        try cluster.start([1, 2])
        try cluster.beat(2, fence: true)
        try cluster.create("t", [[2, 1]])
        #expect(cluster.partition("t")?.line == "leader 1 isr 1")
        #expect(throws: ControllerError.self) { try cluster.create("u", [[2]]) }
        try cluster.beat(1, fence: true)
        let result = cluster.controller.createTopics(
            [NewTopic(name: "v", partitions: 1, replicationFactor: 1)], validateOnly: false)
        guard case .failure(let error) = result.response[0].outcome else {
            Issue.record("made on fenced brokers")
            return
        }
        #expect(error.code == .invalidReplicationFactor)
    }

    @Test func `goes with its settings, by name or id`() throws {
        var cluster = Cluster()
        try cluster.start([1])
        let a = try cluster.create("a", [[1]], configs: [("retention.ms", "5")])
        try cluster.create("b", [[1]])
        #expect(cluster.image.config("retention.ms", of: ConfigResource(.topic, "a")) == "5")
        let unknown = TopicID(UUID(high: 7, low: 7))
        let results = cluster.take(
            try cluster.controller.deleteTopics(
                [.id(a), .name("b"), .name("c"), .id(unknown)]))
        #expect(
            results.map { $0.error?.code } == [nil, nil, .unknownTopicOrPartition, .unknownTopicId])
        #expect(results[0].name == "a" && results[3].name == nil)
        #expect(cluster.image.topicCount == 0)
        #expect(cluster.image.config("retention.ms", of: ConfigResource(.topic, "a")) == nil)
        try cluster.create("a", [[1]])
        #expect(cluster.image.topicID(named: "a") != a)
    }

    @Test func `meant twice is not deleted`() throws {
        var cluster = Cluster()
        try cluster.start([1])
        let a = try cluster.create("a", [[1]])
        let twice = try cluster.controller.deleteTopics([.name("a"), .name("a")])
        #expect(
            twice.records.isEmpty && twice.response.allSatisfy { $0.error?.code == .invalidRequest }
        )
        let both = try cluster.controller.deleteTopics([.name("a"), .id(a)])
        #expect(both.response.map { $0.error?.code } == [nil, .invalidRequest])
        var locked = Cluster(fileSettings: ["delete.topic.enable": "false"])
        #expect(
            refusal { locked.take(try locked.controller.deleteTopics([])) }
                == .topicDeletionDisabled)
    }

    @Test func `grows by partitions with its replication factor`() throws {
        var cluster = Cluster()
        try cluster.start([1, 2, 3])
        try cluster.create("t", [[1, 2]])
        func grow(_ growth: PartitionGrowth, only: Bool = false) -> ErrorCode? {
            let results = cluster.take(
                cluster.controller.createPartitions([growth], validateOnly: only))
            guard case .failure(let error) = results[0].outcome else { return nil }
            return error.code
        }
        #expect(grow(PartitionGrowth(topic: "x", count: 2)) == .unknownTopicOrPartition)
        #expect(grow(PartitionGrowth(topic: "t", count: 1)) == .invalidPartitions)
        #expect(grow(PartitionGrowth(topic: "t", count: 0)) == .invalidPartitions)
        #expect(grow(PartitionGrowth(topic: "t", count: 100_000)) == .policyViolation)
        #expect(
            grow(PartitionGrowth(topic: "t", count: 3, assignments: [[1, 2]]))
                == .invalidReplicaAssignment)
        #expect(
            grow(PartitionGrowth(topic: "t", count: 2, assignments: [[1]]))
                == .invalidReplicaAssignment)
        #expect(grow(PartitionGrowth(topic: "t", count: 2), only: true) == nil)
        #expect(cluster.image.topic(named: "t")?.partitionCount == 1)
        #expect(grow(PartitionGrowth(topic: "t", count: 2, assignments: [[3, 1]])) == nil)
        #expect(cluster.partition("t", 1)?.line == "leader 3 isr 3,1")
        #expect(grow(PartitionGrowth(topic: "t", count: 9)) == nil)
        #expect(cluster.partition("t", 8)?.replicas.count == 2)
        #expect(cluster.violations == [])
    }
}

@Suite("Placement")
struct PlacementTests {
    private func brokers(
        _ racks: [String?], fenced: Set<Int32> = [], leaving: Set<Int32> = []
    ) -> [BrokerRegistration] {
        racks.enumerated().map { index, rack in
            let id = Int32(index)
            return BrokerRegistration(
                id: BrokerID(id), epoch: 1, incarnationID: .zero, endpoints: [], features: [],
                rack: rack, isFenced: fenced.contains(id),
                isInControlledShutdown: leaving.contains(id), directories: [])
        }
    }

    @Test func `spreads leaders and followers evenly`() {
        for seed in 0..<20 as Range<UInt64> {
            var chance = PRNG(seed: seed)
            var placer = ReplicaPlacer(brokers([nil, nil, nil]), chance: &chance)
            var leads: [BrokerID: Int] = [:]
            var follows: [[BrokerID]: Int] = [:]
            for _ in 0..<60 {
                let replicas = placer.place(replicationFactor: 2)
                leads[replicas[0], default: 0] += 1
                follows[replicas, default: 0] += 1
            }
            #expect(leads.values.allSatisfy { $0 == 20 } && leads.count == 3)
            // Each pair of leader and follower is used as often as any other.
            #expect(follows.count == 6 && follows.values.allSatisfy { (9...11).contains($0) })
        }
    }

    @Test func `puts the replicas of a partition on different racks`() {
        for seed in 0..<20 as Range<UInt64> {
            var chance = PRNG(seed: seed)
            let racks = ["a", "a", "b", "b", "c", "c"]
            var placer = ReplicaPlacer(brokers(racks), chance: &chance)
            var counts: [BrokerID: Int] = [:]
            for _ in 0..<60 {
                let replicas = placer.place(replicationFactor: 3)
                #expect(Set(replicas.map { racks[Int($0.rawValue)] }).count == 3)
                for replica in replicas { counts[replica, default: 0] += 1 }
            }
            #expect(counts.values.allSatisfy { $0 == 30 })
        }
    }

    @Test func `uses each broker once, also when racks run out`() {
        var chance = PRNG(seed: 4)
        var placer = ReplicaPlacer(brokers(["a", "a", "a", "b", nil]), chance: &chance)
        for _ in 0..<50 {
            let replicas = placer.place(replicationFactor: 5)
            #expect(Set(replicas).count == 5)
        }
    }

    @Test func `takes fenced brokers last and never to lead, and leaves out who is leaving`() {
        for seed in 0..<20 as Range<UInt64> {
            var chance = PRNG(seed: seed)
            var placer = ReplicaPlacer(
                brokers(["a", "a", "b", "b"], fenced: [0, 1], leaving: [3]), chance: &chance)
            #expect(placer.fault(replicationFactor: 4) != nil)
            #expect(placer.fault(replicationFactor: 3) == nil)
            for _ in 0..<10 {
                let replicas = placer.place(replicationFactor: 3)
                #expect(replicas[0] == 2)
                #expect(!replicas.contains(3))
            }
        }
        var chance = PRNG(seed: 1)
        #expect(
            ReplicaPlacer(brokers([nil], fenced: [0]), chance: &chance)
                .fault(replicationFactor: 1) != nil)
    }
}
