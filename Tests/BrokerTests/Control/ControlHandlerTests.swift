import Configuration
import Controller
import Metadata
import Model
import Telemetry
import Testing
import WireMessages
import TestSupport

@testable import Broker

@Suite("The handlers of the controller's requests")
struct ControlHandlerTests {
    private let loop = ManualLoop()
    private let log = MemoryRecordLog()
    private let driver: ControllerDriver
    private let epoch: Int64

    /// An active controller with the unfenced broker 5 and the topic `t`.
    init() throws {
        var settings = ControllerSettings(
            nodeID: BrokerID(1), clusterID: "cluster", broker: BrokerSettings())
        settings.noOpInterval = nil
        driver = ControllerDriver(
            settings, bootstrap: BootstrapRecords.standard, loop: loop,
            logging: Logging(level: .error, clock: { Timestamp(0) }, sink: { _ in }),
            metrics: Metrics(), seed: 1)
        driver.records = log
        log.leadingTerm = Term(1)
        driver.leadershipActive(in: Term(1))
        log.commit(to: driver)

        var registration = BrokerRegistrationRequest()
        registration.brokerID = 5
        registration.clusterID = "cluster"
        registration.incarnationID = UUID(high: 5, low: 5)
        registration.logDirs = [Self.directory]
        registration.features = BootstrapRecords.supported.map {
            var feature = BrokerRegistrationRequest.Feature()
            feature.name = $0.name
            feature.minSupportedVersion = $0.levels.lowerBound
            feature.maxSupportedVersion = $0.levels.upperBound
            return feature
        }
        var epoch: Int64 = -1
        BrokerRegistrationHandler.handle(registration, version: 4, driver) {
            epoch = $0.brokerEpoch
        }
        log.commit(to: driver)
        self.epoch = epoch
        var beat = BrokerHeartbeatRequest()
        beat.brokerID = 5
        beat.brokerEpoch = epoch
        beat.currentMetadataOffset = 1_000
        BrokerHeartbeatHandler.handle(beat, version: 2, driver) { _ in }
        var request = CreateTopicsRequest()
        var topic = CreateTopicsRequest.CreatableTopic()
        topic.name = "t"
        topic.numPartitions = 2
        topic.replicationFactor = 1
        request.topics = [topic]
        CreateTopicsHandler.handle(request, version: 7, driver) { _ in }
        log.commit(to: driver)
    }

    private static let directory = UUID(high: 1_000, low: 1_000)

    private func asked<Response>(_ ask: (@escaping (Response) -> Void) -> Void) throws -> Response {
        var answer: Response?
        ask { answer = $0 }
        log.commit(to: driver)
        return try #require(answer)
    }

    @Test func `refuse a registration that cannot be read`() throws {
        var request = BrokerRegistrationRequest()
        request.clusterID = "cluster"
        var listener = BrokerRegistrationRequest.Listener()
        listener.securityProtocol = 99
        request.listeners = [listener]
        let answer: BrokerRegistrationResponse = try asked {
            BrokerRegistrationHandler.handle(request, version: 4, driver, answer: $0)
        }
        #expect(answer.errorCode == .invalidRequest && answer.brokerEpoch == -1)
        request.listeners = []
        var feature = BrokerRegistrationRequest.Feature()
        feature.minSupportedVersion = 3
        request.features = [feature]
        let other: BrokerRegistrationResponse = try asked {
            BrokerRegistrationHandler.handle(request, version: 4, driver, answer: $0)
        }
        #expect(other.errorCode == .invalidRequest)
    }

