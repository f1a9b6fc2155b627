import Bytes
import Metadata
import Model
import Simulation
import Testing

@Suite("A node whose disk is damaged")
struct DamagePlayTests {
    private func segment(of place: TopicPartition) -> String {
        "/data/\(place.topic)-\(place.partition)/00000000000000000000.log"
    }

    private let metadataSegment = "/data/__cluster_metadata-0/00000000000000000000.log"

    /// Whether a file comes to be the same on two nodes' disks, as far as both know it to be committed.
    private func becomesEqual(
        _ path: String, on node: SimulatedNode, and other: SimulatedNode, in stage: Stage
    ) -> Bool {
        stage.cluster.time.pass(atMost: .seconds(10)) {
            guard let one = node.disk.bytes(of: path), let two = other.disk.bytes(of: path) else {
                return false
            }
            // What is preallocated or still on its way is no part of the comparison.
            let common = min(one.count, two.count)
            return common > 0 && one[0..<common] == two[0..<common]
        }
    }

    @Test func `cuts a torn last write and gets it back from its leader`() throws {
        var tornCount = 0
        for seed in 1...4 as ClosedRange<UInt64> {
            let stage = Stage(400 + seed)
            let node = try stage.bystander()
            // Its last appends are on no disk when the power goes, but for what chance leaves of them.
            node.disk.stall(for: .seconds(1))
            stage.cluster.time.pass(.milliseconds(200))
            node.losePower()
            node.start()
            #expect(stage.cluster.allServe(within: .seconds(10)))
            tornCount +=
                stage.cluster.timeline.last(.max) { line in
                    line.contains("logRecovered") && !line.contains("bytesCutOff=0 ")
                }.count
            #expect(stage.isWhole(within: .seconds(10)))
            stage.finish()
        }
        #expect(tornCount > 0)
    }

    /// Bytes of the first batch: its length, its checksum, its number of records, its first record.
    @Test(arguments: [11, 17, 60, 70])
    func `finds a bit that flipped in a follower's segment, and gets the record again`(byte: Int)
        throws
    {
        let stage = Stage(420 + UInt64(byte))
        let node = try stage.bystander()
        let leader = try stage.leader()
        let path = segment(of: stage.place)
        let whole = try #require(node.disk.bytes(of: path))
        node.kill()
        #expect(node.disk.flipBit(3, ofByte: byte, in: path))
        #expect(node.disk.bytes(of: path) != whole)
        stage.cluster.checker.excuse(node.id)
        node.start()
        #expect(stage.cluster.allServe(within: .seconds(10)))
        #expect(becomesEqual(path, on: node, and: leader, in: stage))
        // What it says from now on is what was written.
        leader.kill()
        #expect(stage.acknowledgesMore(within: .seconds(10)))
        stage.finish()
    }

    /// In a closed segment of the leader's, which goes on leading nothing that it cannot read.
    @Test(arguments: [1, 2, 3])
    func `gives up its leadership for a hole, and fills it`(seed: UInt64) throws {
        var plan = ClusterPlan.combined(3)
        plan.settings = [
            "log.roll.ms=500", "log.flush.offset.checkpoint.interval.ms=500",
            "log.scrub.interval.ms=2000",
        ]
        let stage = Stage(490 + seed, plan)
        let leader = try stage.leader()
        let path = segment(of: stage.place)
        // The first segment is closed, and known to be on the disk.
        stage.cluster.time.pass(.seconds(4))
        let whole = try #require(leader.disk.bytes(of: path))
        stage.cluster.checker.excuse(leader.id)
        #expect(leader.disk.flipBit(2, ofByte: whole.count / 2, in: path))
        let hasMoved = stage.cluster.time.pass(atMost: .seconds(10)) {
            stage.state(of: stage.place)?.leader.map { $0 != leader.id } ?? false
        }
        #expect(hasMoved)
        let isFilled = stage.cluster.time.pass(atMost: .seconds(10)) {
            leader.disk.bytes(of: path) == whole
        }
        #expect(isFilled)
        #expect(stage.isWhole(within: .seconds(10)))
        #expect(stage.acknowledgesMore(within: .seconds(5)))
        stage.finish()
    }

    /// Of a closed segment, while its node runs and serves it.
    @Test(arguments: [false, true])
    func `repairs a bit that flipped in a closed segment, whether it leads or not`(leads: Bool)
        throws
    {
        var plan = ClusterPlan.combined(3)
        plan.settings = [
            "log.scrub.interval.ms=1000",
            // What is repaired lies below the recovery point.
            "log.flush.offset.checkpoint.interval.ms=1000",
        ]
        let stage = Stage(leads ? 471 : 470, plan, segmentBytes: 2_048)
        let (time, checker) = (stage.cluster.time, stage.cluster.checker)
        let node = leads ? try stage.leader() : try stage.bystander()
        let batches = stage.sealedBatches(of: node, atLeast: 4)
        let batch = try #require(batches.dropFirst(2).first)
        #expect(node.disk.flipBit(3, ofByte: batch.bytes.lowerBound + 30, in: batch.path))
        checker.noteDamage(of: stage.place, on: node.id)
        #expect(checker.damage(of: [stage.place]) != nil)
        for _ in 0..<50 where checker.damage(of: [stage.place]) != nil {
            time.pass(.milliseconds(100))
        }
        #expect(checker.damage(of: [stage.place]) == nil)
        #expect(node.isServing)
        stage.finish()
    }

