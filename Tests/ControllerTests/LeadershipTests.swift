import Configuration
import InternalRecords
import Metadata
import Model
import TestSupport
import Testing

@testable import Controller

@Suite("A controller's leadership")
struct LeadershipTests {
    @Test func `forgets what was not committed when it ends`() throws {
        var cluster = Cluster()
        try cluster.start([1, 2])
        try cluster.create("kept", [[1, 2]])
        let committed = cluster.image
        cluster.commitsAtOnce = false
        try cluster.create("lost", [[1, 2]])
        #expect(cluster.controller.lastPendingOffset == cluster.nextOffset - Int64(1))
        #expect(cluster.controller.committedImage == committed)
        #expect(cluster.image.topicCount == 2)
        cluster.controller.resign()
        #expect(cluster.image == committed && !cluster.controller.isActive)
        #expect(cluster.controller.nextDeadline == nil)
    }

    @Test func `shows what is committed as far as it is committed`() throws {
        var cluster = Cluster()
        try cluster.start([1])
        cluster.commitsAtOnce = false
        try cluster.create("a", [[1]])
        let first = cluster.nextOffset - Int64(1)
        try cluster.create("b", [[1]])
        cluster.commit(through: first)
        #expect(cluster.controller.committedImage.topicCount == 1)
        cluster.commit()
        #expect(cluster.controller.committedImage == cluster.image)
        #expect(cluster.controller.lastPendingOffset == nil)
    }

    @Test func `begins with what others committed`() throws {
        var cluster = Cluster()
        try cluster.start([1, 2, 3])
        try cluster.create("t", [[1, 2, 3]], configs: [("min.insync.replicas", "2")])
        let settings = ControllerSettings(nodeID: 101, clusterID: "cluster", broker: .init())
        var standby = Controller(settings, seed: 9)
        let position = MetadataPosition(lastOffset: cluster.nextOffset - 1, term: 1, timestamp: 0)
        try standby.committed(cluster.log, endingAt: position)
        #expect(standby.image == cluster.image)
        let bootstrap = BootstrapRecords.standard
        #expect(standby.becomeActive(term: 2, now: .zero, bootstrap: bootstrap).isEmpty)
        #expect(standby.nextDeadline == .zero + .milliseconds(500))
    }

    @Test func `ends a transaction that its predecessor left open`() throws {
        let settings = ControllerSettings(nodeID: 101, clusterID: "cluster", broker: .init())
        var controller = Controller(settings, seed: 9)
        var topic = TopicRecord()
        topic.name = "half"
        topic.topicID = UUID(high: 1, low: 1)
        let position = MetadataPosition(lastOffset: 3, term: 1, timestamp: 0)
        try controller.committed(
            BootstrapRecords.standard + [.beginTransaction(.init()), .topic(topic)],
            endingAt: position)
        let first = controller.becomeActive(term: 2, now: .zero, bootstrap: [])
        guard first.count == 1, case .abortTransaction = first[0] else {
            Issue.record("no abort: \(first)")
            return
        }
        #expect(controller.image.topicCount == 0)
    }

    @Test func `of a new cluster begins with the levels it was formatted for`() throws {
        let cluster = Cluster(elr: true)
        #expect(cluster.image.metadataVersion == .newest)
        #expect(cluster.image.hasEligibleLeaderReplicas)
        // One more: the cluster's own min.insync.replicas.
        #expect(cluster.log.count == BootstrapRecords.levels.count + 1)
    }

    @Test func `writes a no-op when nothing else is written`() throws {
        var settings = ControllerSettings(nodeID: 1, clusterID: "cluster", broker: .init())
        settings.noOpInterval = .milliseconds(500)
        var controller = Controller(settings, seed: 1)
        _ = controller.becomeActive(term: 1, now: .zero, bootstrap: [])
        let due = try #require(controller.nextDeadline)
        #expect(due == .zero + .milliseconds(500))
        let result = controller.deadlineReached(now: due)
        #expect(result.response == .noOp && result.records.count == 1)
        #expect(controller.nextDeadline == due + .milliseconds(500))
    }
}

@Suite("A cluster under random failures")
struct RandomFailureTests {
    /// raft.md R1 and R10, and that the log alone gives the same image.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func `keeps its invariants`(seed: UInt64) throws {
        var chance = PRNG(seed: seed)
        var cluster = Cluster(seed: seed, elr: seed % 2 == 0)
        let brokers: [BrokerID] = [1, 2, 3, 4]
        try cluster.start(brokers, rack: { $0.rawValue % 2 == 0 ? "even" : nil })
        var incarnation: UInt64 = 2
        for number in 0..<4 {
            let topic = NewTopic(
                name: "t\(number)", partitions: 5, replicationFactor: 3,
                configs: [
                    ("min.insync.replicas", "\(1 + number % 3)"),
                    ("unclean.leader.election.enable", number == 3 ? "true" : "false"),
                ])
            cluster.take(cluster.controller.createTopics([topic], validateOnly: false))
        }
        for _ in 0..<250 {
            let broker = brokers[chance.below(brokers.count)]
            switch chance.below(12) {
            case 0: try cluster.beat(broker, fence: true)
            case 1, 2, 3: try cluster.beat(broker)
            case 4: try cluster.beat(broker, shutdown: true)
            case 5:
                cluster.controller.connectionLost(by: broker, wasClosed: true, now: cluster.now)
                let epoch = cluster.image.broker(broker)?.epoch ?? .none
                try cluster.register(
                    cluster.request(
                        broker, incarnation: incarnation, directories: 2,
                        previousEpoch: chance.below(2) == 0 ? epoch : .none))
                incarnation += 1
            case 6, 7, 8: try alterSomething(&cluster, &chance)
            case 9:
                _ = try cluster.pass(
                    .milliseconds(100 + Int(chance.below(3)) * 1_000), alive: [broker])
            case 10:
                cluster.take(
                    cluster.controller.electLeaders(of: nil, isUnclean: chance.below(4) == 0))
            default:
                try cluster.beat(
                    broker, offline: [Cluster.directory(broker, UInt64(chance.below(2)))])
            }
            #expect(cluster.violations == [])
        }
        var replayed = MetadataImage()
        for record in cluster.log { try replayed.apply(record) }
        replayed.advance(to: cluster.image.position)
        #expect(replayed == cluster.image)
    }

    /// A leader that knows the present state asks for some ISR.
    private func alterSomething(_ cluster: inout Cluster, _ chance: inout PRNG) throws {
        let topic = "t\(chance.below(4))"
        let number = Int32(chance.below(5))
        guard let partition = cluster.partition(topic, number), let leader = partition.leader else {
            return
        }
        let others = partition.replicas.filter { $0 != leader && chance.below(2) == 0 }
        let isRecovering = partition.recoveryState == .recovering && chance.below(2) == 0
        try cluster.alter(
            topic, number, isr: [leader] + (isRecovering ? [] : others),
            recovery: isRecovering ? 1 : 0)
    }
}
