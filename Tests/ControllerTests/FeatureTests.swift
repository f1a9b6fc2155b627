import InternalRecords
import Metadata
import Model
import TestSupport
import Testing

@testable import Controller

@Suite("A finalized level")
struct FeatureTests {
    private static let elr = FeatureName.eligibleLeaderReplicas
    private static let metadata = FeatureName.metadataVersion
    private let alone = QuorumMembership(kraftVersion: 1, voters: [100])

    private func update(
        _ cluster: inout Cluster, _ updates: [FeatureUpdate], only: Bool = false,
        quorum: QuorumMembership? = nil
    ) -> String? {
        do {
            cluster.take(
                try cluster.controller.updateFeatures(
                    updates, validateOnly: only, quorum: quorum ?? alone))
            return nil
        } catch {
            return error.code == .invalidUpdateVersion ? error.message : "\(error.code)"
        }
    }

    @Test func `is raised and lowered by one record`() throws {
        var cluster = Cluster()
        try cluster.start([1])
        #expect(update(&cluster, [FeatureUpdate(Self.elr, to: 1, .upgrade)], only: true) == nil)
        #expect(cluster.image.level(of: Self.elr) == 0)
        #expect(update(&cluster, [FeatureUpdate(Self.elr, to: 1, .upgrade)]) == nil)
        #expect(cluster.image.level(of: Self.elr) == 1)
        let written = cluster.log.count
        #expect(update(&cluster, [FeatureUpdate(Self.elr, to: 1, .upgrade)]) == nil)
        #expect(cluster.log.count == written)
        #expect(update(&cluster, [FeatureUpdate(Self.elr, to: 0, .safeDowngrade)]) == nil)
        #expect(cluster.image.level(of: Self.elr) == 0)
    }

    @Test func `changes with all others of the request, or not at all`() throws {
        var cluster = Cluster()
        try cluster.start([1])
        #expect(
            update(
                &cluster,
                [
                    FeatureUpdate(Self.elr, to: 1, .upgrade),
                    FeatureUpdate("nonsense", to: 1, .upgrade),
                ])
                == "Invalid update version 1 for feature nonsense. Local controller 100 does not "
                + "support this feature.")
        #expect(cluster.image.level(of: Self.elr) == 0)
        #expect(
            update(
                &cluster,
                [
                    FeatureUpdate(Self.elr, to: 1, .upgrade),
                    FeatureUpdate(Self.elr, to: 0, .safeDowngrade),
                ]) == "INVALID_REQUEST")
    }

    @Test func `is refused in the wrong direction and with an unknown type`() throws {
        var cluster = Cluster(elr: true)
        try cluster.start([1])
        func refusal(_ level: Int16, _ kind: FeatureUpdate.Kind?) -> String? {
            update(&cluster, [FeatureUpdate(Self.elr, to: level, kind)])
        }
        let head = "Invalid update version"
        #expect(
            refusal(0, .upgrade)
                == "\(head) 0 for feature \(Self.elr). Can't downgrade the version of this feature "
                + "without setting the upgrade type to either safe or unsafe downgrade.")
        #expect(
            refusal(1, nil)
                == "\(head) 1 for feature \(Self.elr). The controller does not support the given "
                + "upgrade type.")
        #expect(
            refusal(-1, .upgrade)
                == "\(head) -1 for feature \(Self.elr). A feature version cannot be less than 0.")
        #expect(
            refusal(2, .upgrade)
                == "\(head) 2 for feature \(Self.elr). Local controller 100 only supports versions "
                + "0-1")
        #expect(refusal(0, .unsafeDowngrade) == nil)
        #expect(
            refusal(1, .safeDowngrade)
                == "\(head) 1 for feature \(Self.elr). Can't downgrade to a newer version.")
        #expect(
            update(&cluster, [FeatureUpdate(FeatureName.martlet, to: 1, .upgrade)])
                == "\(head) 1 for feature martlet. Local controller 100 does not support this "
                + "feature.")
    }

    @Test func `must be spoken by every broker and every voter`() throws {
        var cluster = Cluster()
        var old = cluster.request(7)
        old.features.removeAll { $0.name == Self.elr }
        try cluster.register(old)
        let up = [FeatureUpdate(Self.elr, to: 1, .upgrade)]
        #expect(update(&cluster, up)?.hasSuffix("Broker 7 does not support this feature.") == true)
        cluster.take(try cluster.controller.unregisterBroker(7))
        let three = QuorumMembership(kraftVersion: 1, voters: [102, 100, 101])
        #expect(
            update(&cluster, up, quorum: three)?.hasSuffix(
                "controller 101 has not registered, and may not support this feature") == true)
        for id in [101, 102] as [Int32] {
            let levels: ClosedRange<Int16> = id == 102 ? 0...0 : 0...1
            cluster.take(
                try cluster.controller.registerController(
                    ControllerRegistration(
                        id: BrokerID(id), incarnationID: UUID(high: 1, low: 1), endpoints: [],
                        features: [
                            FeatureRange(Self.elr, levels), FeatureRange(Self.metadata, 7...30),
                        ])))
        }
        #expect(
            update(&cluster, up, quorum: three)?.hasSuffix(
                "Controller 102 only supports versions 0-0")
                == true)
    }

    @Test func `of metadata falls only where nothing is lost`() throws {
        var cluster = Cluster(metadataVersion: 29)
        try cluster.start([1])
        #expect(update(&cluster, [FeatureUpdate(Self.metadata, to: 26, .safeDowngrade)]) == nil)
        #expect(cluster.image.metadataVersion.level == 26)
        #expect(
            update(&cluster, [FeatureUpdate(Self.metadata, to: 22, .safeDowngrade)])
                == "Invalid metadata.version 22. Refusing to perform the requested downgrade "
                + "because it might delete metadata information.")
        #expect(
            update(&cluster, [FeatureUpdate(Self.metadata, to: 22, .unsafeDowngrade)])
                == "Invalid metadata.version 22. Unsafe metadata downgrade is not supported in "
                + "this version.")
        #expect(update(&cluster, [FeatureUpdate(Self.metadata, to: 30, .upgrade)]) == nil)
        #expect(
            update(&cluster, [FeatureUpdate(Self.metadata, to: 29, .safeDowngrade)])?
                .contains("might delete metadata") == true)
        #expect(
            update(&cluster, [FeatureUpdate(Self.metadata, to: 6, .unsafeDowngrade)])?
                .hasSuffix("Local controller 100 only supports versions 7-30") == true)
    }

    @Test func `of the quorum is not the log's to change`() throws {
        var cluster = Cluster()
        let name = FeatureName.kraftVersion
        #expect(update(&cluster, [FeatureUpdate(name, to: 1, .upgrade)]) == nil)
        #expect(
            update(&cluster, [FeatureUpdate(name, to: 0, .unsafeDowngrade)])
                == "Invalid update version 0 for feature kraft.version. Can't downgrade the version "
                + "of this feature.")
        let silent = QuorumMembership(
            kraftVersion: 0, voters: [100], upgradeRefusal: "100 is silent.")
        #expect(
            update(&cluster, [FeatureUpdate(name, to: 1, .upgrade)], quorum: silent)
                == "Invalid update version 1 for feature kraft.version. 100 is silent.")
        // It is the quorum that writes it, with its voters.
        let ready = QuorumMembership(kraftVersion: 0, voters: [100])
        let up = [FeatureUpdate(name, to: 1, .upgrade)]
        let decided = try cluster.controller.updateFeatures(
            up, validateOnly: false, quorum: ready)
        #expect(decided.records.isEmpty)
        #expect(decided.response == 1)
        let looked = try cluster.controller.updateFeatures(up, validateOnly: true, quorum: ready)
        #expect(looked.response == nil)
    }

    @Test func `waits for the metadata it builds upon`() throws {
        var cluster = Cluster(metadataVersion: 22)
        let up = FeatureUpdate(Self.elr, to: 1, .upgrade)
        #expect(
            update(&cluster, [up])?.hasSuffix(
                "could not be set to 1 because it depends on metadata.version level 23") == true)
        #expect(update(&cluster, [FeatureUpdate(Self.metadata, to: 23, .upgrade), up]) == nil)
        #expect(cluster.image.level(of: Self.elr) == 1)
    }
}

