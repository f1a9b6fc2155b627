import InternalRecords
import Model

@testable import Metadata

/// Makes a log of valid records of every kind from a seed, as a busy cluster would.
struct RecordMaker {
    private var chance: PRNG
    private(set) var image = MetadataImage()

    init(seed: UInt64) { chance = PRNG(seed: seed) }

    mutating func uuid() -> UUID {
        let high = chance.next()
        return UUID(high: high, low: chance.next())
    }

    mutating func log(_ count: Int) throws -> [MetadataRecord] {
        var log: [MetadataRecord] = []
        while log.count < count {
            guard let record = next() else { continue }
            try image.apply(record)
            log.append(record)
        }
        return log
    }

    private mutating func next() -> MetadataRecord? {
        switch chance.below(20) {
        case 0: register()
        case 1: unregister()
        case 2, 3: changeRegistration()
        case 4: .registerController(controller())
        case 5, 6: topic()
        case 7: chance.below(3) == 0 ? removeTopic() : nil
        case 8, 9, 10: partition()
        case 11, 12, 13: change()
        case 14, 15: config()
        case 16: feature()
        case 17: security()
        case 18: chance.below(5) == 0 ? clear() : .noOp(NoOpRecord())
        default: producerIDs()
        }
    }

    private mutating func register() -> MetadataRecord {
        var record = RegisterBrokerRecord()
        record.brokerID = Int32(chance.below(6))
        record.brokerEpoch = Int64(chance.below(1_000_000))
        record.incarnationID = uuid()
        var point = RegisterBrokerRecord.BrokerEndpoint()
        point.name = "PLAINTEXT"
        point.host = "host-\(record.brokerID)"
        point.port = 9_092
        record.endPoints = [point]
        var feature = RegisterBrokerRecord.BrokerFeature()
        feature.name = "metadata.version"
        feature.minSupportedVersion = 7
        feature.maxSupportedVersion = 30
        record.features = [feature]
        record.rack = chance.below(2) == 0 ? nil : "r\(chance.below(3))"
        record.logDirs = (0..<chance.below(3)).map { _ in uuid() }
        return .registerBroker(record)
    }

    private mutating func someBroker() -> BrokerRegistration? {
        let all = image.allBrokers
        return all.isEmpty ? nil : all[chance.below(all.count)]
    }

    private mutating func unregister() -> MetadataRecord? {
        guard chance.below(4) == 0, let broker = someBroker() else { return nil }
        var record = UnregisterBrokerRecord()
        record.brokerID = broker.id.rawValue
        record.brokerEpoch = broker.epoch.rawValue
        return .unregisterBroker(record)
    }

    private mutating func changeRegistration() -> MetadataRecord? {
        guard let broker = someBroker() else { return nil }
        var record = BrokerRegistrationChangeRecord()
        record.brokerID = broker.id.rawValue
        record.brokerEpoch = broker.epoch.rawValue
        record.fenced = Int8(chance.below(3) - 1)
        record.inControlledShutdown = Int8(chance.below(2))
        if chance.below(2) == 0 { record.logDirs = [uuid(), uuid()] }
        if chance.below(2) == 0 { record.cordonedLogDirs = chance.below(2) == 0 ? [] : [uuid()] }
        return .brokerRegistrationChange(record)
    }

    private mutating func controller() -> RegisterControllerRecord {
        var record = RegisterControllerRecord()
        record.controllerID = Int32(chance.below(3))
        record.incarnationID = uuid()
        return record
    }

    private mutating func topic() -> MetadataRecord? {
        var record = TopicRecord()
        record.name = "topic-\(chance.below(40))"
        guard image.topicID(named: record.name) == nil else { return nil }
        record.topicID = uuid()
        return .topic(record)
    }

    private mutating func someTopic() -> TopicImage? {
        let all = image.topics.values
        return all.isEmpty ? nil : all[chance.below(all.count)]
    }

