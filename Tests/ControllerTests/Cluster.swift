import Configuration
import InternalRecords
import Metadata
import Model
import TestSupport

@testable import Controller

/// A controller with its household played by hand: records are appended and committed at once, unless the
/// test holds them back.
struct Cluster {
    var controller: Controller
    var now = Instant.zero
    var nextOffset = Offset(0)
    var commitsAtOnce = true
    private(set) var log: [MetadataRecord] = []
    private var uncommitted: [([MetadataRecord], MetadataPosition)] = []

    init(
        seed: UInt64 = 1, fileSettings: [String: String] = [:], elr: Bool = false,
        metadataVersion: Int16 = 30
    ) {
        var settings = ControllerSettings(
            nodeID: 100, clusterID: "cluster", broker: BrokerSettings(fromFile: fileSettings))
        settings.noOpInterval = nil
        controller = Controller(settings, seed: seed)
        let levels =
            elr ? BootstrapRecords.levels : [(FeatureName.metadataVersion, metadataVersion)]
        let first = controller.becomeActive(
            term: 1, now: now, bootstrap: BootstrapRecords.records(for: levels))
        append(first)
    }

    var image: MetadataImage { controller.image }

    mutating func append(_ records: [MetadataRecord]) {
        guard !records.isEmpty else { return }
        log += records
        nextOffset = nextOffset + Int64(records.count)
        let position = MetadataPosition(
            lastOffset: nextOffset - 1, term: 1, timestamp: 0)
        controller.accept(records, endingAt: position, now: now)
        uncommitted.append((records, position))
        if commitsAtOnce { commit() }
    }

    /// The quorum commits what was appended, up to an offset.
    mutating func commit(through end: Offset = Offset(.max)) {
        while let (records, position) = uncommitted.first, position.lastOffset <= end {
            uncommitted.removeFirst()
            do {
                try controller.committed(records, endingAt: position)
            } catch {
                preconditionFailure("what was accepted can be replayed: \(error)")
            }
        }
    }

    @discardableResult
    mutating func take<R>(_ result: ControllerResult<R>) -> R {
        append(result.records)
        return result.response
    }

    static func directory(_ broker: BrokerID, _ number: UInt64 = 0) -> DirectoryID {
        DirectoryID(UUID(high: UInt64(broker.rawValue) + 1_000, low: number + 1_000))
    }

    func request(
        _ broker: BrokerID, incarnation: UInt64 = 1, rack: String? = nil, isMartlet: Bool = true,
        directories: Int = 1, previousEpoch: BrokerEpoch = .none
    ) -> BrokerEnrollment {
        var features = BootstrapRecords.supported
        if !isMartlet { features.removeAll { $0.name == FeatureName.martlet } }
        return BrokerEnrollment(
            broker: broker, clusterID: "cluster",
            incarnationID: UUID(high: UInt64(broker.rawValue), low: incarnation),
            endpoints: [Endpoint(listener: "PLAINTEXT", host: "h\(broker.rawValue)", port: 9_092)],
            features: features, rack: rack,
            directories: (0..<directories).map { Self.directory(broker, UInt64($0)) },
            previousEpoch: previousEpoch)
    }

    @discardableResult
    mutating func register(_ request: BrokerEnrollment) throws -> BrokerEpoch {
        take(try controller.registerBroker(request, nextOffset: nextOffset, now: now))
    }

    @discardableResult
    mutating func beat(
        _ broker: BrokerID, fence: Bool = false, shutdown: Bool = false, offset: Offset? = nil,
        offline: [DirectoryID] = []
    ) throws -> BrokerHeartbeatReply {
        guard let epoch = image.broker(broker)?.epoch else {
            throw ControllerError(.staleBrokerEpoch)
        }
        let beat = BrokerHeartbeat(
            broker: broker, epoch: epoch, metadataOffset: offset ?? nextOffset - 1,
            wantsFence: fence, wantsShutdown: shutdown, offlineDirectories: offline)
        return take(try controller.heartbeat(beat, now: now))
    }

