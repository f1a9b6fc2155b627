extension TopicConfiguration {
    /// The settings in force for a topic. Overrides that are unknown or wrong, which a cluster of another
    /// version may have stored, count as not set.
    package init(overrides: [String: String], broker: BrokerSettings) {
        let values = Values(overrides: overrides, broker: broker)
        let policy = SettingKind.entries(values.text("cleanup.policy"))
        isCompacted = policy.contains("compact")
        isDeleted = policy.contains("delete")
        compression = Compression(rawValue: values.text("compression.type")) ?? .producer
        gzipLevel = values.int("compression.gzip.level")
        lz4Level = values.int("compression.lz4.level")
        zstdLevel = values.int("compression.zstd.level")
        deleteRetention = values.duration("delete.retention.ms")
        fileDeleteDelay = values.duration("file.delete.delay.ms")
        flushBeforeAck = values.flag("flush.before.ack")
        flushMessages = Int64(values.int("flush.messages"))
        let flush = values.int("flush.ms")
        flushInterval = flush == .max ? nil : .milliseconds(flush)
        indexIntervalBytes = values.int("index.interval.bytes")
        maxMessageBytes = values.int("max.message.bytes")
        timestampType =
            TimestampType(rawValue: values.text("message.timestamp.type")) ?? .createTime
        timestampAfterMax = values.duration("message.timestamp.after.max.ms")
        timestampBeforeMax = values.duration("message.timestamp.before.max.ms")
        minCleanableRatio = Double(values.text("min.cleanable.dirty.ratio")) ?? 0.5
        minCompactionLag = values.duration("min.compaction.lag.ms")
        maxCompactionLag = values.duration("max.compaction.lag.ms")
        minInSyncReplicas = values.int("min.insync.replicas")
        preallocates = values.flag("preallocate")
        let size = values.int("retention.bytes")
        retentionBytes = size < 0 ? nil : size
        let age = values.int("retention.ms")
        retention = age < 0 ? nil : .milliseconds(age)
        segmentBytes =
            overrides["internal.segment.bytes"].flatMap { Int($0) }
            ?? values.int("segment.bytes")
        indexBytes = values.int("segment.index.bytes")
        throttledLeaders = values.throttled("leader.replication.throttled.replicas")
        throttledFollowers = values.throttled("follower.replication.throttled.replicas")
        segmentJitter = values.duration("segment.jitter.ms")
        segmentAge = values.duration("segment.ms")
        allowsUncleanElection = values.flag("unclean.leader.election.enable")
    }

    /// Values of a topic's settings, read by name.
    private struct Values {
        let overrides: [String: String]
        let broker: BrokerSettings

        /// One of the two lists that only topics have.
        func throttled(_ name: String) -> ThrottledReplicas {
            guard let setting = Settings.topic(name) else {
                preconditionFailure("\(name) is a topic's setting")
            }
            guard let own = overrides[name].flatMap(setting.kind.canonical),
                setting.rule.isSatisfied(by: own)
            else { return .none }
            return ThrottledReplicas(own)
        }

        func text(_ name: String) -> String {
            guard let setting = Settings.topic(name), let brokerName = setting.brokerName else {
                preconditionFailure("\(name) is a topic's setting with a broker's default")
            }
            if let own = overrides[name].flatMap(setting.kind.canonical),
                setting.rule.isSatisfied(by: own)
            {
                return own
            }
            guard let value = broker.text(brokerName) else {
                preconditionFailure("\(brokerName) has a default")
            }
            return value
        }

        func int(_ name: String) -> Int {
            guard let value = Int(text(name)) else {
                preconditionFailure("\(name) is a whole number")
            }
            return value
        }

        func flag(_ name: String) -> Bool { text(name) == "true" }
        func duration(_ name: String) -> Duration { .milliseconds(int(name)) }
    }
}
