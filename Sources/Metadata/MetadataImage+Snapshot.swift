package import InternalRecords
internal import Model

/// The image as records: what a snapshot file holds.
extension MetadataImage {
    /// Records that, applied to an empty image, give this one (raft.md Q14), in an order in which each can
    /// be applied. The first one is the level of `metadata.version`, which says how to read the rest.
    package func snapshot() -> [MetadataRecord] {
        var records: [MetadataRecord] = []
        records.reserveCapacity(topics.count * 8 + brokers.count + 16)
        appendFeatures(to: &records)
        for broker in brokers.values { records += broker.records }
        for controller in controllers.values {
            records.append(.registerController(controller.record))
        }
        appendTopics(to: &records)
        appendConfigs(to: &records)
        appendSecurity(to: &records)
        if nextProducerID != ProducerID(0) {
            var record = ProducerIdsRecord()
            record.brokerID = -1
            record.brokerEpoch = -1
            record.nextProducerID = nextProducerID.rawValue
            records.append(.producerIds(record))
        }
        return records
    }

    private func appendFeatures(to records: inout [MetadataRecord]) {
        func append(_ name: String, _ level: Int16) {
            var record = FeatureLevelRecord()
            record.name = name
            record.featureLevel = level
            records.append(.featureLevel(record))
        }
        if let level = features[FeatureName.metadataVersion] {
            append(FeatureName.metadataVersion, level)
        }
        for (name, level) in features where name != FeatureName.metadataVersion {
            append(name, level)
        }
    }

    private func appendTopics(to records: inout [MetadataRecord]) {
        for (id, topic) in topics {
            var record = TopicRecord()
            record.name = topic.name
            record.topicID = id.uuid
            records.append(.topic(record))
            for (number, partition) in topic.partitions {
                records.append(.partition(partition.record(for: PartitionKey(id, number))))
            }
        }
    }

    private func appendConfigs(to records: inout [MetadataRecord]) {
        for (resource, settings) in configs {
            for (name, value) in settings {
                var record = ConfigRecord()
                record.resourceType = resource.kind.rawValue
                record.resourceName = resource.name
                record.name = name
                record.value = value
                records.append(.config(record))
            }
        }
    }

    private func appendSecurity(to records: inout [MetadataRecord]) {
        for (entity, limits) in quotas {
            for (key, value) in limits {
                var record = ClientQuotaRecord()
                record.entity = entity.parts.map { part in
                    var data = ClientQuotaRecord.EntityData()
                    data.entityType = part.type
                    data.entityName = part.name
                    return data
                }
                record.key = key
                record.value = value
                records.append(.clientQuota(record))
            }
        }
        for (_, record) in accessControl { records.append(.accessControlEntry(record)) }
        for (_, record) in scramCredentials { records.append(.userScramCredential(record)) }
        for (_, record) in delegationTokens { records.append(.delegationToken(record)) }
    }
}