    /// What hides where a batch ends leaves those behind it without the rest: nobody in sync has what is lost, and
    /// nobody can come to be in sync.
    @Test(arguments: [1, 2, 3])
    func `is filled by those who fell behind, if it leads alone`(seed: UInt64) throws {
        var plan = ClusterPlan.separate(controllers: 3, brokers: 3)
        plan.settings = [
            "log.scrub.interval.ms=1000", "log.flush.offset.checkpoint.interval.ms=1000",
        ]
        let stage = Stage(
            510 + seed, plan, segmentBytes: 2_048, settings: [("min.insync.replicas", "1")])
        let (time, checker) = (stage.cluster.time, stage.cluster.checker)
        let leader = try stage.leader()
        let others = stage.cluster.nodes.filter { $0.role.isBroker && $0 !== leader }
        _ = stage.sealedBatches(of: leader, atLeast: 4)
        for other in others { other.kill() }
        // It goes on alone, and the segment in which the others end is closed.
        time.pass(.seconds(4))
        #expect(stage.state(of: stage.place)?.isr == [leader.id])
        let batch = try #require(checker.repairable(stage.place, on: leader.id).last)
        let lastOffsetDelta = 23
        #expect(
            leader.disk.flipBit(
                3, ofByte: batch.bytes.lowerBound + lastOffsetDelta, in: batch.path))
        checker.noteDamage(of: stage.place, on: leader.id)
        // It is found, and nobody can help.
        time.pass(.seconds(4))
        for other in others { other.start() }
        try #require(stage.isWhole(within: .seconds(40)))
        #expect(
            time.pass(atMost: .seconds(10)) { checker.damage(of: [stage.place]) == nil })
        stage.finish()
    }

    /// Of the two that may lead, one was left alone when the other had died; its disk has lost what it had synced.
    @Test(arguments: [0, 700])
    func `is not made leader for what it once had`(size: Int) throws {
        var plan = ClusterPlan.separate(controllers: 3, brokers: 3)
        plan.settings = ["log.flush.offset.checkpoint.interval.ms=1000"]
        let stage = Stage(480 + UInt64(size), plan)
        stage.cluster.time.pass(.seconds(3))
        let (eligible, last, third) = try stage.killToTheLast()
        let path = segment(of: stage.place)
        #expect(try #require(eligible.disk.bytes(of: path)).count > size)
        eligible.disk.resize(path, to: size)
        stage.cluster.checker.excuse(eligible.id)
        eligible.start()
        third.start()
        #expect(!stage.acknowledgesMore(1, within: .seconds(3)))
        #expect(stage.state(of: stage.place)?.leader == nil)
        last.start()
        #expect(stage.acknowledgesMore(within: .seconds(15)))
        stage.finish()
    }

    @Test(arguments: [70, 400, 900])
    func `repairs a bit that flipped in its metadata log, or does not start`(byte: Int) throws {
        let stage = Stage(430 + UInt64(byte))
        let node = try #require(stage.cluster.nodes.first { !$0.isController })
        let controller = try #require(stage.cluster.controller)
        node.kill()
        #expect(node.disk.flipBit(5, ofByte: byte, in: metadataSegment))
        node.start()
        let hasEnded = stage.cluster.time.pass(atMost: .seconds(10)) {
            node.isServing || node.failure != nil
        }
        #expect(hasEnded)
        guard node.failure == nil else {
            #expect(node.failure?.contains("damaged") == true)
            return
        }
        #expect(becomesEqual(metadataSegment, on: node, and: controller, in: stage))
        stage.finish()
    }

    @Test
    func `does not start from a damaged snapshot of the metadata, and does from an empty disk`()
        throws
    {
        var plan = ClusterPlan.combined(3)
        plan.keepsVotersInLog = true
        plan.settings = ["metadata.log.max.snapshot.interval.ms=1000"]
        let stage = Stage(440, plan)
        let node = try #require(stage.cluster.nodes.first { !$0.isController })
        let hasSnapshot = stage.cluster.time.pass(atMost: .seconds(10)) {
            snapshots(of: node).count > 0
        }
        #expect(hasSnapshot)
        node.kill()
        let path = try #require(snapshots(of: node).last)
        let size = try #require(node.disk.bytes(of: path)?.count)
        #expect(node.disk.flipBit(0, ofByte: size / 2, in: path))
        node.start()
        let hasFailed = stage.cluster.time.pass(atMost: .seconds(10)) { node.failure != nil }
        #expect(hasFailed)
        #expect(node.failure?.contains("\(path) is damaged") == true)
        #expect(stage.acknowledgesMore(within: .seconds(5)))
        // What the message advises.
        node.replaceDisk()
        node.start()
        #expect(stage.isWhole(within: .seconds(20)))
        stage.finish()
    }

    private func snapshots(of node: SimulatedNode) -> [String] {
        node.disk.paths.filter {
            $0.hasPrefix("/data/__cluster_metadata-0/") && $0.hasSuffix(".checkpoint")
                && !$0.contains("00000000000000000000-")
        }
    }

    /// All nodes at once, so that nobody else could help.
    @Test(arguments: [0, 3, 8])
    func `makes index files anew that were cut short`(size: Int) throws {
        let stage = Stage(450 + UInt64(size))
        for node in stage.cluster.nodes { node.kill() }
        for node in stage.cluster.nodes {
            for path in node.disk.paths where path.hasSuffix("index") {
                node.disk.resize(path, to: size)
            }
        }
        stage.finish()
    }

    @Test func `makes index files anew that are gone`() throws {
        let stage = Stage(460)
        for node in stage.cluster.nodes { node.kill() }
        for node in stage.cluster.nodes {
            for path in node.disk.paths where path.hasSuffix("index") { node.disk.remove(path) }
        }
        stage.finish()
    }
}