@Suite("Turning eligible leader replicas on and off")
struct EligibleReplicasSwitchTests {
    private let alone = QuorumMembership(kraftVersion: 1, voters: [100])
    private let everybody = ConfigResource(.broker, "")

    private func set(_ level: Int16, _ cluster: inout Cluster) throws {
        let update = FeatureUpdate(
            FeatureName.eligibleLeaderReplicas, to: level, level > 0 ? .upgrade : .safeDowngrade)
        cluster.take(
            try cluster.controller.updateFeatures([update], validateOnly: false, quorum: alone))
    }

    @Test func `makes the minimum of in-sync replicas the cluster's`() throws {
        var cluster = Cluster(fileSettings: ["min.insync.replicas": "2"])
        try cluster.start([1])
        let own = ConfigAlteration(
            ConfigResource(.broker, "1"), [.init("min.insync.replicas", .set, "1")])
        cluster.take(cluster.controller.alterConfigs([own], validateOnly: false))
        #expect(cluster.image.config("min.insync.replicas", of: own.resource) == "1")
        try set(1, &cluster)
        #expect(cluster.image.config("min.insync.replicas", of: everybody) == "2")
        #expect(cluster.image.config("min.insync.replicas", of: own.resource) == nil)
        let removal = ConfigAlteration(everybody, [.init("min.insync.replicas", .delete, nil)])
        let refused = cluster.take(cluster.controller.alterConfigs([removal], validateOnly: false))
        #expect(refused[0].error?.code == .invalidConfig)
    }

    @Test func `is done by the first records of a cluster too`() {
        let cluster = Cluster(fileSettings: ["min.insync.replicas": "2"], elr: true)
        #expect(cluster.image.config("min.insync.replicas", of: everybody) == "2")
    }

    @Test func `forgets who was eligible`() throws {
        var cluster = Cluster(fileSettings: ["min.insync.replicas": "2"], elr: true)
        try cluster.start([1, 2])
        try cluster.create("t", [[1, 2]])
        try cluster.beat(2, fence: true)
        #expect(cluster.partition("t")?.line == "leader 1 isr 1 elr 2")
        try set(0, &cluster)
        #expect(cluster.partition("t")?.line == "leader 1 isr 1")
    }
}
