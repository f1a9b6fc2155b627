import Configuration
import Controller
import Metadata
import Model
import Telemetry
import Testing
import WireMessages
import TestSupport

@testable import Broker

@Suite("The controller's driver")
struct ControllerDriverTests {
    private let loop = ManualLoop()
    private let log = MemoryRecordLog()
    private let driver: ControllerDriver

    init() {
        var settings = ControllerSettings(
            nodeID: BrokerID(1), clusterID: "cluster", broker: BrokerSettings())
        settings.noOpInterval = nil
        driver = ControllerDriver(
            settings, bootstrap: BootstrapRecords.standard, loop: loop,
            logging: Logging(level: .error, clock: { Timestamp(0) }, sink: { _ in }),
            metrics: Metrics(), seed: 1)
        driver.records = log
    }

    private func lead(in term: Int32 = 1) {
        log.leadingTerm = Term(term)
        driver.leadershipChanged(to: BrokerID(1), in: Term(term))
        driver.leadershipActive(in: Term(term))
    }

    private func loseLeadership() {
        log.leadingTerm = nil
        log.truncate()
        driver.leadershipChanged(to: BrokerID(2), in: Term(9))
    }

    private func register(
        _ broker: Int32, incarnation: UInt64 = 1,
        _ answer: @escaping (BrokerRegistrationResponse) -> Void
    ) {
        var request = BrokerRegistrationRequest()
        request.brokerID = broker
        request.clusterID = "cluster"
        request.incarnationID = UUID(high: UInt64(broker), low: incarnation)
        request.logDirs = [UUID(high: 1_000, low: UInt64(broker) + 1_000)]
        request.features = BootstrapRecords.supported.map {
            var feature = BrokerRegistrationRequest.Feature()
            feature.name = $0.name
            feature.minSupportedVersion = $0.levels.lowerBound
            feature.maxSupportedVersion = $0.levels.upperBound
            return feature
        }
        BrokerRegistrationHandler.handle(request, version: 4, driver, answer: answer)
    }

    private func beat(
        _ broker: Int32, epoch: Int64, _ answer: @escaping (BrokerHeartbeatResponse) -> Void
    ) {
        var request = BrokerHeartbeatRequest()
        request.brokerID = broker
        request.brokerEpoch = epoch
        request.currentMetadataOffset = log.logEndOffset.rawValue - 1
        BrokerHeartbeatHandler.handle(request, version: 1, driver, answer: answer)
    }

