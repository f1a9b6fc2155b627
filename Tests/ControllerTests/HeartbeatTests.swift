import Metadata
import Model
import TestSupport
import Testing

@testable import Controller

@Suite("A broker's life")
struct HeartbeatTests {
    @Test func `begins unfenced once it has replayed its own registration`() throws {
        var cluster = Cluster()
        try cluster.register(cluster.request(1))
        #expect(
            try cluster.beat(1, offset: 0)
                == BrokerHeartbeatReply(isCaughtUp: false, isFenced: true, mayStop: false))
        #expect(try cluster.beat(1, fence: true).isFenced)
        #expect(
            try cluster.beat(1)
                == BrokerHeartbeatReply(isCaughtUp: true, isFenced: false, mayStop: false))
        #expect(cluster.image.broker(1)?.isFenced == false)
    }

    @Test func `goes on after a fence only when others' taking over is known to it`() throws {
        var cluster = Cluster()
        try cluster.start([1, 2])
        try cluster.create("t", [[1, 2]])
        let before: Offset = cluster.nextOffset - 1
        try cluster.beat(1, fence: true)
        #expect(cluster.partition("t")?.line == "leader 2 isr 2")
        let fence: Offset = cluster.nextOffset - 1
        #expect(try cluster.beat(1, offset: before).isFenced)
        #expect(try cluster.beat(1, offset: fence - 1).isFenced)
        #expect(try !cluster.beat(1, offset: fence).isFenced)
    }

    @Test func `goes on under a new controller when it knows the log up to the change`() throws {
        var cluster = Cluster()
        try cluster.start([1, 2])
        try cluster.beat(1, fence: true)
        let before: Offset = cluster.nextOffset - 2
        cluster.controller.resign()
        cluster.append(
            cluster.controller.becomeActive(term: 2, now: cluster.now, bootstrap: []))
        #expect(try cluster.beat(1, offset: before).isFenced)
        #expect(try !cluster.beat(1, offset: before + 1).isFenced)
    }

    @Test func `leads what was without a leader when it returns`() throws {
        var cluster = Cluster()
        try cluster.start([1, 2])
        try cluster.create("t", [[1]])
        try cluster.beat(1, fence: true)
        #expect(cluster.partition("t")?.line == "leader -1 isr 1")
        let epoch = cluster.partition("t")?.leaderEpoch
        try cluster.beat(1)
        #expect(cluster.partition("t")?.line == "leader 1 isr 1")
        #expect(cluster.partition("t")?.leaderEpoch == epoch?.next)
    }

    @Test func `ends by silence, one broker at a time`() throws {
        var cluster = Cluster()
        try cluster.start([1, 2, 3])
        try cluster.create("t", [[1, 2, 3], [2, 3, 1]])
        let occasions = try cluster.pass(.seconds(2), alive: [3])
        #expect(occasions == [.fenced(1), .fenced(2)])
        #expect(cluster.partition("t", 0)?.line == "leader 3 isr 3")
        #expect(cluster.partition("t", 1)?.line == "leader 3 isr 3")
        #expect(cluster.violations == [])
    }

    @Test func `lasts nine seconds of silence for a broker of Kafka's`() throws {
        var cluster = Cluster()
        try cluster.register(cluster.request(1, isMartlet: false))
        try cluster.beat(1)
        #expect(try cluster.pass(.milliseconds(8_900)) == [])
        #expect(try cluster.pass(.milliseconds(100)) == [.fenced(1)])
    }

    @Test func `ends soon after its connection broke, unless it is heard on another`() throws {
        var cluster = Cluster()
        try cluster.start([1, 2])
        cluster.controller.connectionLost(by: 1, wasClosed: true, now: cluster.now)
        cluster.controller.connectionLost(by: 2, wasClosed: true, now: cluster.now)
        #expect(try cluster.pass(.milliseconds(300), alive: [2]) == [.fenced(1)])
        #expect(try cluster.pass(.seconds(1), alive: [2]) == [])
    }

    @Test func `ends after a reset only when the lease has`() throws {
        var cluster = Cluster()
        try cluster.start([1, 2])
        cluster.now = cluster.now + .milliseconds(200)
        try cluster.beat(2)
        cluster.controller.connectionLost(by: 1, wasClosed: false, now: cluster.now)
        cluster.controller.connectionLost(by: 2, wasClosed: false, now: cluster.now)
        #expect(try cluster.pass(.milliseconds(400)) == [])
        #expect(try cluster.pass(.milliseconds(100)) == [.fenced(1)])
        #expect(try cluster.pass(.milliseconds(100)) == [])
        #expect(try cluster.pass(.milliseconds(100)) == [.fenced(2)])
    }

    @Test func `must be shown soon to a new controller`() throws {
        var cluster = Cluster()
        try cluster.start([1, 2])
        try cluster.register(cluster.request(3, isMartlet: false))
        try cluster.beat(3)
        cluster.controller.resign()
        cluster.append(cluster.controller.becomeActive(term: 2, now: cluster.now, bootstrap: []))
        #expect(try cluster.pass(.milliseconds(400), alive: [2]) == [])
        #expect(try cluster.pass(.milliseconds(100), alive: [2]) == [.fenced(1)])
        #expect(try cluster.pass(.seconds(8), alive: [2]) == [])
        #expect(try cluster.pass(.seconds(1), alive: [2]) == [.fenced(3)])
    }

    @Test func `ends sooner when a new controller had lost the process of the one before`() throws {
        var cluster = Cluster()
        try cluster.start([1, 2, 3])
        cluster.controller.resign()
        let lost = cluster.now
        cluster.now = cluster.now + .milliseconds(200)
        cluster.append(cluster.controller.becomeActive(term: 2, now: cluster.now, bootstrap: []))
        cluster.controller.predecessorLost(1, since: lost, now: cluster.now)
        // The grace of 300 ms would be over after 100, but a new controller must be heard of first.
        #expect(try cluster.pass(.milliseconds(100), alive: [2]) == [])
        #expect(try cluster.pass(.milliseconds(50), alive: [2]) == [.fenced(1)])
        #expect(try cluster.pass(.milliseconds(300), alive: [2]) == [])
        #expect(try cluster.pass(.milliseconds(50), alive: [2]) == [.fenced(3)])
    }

    @Test func `goes on when the predecessor's broker is heard by the new controller`() throws {
        var cluster = Cluster()
        try cluster.start([1, 2])
        cluster.controller.resign()
        cluster.append(cluster.controller.becomeActive(term: 2, now: cluster.now, bootstrap: []))
        cluster.controller.predecessorLost(1, since: cluster.now, now: cluster.now)
        #expect(try cluster.pass(.milliseconds(250)) == [])
        try cluster.beat(1)
        #expect(try cluster.pass(.seconds(1), alive: [1]).contains(.fenced(1)) == false)
    }

    @Test func `is not ended by the controller's own pause`() throws {
        var cluster = Cluster()
        try cluster.start([1, 2])
        cluster.now = cluster.now + .seconds(30)
        #expect(cluster.take(cluster.controller.deadlineReached(now: cluster.now)) == .nothing)
        #expect(try cluster.pass(.milliseconds(500), alive: [1]) == [.fenced(2)])
    }

    @Test func `ends in order when it asks to stop`() throws {
        var cluster = Cluster()
        try cluster.start([1, 2, 3])
        try cluster.create("t", [[1, 2, 3]])
        let first = try cluster.beat(1, shutdown: true)
        #expect(first == BrokerHeartbeatReply(isCaughtUp: true, isFenced: false, mayStop: false))
        #expect(cluster.partition("t")?.line == "leader 2 isr 2,3")
        // Everybody else must know first that it leads nothing.
        #expect(try cluster.beat(1, shutdown: true).mayStop == false)
        try cluster.beat(2)
        #expect(try cluster.beat(1, shutdown: true).mayStop == false)
        try cluster.beat(3)
        #expect(
            try cluster.beat(1, shutdown: true)
                == BrokerHeartbeatReply(isCaughtUp: true, isFenced: true, mayStop: true))
        #expect(cluster.image.broker(1)?.isFenced == true)
    }

    @Test func `may end at once when it leads nothing or is fenced`() throws {
        var cluster = Cluster()
        try cluster.start([1, 2])
        #expect(try cluster.beat(1, shutdown: true).mayStop)
        try cluster.beat(2, fence: true)
        #expect(try cluster.beat(2, shutdown: true).mayStop)
    }

    @Test func `loses with a directory what lies in it`() throws {
        var cluster = Cluster()
        try cluster.register(cluster.request(1, directories: 2))
        try cluster.beat(1)
        try cluster.start([2])
        let a = try cluster.create("a", [[1, 2]])
        let b = try cluster.create("b", [[1, 2]])
        #expect(cluster.partition("a")?.directories == [.unassigned, Cluster.directory(2)])
        let epoch = try #require(cluster.image.broker(1)?.epoch)
        let codes = cluster.take(
            try cluster.controller.assignReplicas(
                [
                    DirectoryAssignment(
                        directory: Cluster.directory(1, 0), key: PartitionKey(a, 0)),
                    DirectoryAssignment(
                        directory: Cluster.directory(1, 1), key: PartitionKey(b, 0)),
                    DirectoryAssignment(
                        directory: Cluster.directory(1, 1), key: PartitionKey(b, 7)),
                    DirectoryAssignment(
                        directory: Cluster.directory(1, 1), key: PartitionKey(.zero, 0)),
                ], by: 1, epoch: epoch))
        #expect(codes == [.none, .none, .unknownTopicOrPartition, .unknownTopicId])
        try cluster.beat(1, offline: [Cluster.directory(1, 1)])
        #expect(cluster.partition("a")?.line == "leader 1 isr 1,2")
        #expect(cluster.partition("b")?.line == "leader 2 isr 2")
        #expect(cluster.image.broker(1)?.directories == [Cluster.directory(1, 0)])
        // The last directory takes the broker with it.
        #expect(try cluster.beat(1, offline: [Cluster.directory(1, 0)]).isFenced)
        #expect(cluster.partition("a")?.line == "leader 2 isr 2")
        #expect(cluster.violations == [])
    }

    @Test func `is refused under another epoch`() throws {
        var cluster = Cluster()
        try cluster.start([1])
        let beat = BrokerHeartbeat(broker: 1, epoch: 999, metadataOffset: 9)
        #expect(
            refusal { _ = try cluster.controller.heartbeat(beat, now: cluster.now) }
                == .staleBrokerEpoch)
    }
}