    @Test func `delete topics by name, by id, and refuse both at once`() throws {
        let id = try #require(driver.image.topicID(named: "t"))
        var both = DeleteTopicsRequest.DeleteTopicState()
        both.name = "t"
        both.topicID = id.uuid
        var byID = DeleteTopicsRequest.DeleteTopicState()
        byID.topicID = id.uuid
        var unknown = DeleteTopicsRequest.DeleteTopicState()
        unknown.name = "u"
        var request = DeleteTopicsRequest()
        request.topics = [unknown, both, byID]
        let answer: DeleteTopicsResponse = try asked {
            DeleteTopicsHandler.handle(request, version: 6, driver, answer: $0)
        }
        #expect(
            answer.responses.map(\.errorCode)
                == [.unknownTopicOrPartition, .invalidRequest, .none])
        #expect(answer.responses[2].name == "t")
        request = DeleteTopicsRequest()
        request.topicNames = ["t"]
        let old: DeleteTopicsResponse = try asked {
            DeleteTopicsHandler.handle(request, version: 1, driver, answer: $0)
        }
        #expect(old.responses.map(\.errorCode) == [.unknownTopicOrPartition])
    }

    @Test func `answer elections by topic`() throws {
        var topic = ElectLeadersRequest.TopicPartitions()
        topic.topic = "t"
        topic.partitions = [0, 7]
        var other = ElectLeadersRequest.TopicPartitions()
        other.topic = "u"
        other.partitions = [0]
        var request = ElectLeadersRequest()
        request.topicPartitions = [topic, other]
        let answer: ElectLeadersResponse = try asked {
            ElectLeadersHandler.handle(request, version: 2, driver, answer: $0)
        }
        #expect(answer.errorCode == .none)
        #expect(answer.replicaElectionResults.map(\.topic) == ["t", "u"])
        #expect(
            answer.replicaElectionResults[0].partitionResult.map(\.errorCode)
                == [.electionNotNeeded, .unknownTopicOrPartition])
        request.electionType = 9
        let refused: ElectLeadersResponse = try asked {
            ElectLeadersHandler.handle(request, version: 2, driver, answer: $0)
        }
        #expect(refused.errorCode == .invalidRequest)
    }

    @Test func `answer changed settings in the order of the request`() throws {
        func resource(_ name: String, _ operation: Int8, _ value: String)
            -> IncrementalAlterConfigsRequest.AlterConfigsResource
        {
            var config = IncrementalAlterConfigsRequest.AlterableConfig()
            config.name = "retention.ms"
            config.configOperation = operation
            config.value = value
            var resource = IncrementalAlterConfigsRequest.AlterConfigsResource()
            resource.resourceType = 2
            resource.resourceName = name
            resource.configs = [config]
            return resource
        }
        var request = IncrementalAlterConfigsRequest()
        request.resources = [resource("u", 77, "1"), resource("t", 0, "5"), resource("v", 0, "5")]
        let answer: IncrementalAlterConfigsResponse = try asked {
            IncrementalAlterConfigsHandler.handle(request, version: 1, driver, answer: $0)
        }
        #expect(
            answer.responses.map(\.errorCode)
                == [.invalidRequest, .none, .unknownTopicOrPartition])
        #expect(answer.responses.map(\.resourceName) == ["u", "t", "v"])
        let settings = driver.image.config(of: ConfigResource(.topic, "t"))
        #expect(settings["retention.ms"] == "5")

        var old = AlterConfigsRequest()
        var whole = AlterConfigsRequest.AlterConfigsResource()
        whole.resourceType = 2
        whole.resourceName = "t"
        old.resources = [whole]
        let replaced: AlterConfigsResponse = try asked {
            AlterConfigsHandler.handle(old, version: 2, driver, answer: $0)
        }
        #expect(replaced.responses.map(\.errorCode) == [.none])
        #expect(driver.image.config(of: ConfigResource(.topic, "t")).isEmpty)
    }

    @Test func `answer an ISR as it is then`() throws {
        let id = try #require(driver.image.topicID(named: "t"))
        func partition(_ number: Int32) -> AlterPartitionRequest.PartitionData {
            var state = AlterPartitionRequest.BrokerState()
            state.brokerID = 5
            state.brokerEpoch = epoch
            var partition = AlterPartitionRequest.PartitionData()
            partition.partitionIndex = number
            partition.newISRWithEpochs = [state]
            partition.newISR = [5]
            return partition
        }
        var topic = AlterPartitionRequest.TopicData()
        topic.topicID = id.uuid
        topic.partitions = [partition(0), partition(1), partition(9)]
        var request = AlterPartitionRequest()
        request.brokerID = 5
        request.brokerEpoch = epoch
        request.topics = [topic]
        for version in [2, 3] as [Int16] {
            let answer: AlterPartitionResponse = try asked {
                AlterPartitionHandler.handle(request, version: version, driver, answer: $0)
            }
            #expect(answer.errorCode == .none && answer.topics.count == 1)
            let partitions = answer.topics[0].partitions
            #expect(partitions.map(\.errorCode) == [.none, .none, .unknownTopicOrPartition])
            #expect(partitions[0].isr == [5] && partitions[0].leaderID == 5)
        }
        request.brokerEpoch = 77
        let stale: AlterPartitionResponse = try asked {
            AlterPartitionHandler.handle(request, version: 3, driver, answer: $0)
        }
        #expect(stale.errorCode == .staleBrokerEpoch && stale.topics.isEmpty)
    }

    @Test func `answer an update of features as a whole`() throws {
        func update(_ level: Int16, _ type: Int8) -> UpdateFeaturesRequest {
            var key = UpdateFeaturesRequest.FeatureUpdateKey()
            key.feature = FeatureName.eligibleLeaderReplicas
            key.maxVersionLevel = level
            key.upgradeType = type
            key.allowDowngrade = type != 1
            var request = UpdateFeaturesRequest()
            request.featureUpdates = [key]
            return request
        }
        func answer(
            _ request: UpdateFeaturesRequest, _ version: Int16
        ) throws -> UpdateFeaturesResponse {
            try asked {
                UpdateFeaturesHandler.handle(request, version: version, driver, answer: $0)
            }
        }
        let refused = try answer(update(0, 1), 2)
        #expect(refused.errorCode == .invalidUpdateVersion && refused.results.isEmpty)
        #expect(
            refused.errorMessage?.hasPrefix(
                "The update failed for all features since the following feature had an error: "
                    + "Invalid update version 0 for feature eligible.leader.replicas.version.")
                == true)
        #expect(try answer(update(0, 9), 1).errorCode == .invalidUpdateVersion)
        var dry = update(0, 2)
        dry.validateOnly = true
        #expect(try answer(dry, 2).errorCode == .none)
        #expect(driver.image.hasEligibleLeaderReplicas)
        let lowered = try answer(update(0, 2), 0)
        #expect(lowered.errorCode == .none)
        #expect(lowered.results.map(\.feature) == [FeatureName.eligibleLeaderReplicas])
        #expect(!driver.image.hasEligibleLeaderReplicas)
        #expect(try answer(update(1, 1), 2).results.isEmpty)
        #expect(driver.image.hasEligibleLeaderReplicas)
    }

    @Test func `answer directories in the shape of the request`() throws {
        let id = try #require(driver.image.topicID(named: "t"))
        var topic = AssignReplicasToDirsRequest.TopicData()
        topic.topicID = id.uuid
        topic.partitions = ([0, 9] as [Int32]).map {
            var partition = AssignReplicasToDirsRequest.PartitionData()
            partition.partitionIndex = $0
            return partition
        }
        var directory = AssignReplicasToDirsRequest.DirectoryData()
        directory.id = Self.directory
        directory.topics = [topic]
        var request = AssignReplicasToDirsRequest()
        request.brokerID = 5
        request.brokerEpoch = epoch
        request.directories = [directory]
        let answer: AssignReplicasToDirsResponse = try asked {
            AssignReplicasToDirsHandler.handle(request, version: 0, driver, answer: $0)
        }
        #expect(answer.directories.map(\.id) == [Self.directory])
        #expect(
            answer.directories[0].topics[0].partitions.map(\.errorCode)
                == [.none, .unknownTopicOrPartition])
    }

    @Test func `hand out producer ids, add partitions, register controllers, drop brokers`() throws
    {
        var ids = AllocateProducerIdsRequest()
        ids.brokerID = 5
        ids.brokerEpoch = epoch
        let block: AllocateProducerIdsResponse = try asked {
            AllocateProducerIdsHandler.handle(ids, version: 0, driver, answer: $0)
        }
        #expect(block.producerIDStart == 0 && block.producerIDLen == 1_000)

        var growth = CreatePartitionsRequest.CreatePartitionsTopic()
        growth.name = "t"
        growth.count = 4
        growth.assignments = nil
        var partitions = CreatePartitionsRequest()
        partitions.topics = [growth]
        let grown: CreatePartitionsResponse = try asked {
            CreatePartitionsHandler.handle(partitions, version: 3, driver, answer: $0)
        }
        #expect(grown.results.map(\.errorCode) == [.none])
        #expect(driver.image.topic(named: "t")?.partitionCount == 4)

        var controller = ControllerRegistrationRequest()
        controller.controllerID = 1
        let refused: ControllerRegistrationResponse = try asked {
            ControllerRegistrationHandler.handle(controller, version: 0, driver, answer: $0)
        }
        #expect(refused.errorCode == .unsupportedVersion)

        var broker = UnregisterBrokerRequest()
        broker.brokerID = 5
        let gone: UnregisterBrokerResponse = try asked {
            UnregisterBrokerHandler.handle(broker, version: 0, driver, answer: $0)
        }
        #expect(gone.errorCode == .none && driver.image.broker(BrokerID(5)) == nil)
    }
}
