import Metadata
import Model
import TestSupport
import Testing

@testable import Controller

@Suite("A broker's registration")
struct RegistrationTests {
    @Test func `starts fenced, with the record's offset as epoch`() throws {
        var cluster = Cluster()
        let offset = cluster.nextOffset
        let epoch = try cluster.register(cluster.request(1))
        #expect(epoch.rawValue == offset.rawValue)
        #expect(cluster.image.broker(1)?.isFenced == true)
        #expect(cluster.image.broker(1)?.isMartlet == true)
    }

    @Test func `is refused for what is wrong in it`() throws {
        var cluster = Cluster()
        try cluster.register(cluster.request(2))
        let cases: [(ErrorCode, (inout BrokerEnrollment) -> Void)] = [
            (.inconsistentClusterId, { $0.clusterID = "other" }),
            (.invalidRegistration, { $0.directories = [] }),
            (.invalidRegistration, { $0.directories += $0.directories }),
            (.invalidRegistration, { $0.directories = [.migrating] }),
            (.invalidRegistration, { $0.directories = [Cluster.directory(2)] }),
            (.unsupportedVersion, { $0.features = [FeatureRange("metadata.version", 7...29)] }),
            (.unsupportedVersion, { $0.features = [] }),
        ]
        for (code, spoil) in cases {
            var request = cluster.request(1)
            spoil(&request)
            #expect(
                refusal {
                    _ = try cluster.controller.registerBroker(
                        request, nextOffset: cluster.nextOffset, now: cluster.now)
                } == code)
        }
        #expect(cluster.image.broker(1) == nil)
    }

    @Test func `of the same process again keeps epoch and fencing`() throws {
        var cluster = Cluster()
        let epoch = try cluster.register(cluster.request(1))
        try cluster.beat(1)
        var again = cluster.request(1)
        again.rack = "r9"
        #expect(try cluster.register(again) == epoch)
        #expect(cluster.image.broker(1)?.isFenced == false)
        #expect(cluster.image.broker(1)?.rack == "r9")
    }

    @Test func `of another process is refused while the old one lives`() throws {
        var cluster = Cluster()
        try cluster.start([1])
        let other = cluster.request(1, incarnation: 2)
        #expect(refusal { try cluster.register(other) } == .duplicateBrokerRegistration)
        cluster.now = cluster.now + .milliseconds(1_999)
        #expect(refusal { try cluster.register(other) } == .duplicateBrokerRegistration)
        cluster.now = cluster.now + .milliseconds(1)
        #expect(refusal { try cluster.register(other) } == nil)
        #expect(cluster.image.broker(1)?.isFenced == true)
    }

    @Test
    func `of a restarted process is not held up by the old session once its connection broke`()
        throws
    {
        var cluster = Cluster()
        try cluster.start([1])
        cluster.controller.connectionLost(by: 1, wasClosed: true, now: cluster.now)
        #expect(refusal { try cluster.register(cluster.request(1, incarnation: 2)) } == nil)
    }

    @Test func `of a new process during a controlled shutdown is allowed`() throws {
        var cluster = Cluster()
        try cluster.start([1, 2])
        try cluster.create("t", [[1, 2]])
        try cluster.beat(1, shutdown: true)
        #expect(cluster.image.broker(1)?.isInControlledShutdown == true)
        #expect(refusal { try cluster.register(cluster.request(1, incarnation: 2)) } == nil)
        #expect(cluster.image.broker(1)?.isInControlledShutdown == false)
    }

    @Test func `takes what an unclean predecessor had in ISR and ELR`() throws {
        var cluster = Cluster(elr: true)
        try cluster.start([1, 2, 3])
        try cluster.create("t", [[1, 2, 3]], configs: [("min.insync.replicas", "3")])
        try cluster.alter("t", isr: [1, 3])
        #expect(cluster.partition("t")?.line == "leader 1 isr 1,3 elr 2")
        cluster.controller.connectionLost(by: 2, wasClosed: true, now: cluster.now)
        cluster.controller.connectionLost(by: 3, wasClosed: true, now: cluster.now)
        try cluster.register(cluster.request(2, incarnation: 2))
        #expect(cluster.partition("t")?.line == "leader 1 isr 1,3")
        // A process that brings what its predecessor had is merely fenced.
        let epoch = try #require(cluster.image.broker(3)?.epoch)
        try cluster.register(cluster.request(3, incarnation: 2, previousEpoch: epoch))
        #expect(cluster.partition("t")?.line == "leader 1 isr 1 elr 3")
        #expect(cluster.violations == [])
    }

    @Test func `on another disk begins its replicas anew there, and nobody counts on them`() throws
    {
        var cluster = Cluster(elr: true)
        try cluster.start([1, 2])
        try cluster.create("t", [[1, 2]])
        try cluster.create("alone", [[2]])
        cluster.controller.connectionLost(by: 2, wasClosed: true, now: cluster.now)
        let epoch = try #require(cluster.image.broker(2)?.epoch)
        // Even if it says that it brings all that it had.
        var request = cluster.request(2, incarnation: 2, previousEpoch: epoch)
        request.directories = [Cluster.directory(2, 7)]
        try cluster.register(request)
        #expect(cluster.partition("t")?.line == "leader 1 isr 1")
        #expect(cluster.partition("t")?.directory(on: 2) == Cluster.directory(2, 7))
        #expect(cluster.partition("t")?.directory(on: 1) == Cluster.directory(1))
        #expect(cluster.partition("alone")?.leader == nil)
        try cluster.beat(2)
        #expect(cluster.partition("alone")?.leader == nil)
        #expect(cluster.violations == [])
    }

    @Test func `on another disk leaves the last of an ISR leaderless`() throws {
        var cluster = Cluster(elr: false)
        try cluster.start([1, 2])
        try cluster.create("alone", [[2]])
        cluster.controller.connectionLost(by: 2, wasClosed: true, now: cluster.now)
        var request = cluster.request(2, incarnation: 2)
        request.directories = [Cluster.directory(2, 7)]
        try cluster.register(request)
        try cluster.beat(2)
        #expect(cluster.partition("alone")?.leader == nil)
        #expect(cluster.partition("alone")?.directory(on: 2) == Cluster.directory(2))
        #expect(cluster.violations == [])
    }

    @Test func `on another disk begins a replica anew only once others go on without it`() throws {
        var cluster = Cluster(elr: true)
        try cluster.start([1, 2])
        try cluster.create("t", [[1, 2]], configs: [("min.insync.replicas", "2")])
        try cluster.beat(2, fence: true)
        try cluster.beat(1, fence: true)
        cluster.controller.connectionLost(by: 1, wasClosed: true, now: cluster.now)
        #expect(cluster.partition("t")?.lastKnownELR == [1])
        var request = cluster.request(1, incarnation: 2)
        request.directories = [Cluster.directory(1, 7)]
        try cluster.register(request)
        #expect(cluster.partition("t")?.directory(on: 1) == Cluster.directory(1))
        try cluster.beat(1)
        #expect(cluster.partition("t")?.line == "leader -1 isr  elr 2")
        try cluster.beat(2)
        #expect(cluster.partition("t")?.line == "leader 2 isr 2")
        #expect(cluster.partition("t")?.directory(on: 1) == Cluster.directory(1, 7))
        #expect(cluster.violations == [])
    }

    @Test func `without a directory that went offline begins nothing anew in the others`() throws {
        var cluster = Cluster(elr: true)
        try cluster.start([1, 3, 4])
        var request = cluster.request(2, directories: 2)
        let failing = request.directories[1]
        try cluster.register(request)
        try cluster.beat(2)
        let id = try cluster.create(
            "t", [[1, 2, 3, 4]], configs: [("min.insync.replicas", "3")])
        let epoch = try #require(cluster.image.broker(2)?.epoch)
        _ = cluster.take(
            try cluster.controller.assignReplicas(
                [DirectoryAssignment(directory: failing, key: PartitionKey(id, 0))], by: 2,
                epoch: epoch))
        try cluster.beat(4, fence: true)
        try cluster.beat(2, offline: [failing])
        #expect(cluster.partition("t")?.line == "leader 1 isr 1,3 elr 2")
        // Others go on without it, which would be the moment to begin anew.
        try cluster.beat(4)
        #expect(try cluster.alter("t", isr: [1, 3, 4]) == .none)
        #expect(cluster.partition("t")?.line == "leader 1 isr 1,3,4")
        #expect(cluster.partition("t")?.directory(on: 2) == failing)
        // Nor when it starts again with both.
        request.incarnationID = UUID(high: 2, low: 2)
        cluster.controller.connectionLost(by: 2, wasClosed: true, now: cluster.now)
        try cluster.register(request)
        #expect(cluster.partition("t")?.directory(on: 2) == failing)
        #expect(cluster.violations == [])
    }

    @Test func `after a kill counts what was acknowledged from memory as lost, and no more`() throws
    {
        var cluster = Cluster(elr: true)
        try cluster.start([1, 2, 3])
        try cluster.create("disk", [[1, 2, 3]], configs: [("min.insync.replicas", "3")])
        try cluster.create(
            "memory", [[1, 2, 3]],
            configs: [("flush.before.ack", "false"), ("min.insync.replicas", "3")])
        cluster.controller.connectionLost(by: 3, wasClosed: true, now: cluster.now)
        let epoch = try #require(cluster.image.broker(3)?.epoch)
        try cluster.register(cluster.request(3, incarnation: 2, previousEpoch: epoch))
        #expect(cluster.partition("disk")?.line == "leader 1 isr 1,2 elr 3")
        #expect(cluster.partition("memory")?.line == "leader 1 isr 1,2")
        #expect(cluster.violations == [])
    }

    @Test func `after an orderly end counts memory as kept`() throws {
        var cluster = Cluster(elr: true)
        try cluster.start([1, 2, 3])
        try cluster.create(
            "memory", [[1, 2, 3]],
            configs: [("flush.before.ack", "false"), ("min.insync.replicas", "3")])
        let epoch = try #require(cluster.image.broker(3)?.epoch)
        var goodbye = BrokerHeartbeat(
            broker: 3, epoch: epoch, metadataOffset: cluster.nextOffset - 1)
        goodbye.wantsShutdown = true
        cluster.take(try cluster.controller.heartbeat(goodbye, now: cluster.now))
        #expect(cluster.partition("memory")?.line == "leader 1 isr 1,2 elr 3")
        try cluster.register(cluster.request(3, incarnation: 2, previousEpoch: epoch))
        #expect(cluster.partition("memory")?.line == "leader 1 isr 1,2 elr 3")
    }

    @Test func `ends with its removal`() throws {
        var cluster = Cluster()
        try cluster.start([1, 2])
        try cluster.create("t", [[1, 2]])
        cluster.take(try cluster.controller.unregisterBroker(1))
        #expect(cluster.image.broker(1) == nil)
        #expect(cluster.partition("t")?.line == "leader 2 isr 2")
        #expect(
            refusal { _ = try cluster.controller.unregisterBroker(1) } == .brokerIdNotRegistered)
        let beat = BrokerHeartbeat(broker: 1, epoch: 3, metadataOffset: 9)
        #expect(
            refusal { _ = try cluster.controller.heartbeat(beat, now: cluster.now) }
                == .staleBrokerEpoch)
    }

    @Test func `of a controller is kept and checked`() throws {
        var cluster = Cluster()
        var registration = ControllerRegistration(
            id: 100, incarnationID: UUID(high: 1, low: 1),
            endpoints: [Endpoint(listener: "CONTROLLER", host: "c", port: 9_093)],
            features: BootstrapRecords.supported)
        cluster.take(try cluster.controller.registerController(registration))
        #expect(cluster.image.controller(100) == registration)
        #expect(try cluster.controller.registerController(registration).records.isEmpty)
        registration.features = [FeatureRange("metadata.version", 1...6)]
        #expect(
            refusal { _ = try cluster.controller.registerController(registration) }
                == .unsupportedVersion)
    }
}