    /// Registers brokers and unfences them.
    mutating func start(_ brokers: [BrokerID], rack: (BrokerID) -> String? = { _ in nil }) throws {
        for broker in brokers {
            try register(request(broker, rack: rack(broker)))
            try beat(broker)
        }
    }

    /// Lets time pass, with heartbeats of `alive` every 100 ms.
    mutating func pass(
        _ duration: Duration, alive: [BrokerID] = []
    ) throws -> [Controller.Occasion] {
        var occasions: [Controller.Occasion] = []
        let end = now + duration
        while now < end {
            now = min(end, now + .milliseconds(100))
            for broker in alive { try beat(broker) }
            while let due = controller.nextDeadline, due <= now {
                occasions.append(take(controller.deadlineReached(now: now)))
            }
        }
        return occasions.filter { $0 != .nothing }
    }

    @discardableResult
    mutating func create(
        _ name: String, _ assignments: [[BrokerID]], configs: [(String, String)] = []
    ) throws -> TopicID {
        let topic = NewTopic(
            name: name,
            assignments: assignments.enumerated().map { (Int32($0.offset), $0.element) },
            configs: configs.map { (name: $0.0, value: $0.1) })
        let results = take(controller.createTopics([topic], validateOnly: false))
        return try results[0].outcome.get().id
    }

    func partition(_ topic: String, _ number: Int32 = 0) -> PartitionImage? {
        image.partition(TopicPartition(topic, number))
    }

    /// A leader changes the ISR of a partition.
    @discardableResult
    mutating func alter(
        _ topic: String, _ number: Int32 = 0, isr: [BrokerID], by broker: BrokerID? = nil,
        leaderEpoch: LeaderEpoch? = nil, partitionEpoch: PartitionEpoch? = nil, recovery: Int8 = 0,
        epochs: [BrokerID: BrokerEpoch] = [:]
    ) throws -> ErrorCode {
        guard let id = image.topicID(named: topic), let present = partition(topic, number) else {
            throw ControllerError(.unknownTopicOrPartition)
        }
        let asker = broker ?? present.leader ?? .none
        let alteration = PartitionAlteration(
            key: PartitionKey(id, number), leaderEpoch: leaderEpoch ?? present.leaderEpoch,
            partitionEpoch: partitionEpoch ?? present.partitionEpoch,
            isr: isr.map { ($0, epochs[$0] ?? image.broker($0)?.epoch ?? .none) },
            recoveryState: recovery)
        let results = take(
            try controller.alterPartitions(
                [alteration], by: asker, epoch: image.broker(asker)?.epoch ?? .none))
        switch results[0].outcome {
        case .success: return .none
        case .failure(let error): return error.code
        }
    }

    /// What breaks an invariant of raft.md §10 now.
    var violations: [String] {
        var found: [String] = []
        image.forEachPartition { topic, key, partition in
            let name = "\(topic.name)-\(key.partition)"
            if let violation = partition.violation { found.append("\(name): \(violation)") }
            if let leader = partition.leader, image.broker(leader)?.isActive != true {
                found.append("\(name): leader \(leader.rawValue) is not active")
            }
            let fenced = partition.isr.filter { image.broker($0)?.isFenced != false }
            let isLast = partition.isr.count == 1 && partition.leader == nil
            if !fenced.isEmpty, !isLast || image.hasEligibleLeaderReplicas {
                found.append("\(name): fenced in ISR")
            }
            if partition.isr.isEmpty, !image.hasEligibleLeaderReplicas {
                found.append("\(name): empty ISR")
            }
        }
        return found
    }
}

extension PartitionImage {
    /// `leader isr elr` in one line, as in a transcript.
    var line: String {
        func list(_ brokers: [BrokerID]) -> String {
            brokers.map { String($0.rawValue) }.joined(separator: ",")
        }
        let head = "leader \(leader?.rawValue ?? -1) isr \(list(isr))"
        return eligibleLeaderReplicas.isEmpty ? head : head + " elr \(list(eligibleLeaderReplicas))"
    }
}

/// The code a call was refused with; nil if it was not.
func refusal(_ body: () throws -> Void) -> ErrorCode? {
    do {
        try body()
        return nil
    } catch let error as ControllerError {
        return error.code
    } catch {
        return .unknownServerError
    }
}