    private mutating func removeTopic() -> MetadataRecord? {
        guard let topic = someTopic() else { return nil }
        var record = RemoveTopicRecord()
        record.topicID = topic.id.uuid
        return .removeTopic(record)
    }

    private mutating func partition() -> MetadataRecord? {
        guard let topic = someTopic() else { return nil }
        var record = PartitionRecord()
        record.topicID = topic.id.uuid
        record.partitionID = Int32(topic.partitionCount)
        record.replicas = [1, 2, 3].shuffled(using: &chance)
        record.isr = chance.below(2) == 0 ? record.replicas : [record.replicas[1]]
        record.leader = record.isr[0]
        record.leaderEpoch = 0
        record.partitionEpoch = 0
        if chance.below(3) > 0 { record.directories = [uuid(), uuid(), uuid()] }
        return .partition(record)
    }

    private mutating func change() -> MetadataRecord? {
        guard let topic = someTopic(), topic.partitionCount > 0 else { return nil }
        var record = PartitionChangeRecord()
        record.topicID = topic.id.uuid
        record.partitionID = Int32(chance.below(topic.partitionCount))
        switch chance.below(5) {
        case 0: record.leader = Int32(chance.below(4)) - 1
        case 1:
            record.isr = [2]
            record.eligibleLeaderReplicas = [3]
            record.lastKnownElr = [1]
        case 2:
            record.replicas = [4, 1, 2]
            record.addingReplicas = [4]
            record.removingReplicas = []
        case 3: record.leaderRecoveryState = Int8(chance.below(2))
        default: record.isr = [1, 2]
        }
        return .partitionChange(record)
    }

    private mutating func config() -> MetadataRecord? {
        var record = ConfigRecord()
        if chance.below(2) == 0, let topic = someTopic() {
            record.resourceType = ConfigResourceKind.topic.rawValue
            record.resourceName = topic.name
        } else {
            record.resourceType = ConfigResourceKind.broker.rawValue
            record.resourceName = chance.below(2) == 0 ? "" : "1"
        }
        record.name = "key.\(chance.below(4))"
        record.value = chance.below(3) == 0 ? nil : "\(chance.below(100))"
        return .config(record)
    }

    private mutating func feature() -> MetadataRecord {
        var record = FeatureLevelRecord()
        record.name = ["metadata.version", "group.version", "other"][chance.below(3)]
        record.featureLevel = Int16(chance.below(4))
        return .featureLevel(record)
    }

    private mutating func clear() -> MetadataRecord {
        var record = ClearElrRecord()
        record.topicName = chance.below(2) == 0 ? "" : someTopic()?.name ?? ""
        return .clearElr(record)
    }

    private mutating func producerIDs() -> MetadataRecord {
        var record = ProducerIdsRecord()
        record.nextProducerID = image.nextProducerID.rawValue + 1_000
        return .producerIds(record)
    }

    private mutating func security() -> MetadataRecord {
        switch chance.below(4) {
        case 0:
            var record = ClientQuotaRecord()
            var part = ClientQuotaRecord.EntityData()
            part.entityType = "user"
            part.entityName = chance.below(2) == 0 ? nil : "u\(chance.below(3))"
            record.entity = [part]
            record.key = "producer_byte_rate"
            record.value = Double(chance.below(10))
            record.remove = chance.below(3) == 0
            return .clientQuota(record)
        case 1:
            var record = AccessControlEntryRecord()
            record.id = UUID(high: 0, low: UInt64(chance.below(5)))
            record.principal = "User:\(chance.below(9))"
            return .accessControlEntry(record)
        case 2:
            var record = UserScramCredentialRecord()
            record.name = "u\(chance.below(3))"
            record.mechanism = Int8(chance.below(2) + 1)
            record.iterations = Int32(4_096 + chance.below(9))
            return .userScramCredential(record)
        default:
            var record = RemoveAccessControlEntryRecord()
            record.id = UUID(high: 0, low: UInt64(chance.below(5)))
            return .removeAccessControlEntry(record)
        }
    }
}