    /// Registers and unfences a broker, with everything committed.
    private func start(_ broker: Int32) throws -> Int64 {
        var epoch: Int64?
        register(broker) { epoch = $0.brokerEpoch }
        log.commit(to: driver)
        var isFenced: Bool?
        beat(broker, epoch: try #require(epoch)) { isFenced = $0.isFenced }
        log.commit(to: driver)
        #expect(isFenced == false)
        return try #require(epoch)
    }

    private func createTopic(
        _ name: String, timeoutMs: Int32 = 60_000,
        _ answer: @escaping (CreateTopicsResponse) -> Void
    ) {
        var topic = CreateTopicsRequest.CreatableTopic()
        topic.name = name
        topic.numPartitions = 1
        topic.replicationFactor = 1
        var request = CreateTopicsRequest()
        request.topics = [topic]
        request.timeoutMs = timeoutMs
        CreateTopicsHandler.handle(request, version: 7, driver, answer: answer)
    }

    @Test func `answers once the records are committed, not before`() throws {
        lead()
        log.commit(to: driver)
        _ = try start(5)
        var answers: [CreateTopicsResponse] = []
        createTopic("a") { answers.append($0) }
        #expect(answers.isEmpty)
        // What is read from a pending change waits for it too.
        createTopic("a") { answers.append($0) }
        #expect(answers.isEmpty && driver.image.topicCount == 0)
        log.commit(to: driver)
        #expect(answers.map { $0.topics[0].errorCode } == [.none, .topicAlreadyExists])
        #expect(driver.image.topicCount == 1)
        createTopic("a") { answers.append($0) }
        #expect(answers.count == 3)
    }

    @Test func `begins a new cluster with its levels`() {
        lead()
        log.commit(to: driver)
        #expect(driver.image.metadataVersion == .newest)
        // The levels, and with eligible leader replicas the cluster's own min.insync.replicas.
        #expect(log.logEndOffset.rawValue == Int64(BootstrapRecords.levels.count) + 1)
    }

    @Test func `sends everybody away while another node leads`() {
        var answer: CreateTopicsResponse?
        createTopic("a") { answer = $0 }
        #expect(answer?.topics.map(\.errorCode) == [.notController])
        var registration: BrokerRegistrationResponse?
        register(5) { registration = $0 }
        #expect(registration?.errorCode == .notController)
        #expect(loop.armedCount == 0)
    }

    @Test func `sends away who waits when leadership is lost, and forgets what was pending`() throws
    {
        lead()
        log.commit(to: driver)
        _ = try start(5)
        let before = driver.image
        var answer: CreateTopicsResponse?
        createTopic("a") { answer = $0 }
        loseLeadership()
        #expect(answer?.topics.map(\.errorCode) == [.notController])
        #expect(!driver.isActive && driver.image == before)
        // It follows the log that won, and can lead again.
        lead(in: 10)
        #expect(driver.isActive)
        createTopic("a") { answer = $0 }
        log.commit(to: driver)
        #expect(answer?.topics.map(\.errorCode) == [.none])
    }

    @Test func `stands down at once when the log takes nothing`() {
        log.leadingTerm = nil
        driver.leadershipChanged(to: BrokerID(1), in: Term(1))
        driver.leadershipActive(in: Term(1))
        #expect(!driver.isActive)
    }

    @Test func `tells a client whose time is over that it is`() throws {
        lead()
        log.commit(to: driver)
        _ = try start(5)
        var answers: [ErrorCode] = []
        createTopic("a", timeoutMs: 100) { answers.append($0.topics[0].errorCode) }
        loop.pass(.milliseconds(99))
        #expect(answers == [])
        loop.pass(.milliseconds(1))
        #expect(answers == [.requestTimedOut])
        log.commit(to: driver)
        #expect(answers == [.requestTimedOut])
    }

    /// A client that does not wait asks with a timeout of 0, and wants to know what was wrong all the same.
    @Test func `tells a client that does not wait what it refused at once`() throws {
        lead()
        log.commit(to: driver)
        _ = try start(5)
        createTopic("known") { _ in }
        log.commit(to: driver)
        let names = ["new", "not allowed", "known"]
        var request = CreateTopicsRequest()
        request.timeoutMs = 0
        request.topics = names.map {
            var topic = CreateTopicsRequest.CreatableTopic()
            topic.name = $0
            topic.numPartitions = 1
            topic.replicationFactor = 1
            return topic
        }
        var made: [ErrorCode] = []
        CreateTopicsHandler.handle(request, version: 7, driver) {
            made = $0.topics.map(\.errorCode)
        }
        loop.pass(.zero)
        #expect(made == [.requestTimedOut, .invalidTopicException, .topicAlreadyExists])
        log.commit(to: driver)
        #expect(driver.image.topicID(named: "new") != nil)
        #expect(driver.image.topicCount == 2)

        var deletion = DeleteTopicsRequest()
        deletion.timeoutMs = 0
        deletion.topicNames = ["new", "gone"]
        var deleted: [ErrorCode] = []
        DeleteTopicsHandler.handle(deletion, version: 5, driver) {
            deleted = $0.responses.map(\.errorCode)
        }
        loop.pass(.zero)
        #expect(deleted == [.requestTimedOut, .unknownTopicOrPartition])
        log.commit(to: driver)
        #expect(driver.image.topicCount == 1)
    }

    @Test func `fences who is silent, by its own timer`() throws {
        lead()
        log.commit(to: driver)
        let epoch = try start(5)
        _ = try start(6)
        loop.pass(.milliseconds(1_500))
        beat(5, epoch: epoch) { #expect($0.errorCode == .none) }
        loop.pass(.milliseconds(600))
        log.commit(to: driver)
        #expect(driver.image.broker(BrokerID(5))?.isFenced == false)
        #expect(driver.image.broker(BrokerID(6))?.isFenced == true)
        driver.connectionLost(by: BrokerID(5), wasClosed: true)
        loop.pass(.milliseconds(300))
        log.commit(to: driver)
        #expect(driver.image.broker(BrokerID(5))?.isFenced == true)
    }

    @Test func `tries again when the log takes nothing for a while`() throws {
        lead()
        log.commit(to: driver)
        _ = try start(5)
        log.leadingTerm = nil
        loop.pass(.milliseconds(2_100))
        #expect(driver.isActive)
        log.leadingTerm = Term(1)
        loop.pass(ControllerDriver.retryPause)
        log.commit(to: driver)
        #expect(driver.image.broker(BrokerID(5))?.isFenced == true)
    }

    @Test func `begins anew from a snapshot`() throws {
        lead()
        log.commit(to: driver)
        _ = try start(5)
        let snapshot = driver.image.snapshot()
        let position = driver.image.position
        let before = driver.image
        loseLeadership()
        driver.snapshotLoaded(snapshot, endingAt: position)
        #expect(driver.image == before)
    }
}
